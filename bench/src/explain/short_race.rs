//! Watching a program that does nothing: what beginning and ending take.
//!
//! Left out on purpose: other watchers, whose ways of starting a program differ.

use std::process::Stdio;
use std::time::Instant;

use super::precedence::first;
use super::watchers::Watcher;
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::failure::Failure;
use crate::race::Discipline;

/// `whywait explain -- true`.
#[derive(Debug)]
pub(crate) struct ShortRace {
    pub(crate) builds: Builds,
}

impl Discipline for ShortRace {
    fn headings(&self) -> Vec<Heading> {
        let about = "from the start of `whywait explain -- true` to its end";
        vec![Heading { title: "explain-true".into(), unit: "ms", about }]
    }

    fn contestants(&self) -> Vec<String> {
        self.builds.contestants(Watcher::whywait())
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let (whywait, name) = self.builds.program_of(contestant);
        let (_, detail) = name.split_once(' ').ok_or("the contestant has no detail")?;
        let mut command = first(whywait)?;
        command.args(["explain", "--detail", detail, "--", "true"]);
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
