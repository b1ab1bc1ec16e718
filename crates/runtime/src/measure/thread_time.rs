//! Where one thread's time went.

use std::fs;
use std::ops::{AddAssign, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a thread ran, and how long it was ready to run but had no CPU: the first two numbers
/// of `/proc/thread-self/schedstat` (`Documentation/scheduler/sched-stats.rst`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadTime {
    /// On a CPU.
    pub running: Duration,
    /// Ready, and waiting for a CPU.
    pub runnable: Duration,
}

impl ThreadTime {
    /// The calling thread's, since it was started; zero where the kernel does not tell
    /// (`CONFIG_SCHED_INFO` not set).
    #[must_use]
    pub fn now() -> Self {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        Self::parse(&text).unwrap_or_default()
    }

    fn parse(schedstat: &str) -> Option<Self> {
        let mut numbers = schedstat.split_whitespace().map(str::parse);
        let running = Duration::from_nanos(numbers.next()?.ok()?);
        let runnable = Duration::from_nanos(numbers.next()?.ok()?);
        Some(Self { running, runnable })
    }
}

impl AddAssign for ThreadTime {
    fn add_assign(&mut self, other: Self) {
        self.running += other.running;
        self.runnable += other.runnable;
    }
}

impl Sub for ThreadTime {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            running: self.running.saturating_sub(earlier.running),
            runnable: self.runnable.saturating_sub(earlier.runnable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computing_shows_as_running() {
        let before = ThreadTime::now();
        let start = std::time::Instant::now();
        while start.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let spent = ThreadTime::now() - before;
        let total = spent.running + spent.runnable;
        assert!(total >= Duration::from_millis(15), "{spent:?} of 20 ms");
    }

    #[test]
    fn what_is_no_schedstat_is_nothing() {
        assert_eq!(ThreadTime::parse("1 x 3"), None);
        assert_eq!(ThreadTime::parse(""), None);
    }
}
