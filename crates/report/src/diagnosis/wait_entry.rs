//! Where threads slept.
//!
//! Left out on purpose: single waits; the timeline has those.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WaitCategory;

/// The calls of a thread, or of alike threads, that slept in one system call on one descriptor, or
/// on alike ones.
///
/// `waiting_s + runnable_s + kernel_s = total_s`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitEntry {
    /// The process, as `processes` has it.
    pub pid: u32,
    /// The thread, as its process has it: of alike threads, the first one.
    pub tid: u32,
    /// In which call; null for a sleep outside calls, such as a page that had to be read.
    pub syscall: Option<String>,
    /// The descriptor's number; null where the call has none, or they were put together.
    pub descriptor: Option<i32>,
    /// How many descriptors it stands for: 0 where the call has none, 1, or more that are alike.
    pub descriptors: u64,
    /// What the descriptor is, such as `file`, `pipe`, `tcp` or `epoll`; `none` without one.
    pub kind: String,
    /// Its path, as the program had it; null where it has none or it is not known.
    pub path: Option<String>,
    /// With whom a socket speaks, such as `127.0.0.1:6379`; null where that is not known.
    pub peer: Option<String>,
    /// A socket's own end, such as `0.0.0.0:80`; null where that is not known.
    pub local: Option<String>,
    /// What the wait is for; the one that most of `waiting_s` is in.
    pub category: WaitCategory,
    /// How many calls slept; in light detail, how many sleeps there were.
    pub count: u64,
    /// How long these calls took, from entry to return; in light detail, from falling asleep to
    /// running again.
    pub total_s: f64,
    /// The median of the calls, off by at most a factor of two.
    pub p50_s: f64,
    /// The length below which 99 of 100 calls lie, off by at most a factor of two.
    pub p99_s: f64,
    /// The longest call.
    pub longest_s: f64,
    /// The part of `total_s` asleep: from leaving the CPU to being woken.
    pub waiting_s: f64,
    /// The part of `total_s` from being woken, or put aside by the scheduler, to running.
    pub runnable_s: f64,
    /// The part of `total_s` running inside the calls: mostly copying. 0 in light detail.
    pub kernel_s: f64,
}
