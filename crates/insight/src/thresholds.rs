//! From which numbers on something is a finding, and how grave: every threshold of this crate's
//! findings in one place.
//!
//! A finding has a severity only where both a share and an absolute time are reached: a share alone
//! would complain about programs that live for a millisecond, a time alone about those that run for
//! a week. `docs/findings.md` shows this table, and a test compares the two.
//!
//! Left out on purpose: reading them from a file. Two people who speak of the same finding should
//! mean the same.

use std::fmt;

use whywait_record::{Stalls, ThreadTime};
use whywait_report::Severity;

/// What must be reached, both, for one severity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// A share, 0 to 1.
    pub share: f64,
    /// A time.
    pub seconds: f64,
}

/// When a finding is how grave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The finding's name.
    pub finding: &'static str,
    /// What its `seconds` are.
    pub seconds_of: &'static str,
    /// Of what they are a share.
    pub share_of: &'static str,
    /// From where on it is said at all.
    pub info: Level,
    /// From where on it is a warning; none where it never is.
    pub warn: Option<Level>,
    /// From where on it is grave; none where it never is.
    pub high: Option<Level>,
}

/// A number that decides whether something counts for a finding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Its name.
    pub name: &'static str,
    /// The finding's name.
    pub finding: &'static str,
    /// The number, in seconds of times.
    pub value: f64,
    /// What kind of number it is.
    pub unit: Unit,
    /// What it decides.
    pub meaning: &'static str,
}

/// What kind of number a [`Bound`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time.
    Time,
    /// A share of a whole.
    Share,
    /// A number of things.
    Count,
}

impl Scale {
    /// How grave it is; none below all levels.
    #[must_use]
    pub fn severity(&self, seconds: f64, share: f64) -> Option<Severity> {
        let reached = |level: Level| share >= level.share && seconds >= level.seconds;
        [
            (self.high, Severity::High),
            (self.warn, Severity::Warn),
            (Some(self.info), Severity::Info),
        ]
        .into_iter()
        .find(|(level, _)| level.is_some_and(reached))
        .map(|(_, severity)| severity)
    }
}

impl Bound {
    /// A time, in nanoseconds.
    #[must_use]
    pub fn nanoseconds(&self) -> u64 {
        (self.value * 1e9) as u64
    }

    /// A number of things.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.value as u64
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} % and {}", percent(self.share), time(self.seconds))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Time => out.write_str(&time(self.value)),
            Unit::Share => write!(out, "{} %", percent(self.value)),
            Unit::Count => write!(out, "{}", self.value),
        }
    }
}

/// Hundredths, without the noise of binary fractions.
fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 100.0
}

fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    format!("{} {unit}", (number * 1e3).round() / 1e3)
}

const fn level(share: f64, seconds: f64) -> Level {
    Level { share, seconds }
}

/// Of `blocking-in-loop`, and of `blocking-dns` in a loop.
pub(crate) const BLOCKING_IN_LOOP: Scale = Scale {
    finding: "blocking-in-loop",
    seconds_of: "asleep in calls other than the one that asks for events",
    share_of: "the thread's life",
    info: level(0.002, 0.01),
    warn: Some(level(0.01, 0.05)),
    high: Some(level(0.1, 0.2)),
};

/// Of `blocking-in-loop` because of other threads: an interpreter's own threads keep its loop waiting
/// for a moment now and then, and for longer on a busy machine.
pub(crate) const BLOCKING_IN_LOOP_THREADS: Scale = Scale {
    finding: "blocking-in-loop (threads)",
    seconds_of: "asleep until another thread of the program ended that",
    share_of: "the thread's life",
    info: level(0.05, 0.2),
    warn: Some(level(0.1, 0.5)),
    high: Some(level(0.3, 1.0)),
};

/// Of `busy-wait`.
pub(crate) const BUSY_WAIT: Scale = Scale {
    finding: "busy-wait",
    seconds_of: "on a CPU or waiting for one, asking without a result",
    share_of: "the thread's life",
    info: level(0.05, 0.05),
    warn: Some(level(0.2, 0.1)),
    high: Some(level(0.5, 0.5)),
};

/// Of `hand-off-then-wait`.
pub(crate) const HAND_OFF_THEN_WAIT: Scale = Scale {
    finding: "hand-off-then-wait",
    seconds_of: "waiting for what was handed over",
    share_of: "the thread's life",
    info: level(0.1, 0.05),
    warn: Some(level(0.2, 0.1)),
    high: Some(level(0.5, 1.0)),
};

