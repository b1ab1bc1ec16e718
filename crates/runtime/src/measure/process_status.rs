//! What `/proc/self/status` says of a process's size.

use std::fs;

use serde::{Deserialize, Serialize};

/// Memory and threads of a process, from `/proc/self/status` (`proc_pid_status(5)`); zero where
/// it cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStatus {
    /// `VmHWM`: the most memory that the process has had resident, shared pages included.
    pub peak_memory_bytes: u64,
    /// Threads alive, io_uring's kernel threads included.
    pub threads: u64,
}

impl ProcessStatus {
    /// The calling process's.
    #[must_use]
    pub fn now() -> Self {
        Self::parse(&fs::read_to_string("/proc/self/status").unwrap_or_default())
    }

    fn parse(status: &str) -> Self {
        let number = |field: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(field));
            let word = line.and_then(|rest| rest.split_whitespace().next());
            word.and_then(|word| word.parse().ok()).unwrap_or(0)
        };
        Self { peak_memory_bytes: number("VmHWM:") * 1024, threads: number("Threads:") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lines_that_it_wants() {
        let status = ProcessStatus::parse("Name:\tx\nVmHWM:\t    2048 kB\nThreads:\t3\n");
        assert_eq!(status, ProcessStatus { peak_memory_bytes: 2 << 20, threads: 3 });
    }

    #[test]
    fn this_process_has_memory_and_a_thread() {
        let now = ProcessStatus::now();
        assert!(now.peak_memory_bytes > 100_000 && now.threads >= 1, "{now:?}");
    }
}
