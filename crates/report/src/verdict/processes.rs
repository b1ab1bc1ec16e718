//! Processes against threads that do the same.
//!
//! Left out on purpose: pairs with different numbers of workers, which differ in more than that.

use super::versus::took;
use crate::Comparison;
use crate::quantity::{Bytes, Seconds};

/// Models that differ only in what a worker is: processes first, then threads.
const PAIRS: &[(&str, &str)] = &[
    ("processes", "thread-pool"),
    ("epoll-processes", "epoll-threads"),
    ("uring-processes", "uring-threads"),
];

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    PAIRS.iter().find_map(|pair| sentence(comparison, pair)).into_iter().collect()
}

fn sentence(comparison: &Comparison, (processes, threads): &(&str, &str)) -> Option<String> {
    let processes = comparison.measured(processes)?;
    let threads = comparison.measured(threads)?;
    if processes.contestant.workers.count != threads.contestant.workers.count {
        return None;
    }
    let memory = |run: &crate::Run| run.measures.peak_memory_bytes.map(|size| Bytes(size.median));
    let start = |run: &crate::Run| run.measures.worker_start_s.map(|time| Seconds(time.median));
    Some(format!(
        "Processes against threads: `{}` {} `{}`, needed {} of memory against {}, and {} to start \
         against {}.",
        processes.contestant.model,
        took(processes, threads)?,
        threads.contestant.model,
        memory(processes)?,
        memory(threads)?,
        start(processes)?,
        start(threads)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn time_memory_and_start_are_compared() {
        let expected = "Processes against threads: `processes:2` took 1.19 × the time of \
                        `thread-pool:2`, needed 14.0 MiB of memory against 5.00 MiB, and 4.10 ms \
                        to start against 120 µs.";
        assert_eq!(say(&example::files()), [expected]);
    }

    #[test]
    fn different_numbers_of_workers_are_not_compared() {
        let mut comparison = example::files();
        for run in &mut comparison.runs {
            if run.contestant.base() == "processes" {
                run.contestant.workers.count = 8;
            }
        }
        assert_eq!(say(&comparison), [""; 0]);
    }
}
