//! Many sleeps at once, as a discipline in which every contestant runs.
//!
//! Left out on purpose: how one contestant sleeps.

use std::process::Command;

use super::SLEEPERS;
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::failure::Failure;
use crate::race::Discipline;

/// So many sleeps at once.
#[derive(Debug)]
pub(crate) struct TimersRace {
    pub(crate) builds: Builds,
    pub(crate) timers: usize,
}

impl Discipline for TimersRace {
    fn headings(&self) -> Vec<Heading> {
        let heading = |title: &str, unit, about| Heading { title: title.into(), unit, about };
        vec![
            heading("timer-lateness", "ms", "p99 of how late sleeps of 1 s ended"),
            heading("timer-memory", "B", "memory per sleep"),
            heading("timer-cpu", "µs", "CPU time per sleep"),
        ]
    }

    fn contestants(&self) -> Vec<String> {
        self.builds.contestants(SLEEPERS.iter().map(|sleeper| sleeper.name))
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let (program, name) = self.builds.program_of(contestant);
        let mut command = Command::new(program);
        command.args(["sleep", &name, "--timers", &self.timers.to_string()]);
        let output = command.output()?;
        if !output.status.success() {
            // A panic says where in the first line, and why in the second.
            let said = String::from_utf8_lossy(&output.stderr);
            let said: Vec<_> = said.lines().take(2).collect();
            return Err(format!("{}: {}", output.status, said.join(" ")).into());
        }
        let line = String::from_utf8(output.stdout)?;
        let numbers: Result<Vec<f64>, _> = line.split_whitespace().map(str::parse).collect();
        let figures = numbers?.into_iter().map(|value| Figure { value, nearness: None });
        Ok(figures.collect())
    }
}
