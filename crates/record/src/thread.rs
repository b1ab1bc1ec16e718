//! A thread that was watched.
//!
//! Left out on purpose: where its waits belong; see `Ledger`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, DescriptorId, RingOperations, Syscall, Wait};

/// A thread that was watched, or several that were put together because there were too many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    /// Its number; the first one's, of several.
    pub tid: u32,
    /// Its name (`comm`), as the program's bytes: **escape before showing**.
    pub name: String,
    /// How many threads this one stands for: 1, or more for threads that had ended and were put
    /// together to bound memory. Times and counts are then sums.
    pub merged_count: u64,
    /// Who made it, if that was watched.
    pub created_by: Option<u32>,
    /// Whether it is a worker of io_uring (`PF_IO_WORKER`), which the kernel made.
    pub io_worker: bool,
    /// When it was first seen, from the beginning of watching.
    pub began_at_ns: u64,
    /// When it ended; none if it was alive at the end.
    pub ended_at_ns: Option<u64>,
    /// How long it was watched: the sum of all in `time`, which the backend keeps so.
    pub lived_ns: u64,
    /// What it did with that time.
    pub time: ThreadTime,
    /// Its times on a CPU by the kernel's own account (`se.sum_exec_runtime`), as a check.
    pub sched_cpu_ns: u64,
    /// How often it left a CPU.
    pub switches: Switches,
    /// Threads that it made.
    pub threads_created: u64,
    /// Processes that it made.
    pub processes_created: u64,
    /// Its calls; empty in light detail.
    pub calls: Vec<Call>,
    /// Its waits. Their `waiting_ns` adds up to `time.waiting_ns`, but for what `in_flight` has.
    pub waits: Vec<Wait>,
    /// Requests that it gave to io_uring.
    pub ring_operations: Vec<RingOperations>,
    /// The call in which it was when watching ended; its sleep up to then is in `waits` already.
    pub in_flight: Option<InFlight>,
    /// From when to when it asked for events; none if it never did, or where that is not kept.
    pub asking: Option<Asking>,
    /// What the sampling timer saw of it on a CPU; empty in full detail.
    pub samples: Vec<Sample>,
}

impl Thread {
    /// A thread of which nothing but its beginning was seen.
    #[must_use]
    pub fn begun(tid: u32, name: String, began_at_ns: u64) -> Self {
        Self {
            tid,
            name,
            merged_count: 1,
            created_by: None,
            io_worker: false,
            began_at_ns,
            ended_at_ns: None,
            lived_ns: 0,
            time: ThreadTime::default(),
            sched_cpu_ns: 0,
            switches: Switches::default(),
            threads_created: 0,
            processes_created: 0,
            calls: Vec::new(),
            waits: Vec::new(),
            ring_operations: Vec::new(),
            in_flight: None,
            asking: None,
            samples: Vec::new(),
        }
    }
}

/// What a thread did with its time. The parts add up to its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadTime {
    /// On a CPU, outside system calls; interrupts and page faults included.
    pub user_ns: u64,
    /// On a CPU, inside system calls.
    pub kernel_ns: u64,
    /// The part of both that went into asking again and again without a result: from one fruitless
    /// call (would block, or no event under a time limit of 0) to the next, with no fruitful one
    /// between them and less CPU time than [`ThreadTime::FRUITLESS_NS`].
    pub spinning_ns: u64,
    /// Ready to run, and not running.
    pub runnable_ns: u64,
    /// Asleep.
    pub waiting_ns: u64,
}

impl ThreadTime {
    /// From how much CPU time on a thread does work between two fruitless calls: 50 µs.
    pub const FRUITLESS_NS: u64 = 50_000;
}

/// How often a thread left a CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Switches {
    /// Because it waited.
    pub voluntary: u64,
    /// Because another was to run.
    pub involuntary: u64,
}

/// The call in which a thread was when watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InFlight {
    /// Which.
    pub syscall: Syscall,
    /// On what.
    pub descriptor: Option<DescriptorId>,
    /// Since when, from the beginning of watching.
    pub since_at_ns: u64,
}

/// Between which moments a thread asked for events: by epoll_wait(2), poll(2), select(2) and their
/// kin, of any breadth, or by an io_uring_enter(2) that waits. What it did before is its start, and
/// what it does later its end, even if it is a loop in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asking {
    /// When it first entered such a call; in light detail, when it first slept in one.
    pub first_at_ns: u64,
    /// When the last one returned, or the end of watching while it is in one.
    pub last_at_ns: u64,
}

/// How often the sampling timer found a thread on a CPU in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Where.
    pub mode: SampledMode,
    /// How often.
    pub count: u64,
}

/// Where the sampling timer found a thread.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SampledMode {
    /// Outside system calls.
    User,
    /// Inside that one.
    Call {
        /// Which.
        syscall: Syscall,
        /// Whether it was made such that it returns at once.
        returns_at_once: bool,
    },
}
