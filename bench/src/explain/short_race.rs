//! Watching a program that does nothing: what beginning and ending take.
//!
//! Left out on purpose: other watchers, whose ways of starting a program differ.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use super::precedence::first;
use crate::column::{Figure, Heading};
use crate::failure::Failure;
use crate::race::Discipline;

/// `whywait explain -- true`.
#[derive(Debug)]
pub(crate) struct ShortRace {
    pub(crate) whywait: PathBuf,
}

/// The contestants, and the detail of each.
pub(crate) const DETAILS: &[(&str, &str)] = &[("whywait full", "full"), ("whywait light", "light")];

/// The detail in which a contestant watches.
///
/// # Errors
/// When there is no such contestant.
pub(crate) fn detail_of(contestant: &str) -> Result<&'static str, Failure> {
    let found = DETAILS.iter().find(|(name, _)| *name == contestant);
    Ok(found.ok_or_else(|| format!("`{contestant}` is not whywait"))?.1)
}

impl Discipline for ShortRace {
    fn headings(&self) -> Vec<Heading> {
        let about = "from the start of `whywait explain -- true` to its end";
        vec![Heading { title: "explain-true".into(), unit: "ms", about }]
    }

    fn contestants(&self) -> Vec<&'static str> {
        DETAILS.iter().map(|(name, _)| *name).collect()
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let mut command = first(&self.whywait)?;
        command.args(["explain", "--detail", detail_of(contestant)?, "--", "true"]);
        command.stdin(Stdio::null());
        let began = Instant::now();
        let output = command.output()?;
        let took_ms = began.elapsed().as_secs_f64() * 1e3;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}: {}", output.status, said.trim_end()).into());
        }
        Ok(vec![Figure { value: took_ms, nearness: None }])
    }
}