/// Of `serial-waits`, which is never more than a warning: whether the waits depend on each other
/// cannot be seen from outside.
pub(crate) const SERIAL_WAITS: Scale = Scale {
    finding: "serial-waits",
    seconds_of: "the waits without the longest: what overlapping them could save at best",
    share_of: "the time watched",
    info: level(0.1, 0.05),
    warn: Some(level(0.2, 0.1)),
    high: None,
};

/// Of `tiny-io`.
pub(crate) const TINY_IO: Scale = Scale {
    finding: "tiny-io",
    seconds_of: "inside the calls, awake",
    share_of: "the thread's CPU time",
    info: level(0.05, 0.002),
    warn: Some(level(0.2, 0.05)),
    high: Some(level(0.5, 1.0)),
};

/// Of `sync-per-write`.
pub(crate) const SYNC_PER_WRITE: Scale = Scale {
    finding: "sync-per-write",
    seconds_of: "inside the calls that wait for the disk",
    share_of: "the thread's life",
    info: level(0.05, 0.02),
    warn: Some(level(0.2, 0.1)),
    high: Some(level(0.5, 1.0)),
};

/// Of `not-io-bound` because of work on a CPU.
pub(crate) const NOT_IO_BOUND_CPU: Scale = Scale {
    finding: "not-io-bound",
    seconds_of: "CPU time of the program, without asking in vain",
    share_of: "the time watched in which its busiest thread did not wait for a CPU, 1 at most",
    info: level(0.7, 0.3),
    warn: None,
    high: None,
};

/// Of `not-io-bound` because of locks.
pub(crate) const NOT_IO_BOUND_LOCK: Scale = Scale {
    finding: "not-io-bound (locks)",
    seconds_of: "waiting for locks, of the threads that contend",
    share_of: "these threads' lives",
    info: level(0.2, 0.1),
    warn: Some(level(0.4, 0.5)),
    high: None,
};

/// Of `not-io-bound` because of too few CPUs.
pub(crate) const NOT_IO_BOUND_RUNNABLE: Scale = Scale {
    finding: "not-io-bound (CPUs)",
    seconds_of: "ready to run and not running, of the threads that work",
    share_of: "these threads' lives",
    info: level(0.3, 0.2),
    warn: Some(level(0.5, 1.0)),
    high: None,
};

/// Of `uring-punted`.
pub(crate) const URING_PUNTED: Scale = Scale {
    finding: "uring-punted",
    seconds_of: "CPU time of the kernel's worker threads",
    share_of: "the requests that were submitted (how many of them were punted)",
    info: level(0.1, 0.002),
    warn: Some(level(0.5, 0.05)),
    high: None,
};

/// Of `blocking-dns` outside loops.
pub(crate) const BLOCKING_DNS: Scale = Scale {
    finding: "blocking-dns",
    seconds_of: "waiting for the name service",
    share_of: "the thread's life",
    info: level(0.1, 0.05),
    warn: Some(level(0.2, 0.2)),
    high: Some(level(0.5, 2.0)),
};

/// Every scale.
pub const SCALES: &[Scale] = &[
    BLOCKING_IN_LOOP,
    BLOCKING_IN_LOOP_THREADS,
    BUSY_WAIT,
    HAND_OFF_THEN_WAIT,
    SERIAL_WAITS,
    TINY_IO,
    SYNC_PER_WRITE,
    NOT_IO_BOUND_CPU,
    NOT_IO_BOUND_LOCK,
    NOT_IO_BOUND_RUNNABLE,
    URING_PUNTED,
    BLOCKING_DNS,
];

/// How long a call must sleep to be a stall.
pub(crate) const STALL: Bound = Bound {
    name: "stall",
    finding: "blocking-in-loop",
    value: Stalls::LEAST_NS as f64 / 1e9,
    unit: Unit::Time,
    meaning: "A single call that sleeps this long is a stall.",
};

/// The same for another thread of the program.
pub(crate) const LOCK_STALL: Bound = Bound {
    name: "lock stall",
    finding: "blocking-in-loop",
    value: Stalls::LEAST_LOCK_NS as f64 / 1e9,
    unit: Unit::Time,
    meaning: "The same for futex(2): a lock that is held for a moment, or the lock of an \
              interpreter, is no stall.",
};

/// How long a loop must have been in a call that had not ended.
pub(crate) const HANG: Bound = Bound {
    name: "hang",
    finding: "blocking-in-loop",
    value: 1.0,
    unit: Unit::Time,
    meaning: "A call that a loop made after it last asked for events, and in which it had slept this \
              long when watching ended, is a stall too; it may also be the end of the loop, so it is \
              a warning at most.",
};

