//! The processes that a run of the program has started, found by a mark in their environment.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// The environment variable that marks a run's processes; all that they start inherit it.
pub(crate) const MARK: &str = "WHYWAIT_TEST_HOME";

/// A process of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marked {
    /// Its number.
    pub(crate) pid: Pid,
    /// The name that it was started under.
    pub(crate) name: String,
}

/// The processes alive that carry the mark of the run in `home`. What has ended has no
/// environment any more.
pub(crate) fn marked(home: &Path) -> Vec<Marked> {
    let mark = format!("{MARK}={}", home.display());
    let numbers = fs::read_dir("/proc").expect("/proc").flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter(|pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        })
        .filter_map(|pid| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let name = words.split(|byte| *byte == 0).next()?;
            Some(Marked { pid: Pid::from_raw(pid)?, name: String::from_utf8_lossy(name).into() })
        })
        .collect()
}

/// Waits until `condition` holds; a test that waits for ever says for what.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(120);
    while !condition() {
        assert!(Instant::now() < patience, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
