//! The number of system calls, against what strace(1) sees.

use std::collections::BTreeSet;
use std::fs;

use crate::whywait::{Ended, Whywait, run_of};

const STRACE: [&str; 10] = [
    "strace",
    "-f",
    "-y",
    "-s",
    "0",
    "-o",
    "strace.log",
    "-e",
    // What drivers call for operations and for waiting, chdir, by which a run's process begins,
    // and what starts its threads. `-y` shows what a descriptor is.
    "trace=chdir,clone,clone3,openat,openat2,read,pread64,preadv2,write,pwrite64,close,statx,fstat,\
     socket,connect,accept4,bind,listen,getsockname,getpeername,setsockopt,shutdown,sendto,recvfrom,\
     epoll_wait,epoll_pwait,epoll_pwait2,epoll_ctl,poll,ppoll,select,pselect6,io_uring_enter,\
     clock_nanosleep",
    "--",
];

/// Every operation on connections: over TCP to a peer that answers late, over UDP, and from a peer
/// that comes. Connections are closed by the next one and by the flow's end.
const CONVERSATIONS: &str = r#"
name = "conversations"

[peer.store]
request = { until = "\n" }
delay = "2 ms"

[peer.log]
transport = "udp"

[peer.client]
request = "64 B"

[[flow]]
count = 12
steps = [
  { connect = "store" },
  { send = { text = "GET\n" } },
  { recv_until = "\n" },
  { send = { text = "GET\n" } },
  { recv_until = "\n" },
  { shutdown = true },
  { recv = "all" },
  { connect = "log" },
  { send = "100 B" },
  { recv = "100 B" },
]

[[flow]]
count = 4
steps = [
  { accept = "client" },
  { recv = "all" },
  { send = "10 KiB" },
]
"#;

/// The number of system calls that the driver counted and the number that strace(1) saw, in the
/// run of `model` whose process is the `process`-th, counted from 0.
fn counted_and_seen(plan: &[&str], model: &str, process: usize) -> (f64, f64) {
    let words = ["compare"].iter().chain(plan).copied();
    let words = words.chain(["--dir", "work", "--models", model, "--repeat", "1"]);
    let whywait = Whywait::under(STRACE, words.chain(["--format", "json"]));
    let ended = whywait.with_plan(CONVERSATIONS).run().expect_code(0);
    let seen = calls_of_run(&ended, process).filter(|line| is_a_drivers(line)).count();
    let comparison = ended.comparison();
    let counted = run_of(&comparison, model).measures.syscalls.expect("it was measured");
    (counted.median, seen as f64)
}

/// The lines of the log that are of the `process`-th run and its threads, without their numbers.
fn calls_of_run(ended: &Ended, process: usize) -> impl Iterator<Item = String> {
    let log = fs::read_to_string(ended.home().join("strace.log")).expect("strace's log");
    let calls = || log.lines().filter_map(|line| line.split_once(' '));
    let mut begin = calls().enumerate().filter(|(_, (_, call))| call.trim().starts_with("chdir("));
    let (first, (leader, _)) = begin.nth(process).expect("it changed its directory");
    let mut threads = BTreeSet::from([leader]);
    // A thread's first call may come before the end of the one that started it.
    for (thread, call) in calls().skip(first) {
        if threads.contains(thread)
            && call.contains("clone")
            && let Some((_, started)) = call.rsplit_once(" = ")
        {
            threads.insert(started);
        }
    }
    let of_run = calls().skip(first).filter(|(thread, _)| threads.contains(thread));
    of_run.map(|(_, call)| call.trim().to_owned()).collect::<Vec<_>>().into_iter()
}

/// Whether a line of the log is a call that a driver makes for its operations: on one of the
/// plan's files, on a socket, for waiting, or on the descriptor by which other threads end a wait.
fn is_a_drivers(line: &str) -> bool {
    if line.contains(" resumed>") {
        // The second half of a call whose first half another thread interrupted.
        return false;
    }
    let on_a_file = line.contains("whywait-") && line.contains("file_");
    let on_a_socket = line.contains("<socket:[") || line.starts_with("socket(");
    let on_eventfd = line.contains("<anon_inode:[eventfd]>");
    let notifies = ["read(", "write("].iter().any(|call| line.starts_with(call)) && on_eventfd;
    // The notifier's is made once, when the driver is.
    let registers = line.starts_with("epoll_ctl(") && !on_eventfd;
    let waits = [
        "epoll_wait(",
        "epoll_pwait2(",
        "poll(",
        "ppoll(",
        "select(",
        "pselect6(",
        "io_uring_enter(",
        "clock_nanosleep(",
    ];
    let waits = waits.iter().any(|call| line.starts_with(call));
    on_a_file || on_a_socket || notifies || registers || waits
}

const FILES: [&str; 5] = ["files", "--files", "60", "--lines", "2"];
const READ: [&str; 5] = ["read", "--files", "60", "--lines", "2"];

#[test]
#[ignore = "needs strace(1)"]
fn as_many_as_strace_sees_when_files_are_written() {
    for model in
        ["blocking", "nonblocking", "offload", "thread-pool:2", "threads", "epoll", "uring"]
    {
        let (counted, seen) = counted_and_seen(&FILES, model, 0);
        assert_eq!(counted, seen, "{model}");
    }
}

#[test]
#[ignore = "needs strace(1)"]
fn as_many_as_strace_sees_when_files_are_read() {
    for model in ["blocking", "nonblocking", "thread-pool:2", "epoll", "uring"] {
        // The first process is the plan's setup.
        let (counted, seen) = counted_and_seen(&READ, model, 1);
        assert_eq!(counted, seen, "{model}");
    }
}

#[test]
#[ignore = "needs strace(1)"]
fn as_many_as_strace_sees_on_connections() {
    for model in [
        "blocking",
        "nonblocking",
        "offload",
        "select",
        "poll",
        "epoll",
        "uring",
        "threads",
        "thread-pool:2",
        "epoll-threads:2",
        "uring-threads:2",
    ] {
        let (counted, seen) = counted_and_seen(&["plan.toml"], model, 0);
        assert_eq!(counted, seen, "{model}");
    }
}

#[test]
#[ignore = "needs strace(1)"]
fn a_blocking_write_is_three_calls() {
    let (counted, seen) = counted_and_seen(&FILES, "blocking", 0);
    assert_eq!((counted, seen), (180.0, 180.0), "open, write and close of 60 files");
}

/// A deadline that is about as far away as the one before needs no `setsockopt(2)`.
#[test]
#[ignore = "needs strace(1)"]
fn a_blocking_socket_is_told_its_time_out_when_that_changes() {
    let words = ["compare", "plan.toml", "--dir", "work", "--models", "blocking"];
    let whywait = Whywait::under(STRACE, words.into_iter().chain(["--repeat", "1"]));
    let ended = whywait.with_plan(CONVERSATIONS).run().expect_code(0);
    let set = |name: &str| calls_of_run(&ended, 0).filter(|line| line.contains(name)).count();
    // Each flow of the first group has two sockets, and one of the second listens and accepts.
    assert_eq!(set("SO_SNDTIMEO"), 2 * 12 + 4 * 2);
    assert_eq!(set("SO_RCVTIMEO"), 2 * 12 + 4 * 2);
}