/// How soon after a loop last asked it must have made that call.
pub(crate) const SOON_AFTER_ASKING: Bound = Bound {
    name: "hang after asking",
    finding: "blocking-in-loop",
    value: 0.1,
    unit: Unit::Time,
    meaning: "A call that is made later than this after the last question is part of what comes after \
              the loop.",
};

/// How many short sleeps count together.
pub(crate) const SHORT_STALLS: Bound = Bound {
    name: "short stalls",
    finding: "blocking-in-loop",
    value: 50.0,
    unit: Unit::Count,
    meaning: "So many shorter sleeps on one blocking socket or pipe count too: a synchronous client \
              of a fast server.",
};

/// The share from which on short sleeps count.
pub(crate) const SHORT_STALLS_SHARE: Bound = Bound {
    name: "share of short stalls",
    finding: "blocking-in-loop",
    value: 0.05,
    unit: Unit::Share,
    meaning: "They count if they take this much of the thread's life.",
};

/// How much CPU time a fruitless question may take.
pub(crate) const FRUITLESS_CPU: Bound = Bound {
    name: "CPU per question",
    finding: "busy-wait",
    value: ThreadTime::FRUITLESS_NS as f64 / 1e9,
    unit: Unit::Time,
    meaning: "A thread that computes longer than this between two fruitless questions does work \
              between them.",
};

/// How long the sleeps of a thread may be that polls.
pub(crate) const POLLING_SLEEP: Bound = Bound {
    name: "polling sleep",
    finding: "busy-wait",
    value: 0.005,
    unit: Unit::Time,
    meaning: "Sleeps up to this long between questions that would block are polling (`info`).",
};

/// How many such sleeps there must be.
pub(crate) const POLLING_SLEEPS: Bound = Bound {
    name: "polling sleeps",
    finding: "busy-wait",
    value: 100.0,
    unit: Unit::Count,
    meaning: "So many of them at least.",
};

/// The share of a thread's life that polling sleeps take.
pub(crate) const POLLING_SHARE: Bound = Bound {
    name: "share of polling sleeps",
    finding: "busy-wait",
    value: 0.3,
    unit: Unit::Share,
    meaning: "They take this much of the thread's life.",
};

/// Which part of a thread's calls must be sched_yield(2).
pub(crate) const YIELDING_SHARE: Bound = Bound {
    name: "share of sched_yield",
    finding: "busy-wait",
    value: 0.9,
    unit: Unit::Share,
    meaning: "A thread that calls sched_yield(2) spins if so many of its calls are that.",
};

/// How often something must be handed over.
pub(crate) const HAND_OFFS: Bound = Bound {
    name: "hand-offs",
    finding: "hand-off-then-wait",
    value: 5.0,
    unit: Unit::Count,
    meaning: "So many round trips at least: less is a program that starts and ends.",
};

/// How much of the waiting must have been handed over.
pub(crate) const HANDED_OVER: Bound = Bound {
    name: "handed over",
    finding: "hand-off-then-wait",
    value: 0.3,
    unit: Unit::Share,
    meaning: "Of the time that it waited for other threads, this much ended by a thread that it had \
              woken just before.",
};

/// How much of the helpers' time may overlap.
pub(crate) const HAND_OFF_OVERLAP: Bound = Bound {
    name: "overlap",
    finding: "hand-off-then-wait",
    value: 1.5,
    unit: Unit::Count,
    meaning: "Helpers that did more than this many times the work that the waiting time has room for \
              worked at the same time, and that is what they are for.",
};

/// How long a wait must be to be one of a row.
pub(crate) const SERIAL_WAIT: Bound = Bound {
    name: "wait",
    finding: "serial-waits",
    value: 0.005,
    unit: Unit::Time,
    meaning: "A connection counts on which a call slept this long, if such calls took half of its \
              waiting.",
};

/// How many connections must be waited for.
pub(crate) const SERIAL_PEERS: Bound = Bound {
    name: "connections",
    finding: "serial-waits",
    value: 3.0,
    unit: Unit::Count,
    meaning: "So many different connections at least.",
};

/// How many tiny calls there must be.
pub(crate) const TINY_CALLS: Bound = Bound {
    name: "calls",
    finding: "tiny-io",
    value: 1000.0,
    unit: Unit::Count,
    meaning: "So many calls that move 16 bytes or fewer at least.",
};

/// Which part of the calls must be tiny.
pub(crate) const TINY_SHARE: Bound = Bound {
    name: "share of calls",
    finding: "tiny-io",
    value: 0.75,
    unit: Unit::Share,
    meaning: "Of the calls that move bytes in that direction on that kind of descriptor.",
};

