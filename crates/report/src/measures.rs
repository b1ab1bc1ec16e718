//! What is measured in every repeat, by name.
//!
//! Left out on purpose: how each number is obtained (the lab's), and latencies, which are
//! histograms over all repeats and not numbers of one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Spread;

/// The numbers of one repeat, as they were measured.
pub type Sample = Measures<f64, u64>;

/// The numbers of a run: each over its repeats, or nothing where nothing was measured.
pub type Spreads = Measures<Option<Spread>, Option<Spread>>;

/// What is measured in every repeat: times as `T`, counts as `C`.
///
/// One type for a repeat ([`Sample`]) and for a run ([`Spreads`]), so that neither can have a
/// number that the other lacks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Sample")]
pub struct Measures<T, C> {
    /// Seconds from the first submit to the last completion, inside the process. The start of
    /// workers is not in it.
    pub wall_s: T,
    /// Seconds from the first worker's start until all were ready for work; 0 where the only
    /// worker is the thread that asks.
    pub worker_start_s: T,
    /// Seconds of CPU, all threads of all processes, during `wall_s`.
    pub cpu_s: T,
    /// Of these, an estimate of the seconds in user mode. The kernel looks 100 to 1000 times a second
    /// in which mode a thread is, and splits what it has measured by what it saw: of a short run it
    /// may have seen one mode alone.
    pub cpu_user_s: T,
    /// Of these, an estimate of the seconds in kernel mode. See `cpu_user_s`.
    pub cpu_system_s: T,
    /// Seconds in which a worker could have run but waited for a CPU, summed over the workers.
    pub runnable_s: T,
    /// Seconds in which a worker neither ran nor could have: the sum over the workers of
    /// `wall_s` less the worker's CPU time and `runnable_s`. Idle helper threads do not count.
    pub blocked_s: T,
    /// Times that a thread gave up its CPU because it had to wait; all threads.
    pub voluntary_switches: C,
    /// Times that the kernel took a thread's CPU away; all threads.
    pub involuntary_switches: C,
    /// Bytes of resident memory at the peak: the sum of `VmHWM` over the processes. An upper
    /// bound, because the processes share pages and need not peak together.
    pub peak_memory_bytes: C,
    /// Threads, at most at one time, in all processes, helper threads included.
    pub threads: C,
    /// Processes that took part, the one that handed out the work included.
    pub processes: C,
    /// Bytes that were read from storage for the run, by all processes; what the page cache had is
    /// not in it.
    pub disk_read_bytes: C,
    /// System calls that the drivers made, for operations and for waiting, helper threads
    /// included. Calls of the allocator, the standard library and the kernel's own io_uring
    /// threads are not counted.
    pub syscalls: C,
    /// Calls that the kernel refused with `EAGAIN`: asked, and it was not ready.
    pub would_block: C,
}

impl Measures<Option<Spread>, Option<Spread>> {
    /// The spread of each number over some repeats; nothing at all when there are none.
    #[must_use]
    pub fn of(samples: &[Sample]) -> Self {
        let time = |pick: fn(&Sample) -> f64| spread(samples, pick);
        let count = |pick: fn(&Sample) -> u64| spread(samples, |sample| pick(sample) as f64);
        Self {
            wall_s: time(|sample| sample.wall_s),
            worker_start_s: time(|sample| sample.worker_start_s),
            cpu_s: time(|sample| sample.cpu_s),
            cpu_user_s: time(|sample| sample.cpu_user_s),
            cpu_system_s: time(|sample| sample.cpu_system_s),
            runnable_s: time(|sample| sample.runnable_s),
            blocked_s: time(|sample| sample.blocked_s),
            voluntary_switches: count(|sample| sample.voluntary_switches),
            involuntary_switches: count(|sample| sample.involuntary_switches),
            peak_memory_bytes: count(|sample| sample.peak_memory_bytes),
            threads: count(|sample| sample.threads),
            processes: count(|sample| sample.processes),
            disk_read_bytes: count(|sample| sample.disk_read_bytes),
            syscalls: count(|sample| sample.syscalls),
            would_block: count(|sample| sample.would_block),
        }
    }
}

/// The spread of one number over some repeats.
pub(crate) fn spread(samples: &[Sample], pick: impl Fn(&Sample) -> f64) -> Option<Spread> {
    Spread::of(&samples.iter().map(pick).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::{Sample, Spreads};

    #[test]
    fn each_number_has_its_own_spread() {
        let samples = [
            Sample { wall_s: 2.0, syscalls: 10, ..Sample::default() },
            Sample { wall_s: 1.0, syscalls: 30, ..Sample::default() },
            Sample { wall_s: 4.0, syscalls: 20, ..Sample::default() },
        ];
        let spreads = Spreads::of(&samples);
        let wall = spreads.wall_s.expect("there are samples");
        assert_eq!((wall.min, wall.median, wall.max), (1.0, 2.0, 4.0));
        let syscalls = spreads.syscalls.expect("there are samples");
        assert_eq!((syscalls.min, syscalls.median, syscalls.max), (10.0, 20.0, 30.0));
    }

    #[test]
    fn no_samples_have_no_spread() {
        assert_eq!(Spreads::of(&[]), Spreads::default());
    }
}
