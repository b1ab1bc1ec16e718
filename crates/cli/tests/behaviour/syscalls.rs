//! The number of system calls, against what strace(1) sees.

use std::fs;

use crate::whywait::{Whywait, run_of};

const STRACE: [&str; 10] = [
    "strace",
    "-f",
    "-y",
    "-s",
    "0",
    "-o",
    "strace.log",
    "-e",
    // What drivers call for operations on files and for waiting, and chdir, by which a run's
    // process begins. `-y` shows what a descriptor is.
    "trace=chdir,openat,openat2,read,pread64,preadv2,write,pwrite64,close,statx,fstat,\
     epoll_wait,epoll_pwait,epoll_pwait2,epoll_ctl,poll,ppoll,select,pselect6,io_uring_enter",
    "--",
];

/// Runs `plan` under `model`, and gives the number of system calls that the driver counted and
/// the number that strace(1) saw, in the run whose process is the `process`-th, counted from 0.
fn counted_and_seen(plan: &str, model: &str, process: usize) -> (f64, f64) {
    let words =
        ["compare", plan, "--files", "60", "--lines", "2", "--dir", "work", "--models", model];
    let words = words.into_iter().chain(["--repeat", "1", "--format", "json"]);
    let ended = Whywait::under(STRACE, words).run().expect_code(0);
    let log = fs::read_to_string(ended.home().join("strace.log")).expect("strace's log");
    let mut processes = 0;
    let run = log.lines().filter(|line| {
        processes += usize::from(line.contains(" chdir("));
        processes == process + 1
    });
    let seen = run.filter(|line| is_a_drivers(line)).count();
    let comparison = ended.comparison();
    let counted = run_of(&comparison, model).measures.syscalls.expect("it was measured");
    (counted.median, seen as f64)
}

/// Whether a line of the log is a call that a driver makes for its operations: on one of the
/// plan's files, for waiting, or on the descriptor by which other threads end a wait.
fn is_a_drivers(line: &str) -> bool {
    if line.contains(" resumed>") {
        // The second half of a call whose first half another thread interrupted.
        return false;
    }
    let on_a_file = line.contains("whywait-") && line.contains("file_");
    let waits = ["epoll_wait(", "epoll_pwait2(", "io_uring_enter("];
    let notifies = ["read(", "write("].iter().any(|call| line.contains(call))
        && line.contains("<anon_inode:[eventfd]>");
    on_a_file || notifies || waits.iter().any(|call| line.contains(call))
}

#[test]
#[ignore = "needs strace(1)"]
fn as_many_as_strace_sees_when_files_are_written() {
    for model in
        ["blocking", "nonblocking", "offload", "thread-pool:2", "threads", "epoll", "uring"]
    {
        let (counted, seen) = counted_and_seen("files", model, 0);
        assert_eq!(counted, seen, "{model}");
    }
}

#[test]
#[ignore = "needs strace(1)"]
fn as_many_as_strace_sees_when_files_are_read() {
    for model in ["blocking", "nonblocking", "thread-pool:2", "epoll", "uring"] {
        // The first process is the plan's setup.
        let (counted, seen) = counted_and_seen("read", model, 1);
        assert_eq!(counted, seen, "{model}");
    }
}

#[test]
#[ignore = "needs strace(1)"]
fn a_blocking_write_is_three_calls() {
    let (counted, seen) = counted_and_seen("files", "blocking", 0);
    assert_eq!((counted, seen), (180.0, 180.0), "open, write and close of 60 files");
}