/// How many tiny calls there must be for each thing that explains one.
pub(crate) const TINY_PER_EXCHANGE: Bound = Bound {
    name: "calls per exchange",
    finding: "tiny-io",
    value: 4.0,
    unit: Unit::Count,
    meaning: "So many for each transfer the other way, each event and each file that was opened: \
              a short answer to each request is no tiny I/O.",
};

/// From how many connection threads on it is said.
pub(crate) const CONNECTIONS_INFO: Bound = Bound {
    name: "connections (info)",
    finding: "thread-per-connection",
    value: 16.0,
    unit: Unit::Count,
    meaning: "Threads or processes for one connection each, at once or made per second.",
};

/// From how many connection threads on it is a warning.
pub(crate) const CONNECTIONS_WARN: Bound = Bound {
    name: "connections (warn)",
    finding: "thread-per-connection",
    value: 50.0,
    unit: Unit::Count,
    meaning: "The same.",
};

/// From how many connection threads on it is grave.
pub(crate) const CONNECTIONS_HIGH: Bound = Bound {
    name: "connections (high)",
    finding: "thread-per-connection",
    value: 1000.0,
    unit: Unit::Count,
    meaning: "The same.",
};

/// How many syncs there must be.
pub(crate) const SYNCS: Bound = Bound {
    name: "syncs",
    finding: "sync-per-write",
    value: 10.0,
    unit: Unit::Count,
    meaning: "So many calls of fsync(2) and its kin at least, or writes that wait for the disk.",
};

/// How many syncs there must be for each write.
pub(crate) const SYNCS_PER_WRITE: Bound = Bound {
    name: "syncs per write",
    finding: "sync-per-write",
    value: 0.2,
    unit: Unit::Share,
    meaning: "As many syncs for each write to a file at least; of writes, as many that slept.",
};

/// The share of the busiest thread's CPU time from which on a thread works.
pub(crate) const WORKING_SHARE: Bound = Bound {
    name: "working thread",
    finding: "not-io-bound",
    value: 0.2,
    unit: Unit::Share,
    meaning: "A thread works that has this share of the CPU time of the busiest one.",
};

/// How often a thread must wait for a lock.
pub(crate) const LOCK_WAITS: Bound = Bound {
    name: "waits for a lock",
    finding: "not-io-bound",
    value: 20.0,
    unit: Unit::Count,
    meaning: "A thread contends that sleeps this often in futex(2) at least: fewer are threads that \
              wait for work or for each other's end.",
};

/// CPU time per call on a socket from which on a program does not live by its sockets.
pub(crate) const CPU_PER_MESSAGE: Bound = Bound {
    name: "CPU per message",
    finding: "not-io-bound",
    value: 0.01,
    unit: Unit::Time,
    meaning: "A program that uses less CPU than this per call on a socket is busy serving, and \
              healthy.",
};

/// In light detail, the part of a loop's samples from which on it is busy moving data.
pub(crate) const TRANSFERS: Bound = Bound {
    name: "samples that move data",
    finding: "not-io-bound",
    value: 0.05,
    unit: Unit::Share,
    meaning: "In light detail, a loop that is seen this often in calls that move data is busy serving.",
};

/// How many requests there must be.
pub(crate) const RING_REQUESTS: Bound = Bound {
    name: "requests",
    finding: "uring-punted",
    value: 100.0,
    unit: Unit::Count,
    meaning: "So many requests at least.",
};

/// Which part of the calls must be lost to weaken what rests on them.
pub(crate) const LOST_CALLS: Bound = Bound {
    name: "lost calls",
    finding: "all that rest on calls",
    value: 0.01,
    unit: Unit::Share,
    meaning: "So many of the calls must have been counted without their kind to make a finding less \
              certain.",
};

/// Every bound.
pub const BOUNDS: &[Bound] = &[
    STALL,
    LOCK_STALL,
    HANG,
    SOON_AFTER_ASKING,
    SHORT_STALLS,
    SHORT_STALLS_SHARE,
    FRUITLESS_CPU,
    POLLING_SLEEP,
    POLLING_SLEEPS,
    POLLING_SHARE,
    YIELDING_SHARE,
    HAND_OFFS,
    HANDED_OVER,
    HAND_OFF_OVERLAP,
    SERIAL_WAIT,
    SERIAL_PEERS,
    TINY_CALLS,
    TINY_SHARE,
    TINY_PER_EXCHANGE,
    CONNECTIONS_INFO,
    CONNECTIONS_WARN,
    CONNECTIONS_HIGH,
    SYNCS,
    SYNCS_PER_WRITE,
    WORKING_SHARE,
    LOCK_WAITS,
    CPU_PER_MESSAGE,
    TRANSFERS,
    RING_REQUESTS,
    LOST_CALLS,
];
