//! Signals by which somebody asks for an end.
//!
//! Left out on purpose: what a command does then.

use std::fs;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Ctrl-C, a polite end by another process, and a terminal that is closed; without those that
/// whoever started whywait made it ignore, such as nohup(1). What is started by whywait goes on
/// ignoring them only if they are left alone.
pub(crate) fn asking_for_an_end() -> impl Iterator<Item = i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = ignored(&status);
    [SIGINT, SIGTERM, SIGHUP].into_iter().filter(move |signal| ignored & mask(*signal) == 0)
}

fn mask(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// The ignored signals that a status file of proc(5) tells, a bit for each.
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_status() {
        let status = "Name:\tx\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored(status), mask(SIGHUP) | 1 << 12);
        assert_eq!(ignored(""), 0);
    }
}
