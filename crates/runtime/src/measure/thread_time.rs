//! Where one thread's time went.

use std::fs;
use std::ops::{AddAssign, Sub};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// How long a thread ran, by `CLOCK_THREAD_CPUTIME_ID`, and how long it was ready to run but had
/// no CPU, the second number of `/proc/thread-self/schedstat`
/// (`Documentation/scheduler/sched-stats.rst`). The first number there is the running time up to
/// the last tick or switch, which can be 10 ms ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadTime {
    /// On a CPU.
    pub running: Duration,
    /// Ready, and waiting for a CPU.
    pub runnable: Duration,
}

impl ThreadTime {
    /// The calling thread's, since it was started; `runnable` is zero where the kernel does not
    /// tell (`CONFIG_SCHED_INFO` not set).
    #[must_use]
    pub fn now() -> Self {
        let running = cpu_time();
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        Self { running, runnable: runnable(&text).unwrap_or_default() }
    }
}

fn runnable(schedstat: &str) -> Option<Duration> {
    let number = schedstat.split_whitespace().nth(1)?;
    Some(Duration::from_nanos(number.parse().ok()?))
}

/// The thread's CPU time, up to now.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
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
        const WORK: Duration = Duration::from_millis(20);
        let (clock, before) = (cpu_time(), ThreadTime::now());
        while cpu_time() < clock + WORK {
            std::hint::spin_loop();
        }
        let spent = ThreadTime::now() - before;
        // The clock was read before the account.
        assert!(spent.running >= WORK * 9 / 10, "{spent:?} of {WORK:?}");
    }

    #[test]
    fn computing_for_less_than_a_tick_shows_too() {
        let (mut found, mut spent) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..50 {
            let (clock, before) = (cpu_time(), ThreadTime::now());
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_micros(500) {
                std::hint::spin_loop();
            }
            found += (ThreadTime::now() - before).running;
            spent += cpu_time() - clock;
        }
        assert!(found >= spent / 2, "{found:?} of {spent:?}");
    }

    #[test]
    fn what_is_no_schedstat_is_nothing() {
        assert_eq!(runnable("1 2 3"), Some(Duration::from_nanos(2)));
        assert_eq!(runnable("1 x 3"), None);
        assert_eq!(runnable(""), None);
    }
}
