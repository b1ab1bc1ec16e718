//! Watching a program with very many threads: what whywait then holds in memory.
//!
//! Left out on purpose: how long such a program may run; the growth says what an hour would add.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::hooks::map_bytes;
use super::started::Started;
use super::watchers::Watcher;
use crate::builds::Builds;
use crate::column::{Figure, Heading};
use crate::echo::resident_bytes;
use crate::failure::Failure;
use crate::race::Discipline;

/// Watching so many threads.
#[derive(Debug)]
pub(crate) struct CrowdRace {
    pub(crate) builds: Builds,
    pub(crate) threads: usize,
}

/// From the beginning of watching to the first look, and from there to the second.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

impl Discipline for CrowdRace {
    fn headings(&self) -> Vec<Heading> {
        let heading = |title: &str, unit, about| Heading { title: title.into(), unit, about };
        vec![
            heading("crowd-memory", "MiB", "whywait's resident memory and its maps, at the most"),
            heading("crowd-maps", "MiB", "of that, the maps in the kernel"),
            heading("crowd-growth", "KiB/s", "what a second of watching adds"),
        ]
    }

    fn contestants(&self) -> Vec<String> {
        self.builds.contestants(Watcher::whywait())
    }

    fn sample(&self, contestant: &str, _round: usize) -> Result<Vec<Figure>, Failure> {
        let crowd = Crowd::start(self.threads)?;
        let (whywait, name) = self.builds.program_of(contestant);
        let watcher = Watcher::named(&name).ok_or("there is no such watcher")?;
        let started = Started::start(watcher, whywait, crowd.child.id())?;
        let mut watching = started.ok_or_else(|| format!("{} watches nobody", watcher.name))?;
        thread::sleep(BETWEEN_LOOKS);
        let early = Held::by(watching.id())?;
        thread::sleep(BETWEEN_LOOKS);
        let late = Held::by(watching.id())?;
        watching.check_running()?;
        let peak_bytes = watching.end()? as f64 + late.maps_bytes;
        let growth_bytes = late.all_bytes() - early.all_bytes();
        let figure = |value| Figure { value, nearness: None };
        Ok(vec![
            figure(peak_bytes / f64::from(1 << 20)),
            figure(late.maps_bytes / f64::from(1 << 20)),
            figure(growth_bytes / 1024.0 / BETWEEN_LOOKS.as_secs_f64()),
        ])
    }
}

/// Memory that a watcher holds at a moment.
struct Held {
    resident_bytes: f64,
    maps_bytes: f64,
}

impl Held {
    fn by(watcher: u32) -> Result<Self, Failure> {
        let maps_bytes = map_bytes(watcher) as f64;
        Ok(Self { resident_bytes: resident_bytes(watcher)? as f64, maps_bytes })
    }

    fn all_bytes(&self) -> f64 {
        self.resident_bytes + self.maps_bytes
    }
}

/// A program with very many threads; killed when this is dropped.
struct Crowd {
    child: Child,
}

impl Crowd {
    /// Starts it and waits until all threads run.
    fn start(threads: usize) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["crowd", "--threads", &threads.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut crowd = Self { child: command.spawn()? };
        let output = crowd.child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if line.trim_end() == "ready" { Ok(crowd) } else { Err("its threads did not start".into()) }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Either fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
