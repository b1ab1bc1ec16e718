//! How much of the machine's CPU time others used while contestants ran.
//!
//! Left out on purpose: who they are. A table made on a busy machine says so, and no more.

use std::time::Instant;

use crate::failure::Failure;

/// Sums what others used while it was running; contestants are this process's children.
#[derive(Debug, Default)]
pub(crate) struct Bystanders {
    /// Children that go on from one sample to the next; those that have ended count by themselves.
    load: Vec<u32>,
    busy_ticks: f64,
    own_ticks: f64,
    machine_s: f64,
}

/// A point in time and the CPU time used until then, in clock ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    at: Instant,
    busy_ticks: f64,
    own_ticks: f64,
}

/// Clock ticks in a second: `USER_HZ`, 100 on every Linux that Rust runs on.
const TICKS_PER_S: f64 = 100.0;

impl Bystanders {
    /// Sums what others used besides the load, processes that run during all samples.
    pub(crate) fn besides(load: Vec<u32>) -> Self {
        Self { load, ..Self::default() }
    }

    /// The CPU time used until now, by all and by this process with the load and its ended
    /// children.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub(crate) fn now(&self) -> Result<Reading, Failure> {
        let machine = std::fs::read_to_string("/proc/stat")?;
        // proc(5): user, nice, system, idle, iowait, irq, softirq, steal.
        let all = numbers(machine.lines().next().unwrap_or(""), "cpu");
        let idle_and_iowait = all.iter().skip(3).take(2).sum::<f64>();
        let busy_ticks = all.iter().take(8).sum::<f64>() - idle_and_iowait;
        let mut own_ticks = ticks("self")?;
        for process in &self.load {
            own_ticks += ticks(&process.to_string())?;
        }
        Ok(Reading { at: Instant::now(), busy_ticks, own_ticks })
    }

    /// Adds what happened since `since`.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub(crate) fn add(&mut self, since: Reading) -> Result<(), Failure> {
        let now = self.now()?;
        self.busy_ticks += now.busy_ticks - since.busy_ticks;
        self.own_ticks += now.own_ticks - since.own_ticks;
        let cpus = std::thread::available_parallelism()?.get() as f64;
        self.machine_s += (now.at - since.at).as_secs_f64() * cpus;
        Ok(())
    }

    /// The part of all CPU time that others used, from 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        let used_s = (self.busy_ticks - self.own_ticks) / TICKS_PER_S;
        (used_s / self.machine_s).clamp(0.0, 1.0)
    }
}

/// What a process and its ended children have used.
fn ticks(process: &str) -> Result<f64, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // proc(5): fields 14 to 17 are utime, stime, cutime and cstime; 3 follows the name.
    Ok(numbers(&stat, ")").iter().skip(11).take(4).sum())
}

/// The numbers after the last `mark`; a word that is no number counts as nothing at its place.
fn numbers(text: &str, mark: &str) -> Vec<f64> {
    let rest = text.rsplit_once(mark).map_or("", |(_, rest)| rest);
    rest.split_whitespace().map(|word| word.parse().unwrap_or(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Bystanders, numbers};
    use crate::failure::Failure;

    #[test]
    fn numbers_keep_their_places() {
        assert_eq!(numbers("7 (a) b) S 1 2", ")"), [0.0, 1.0, 2.0]);
        assert_eq!(numbers("cpu  3 4", "cpu"), [3.0, 4.0]);
    }

    #[test]
    fn own_work_is_seen_as_own() -> Result<(), Failure> {
        let mut bystanders = Bystanders::default();
        let before = bystanders.now()?;
        while bystanders.now()?.own_ticks <= before.own_ticks {}
        bystanders.add(before)?;
        assert!(bystanders.own_ticks > 0.0);
        assert!((0.0..=1.0).contains(&bystanders.share()));
        Ok(())
    }
}
