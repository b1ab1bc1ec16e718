//! One line of a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::header::Header;
use crate::{Descriptor, Edge, Interval, Process, SlowCall, Thread, Timeline, Wake};

/// One line of a file: an object with one of these fields.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Line {
    /// The first line.
    pub(super) header: Option<Header>,
    /// A process; its threads follow.
    pub(super) process: Option<Process>,
    /// A thread of the last process.
    pub(super) thread: Option<Thread>,
    /// A descriptor.
    pub(super) descriptor: Option<Descriptor>,
    /// Sleeps of one thread that one waker ended.
    pub(super) wake: Option<Wake>,
    /// A call that took long.
    pub(super) slow_call: Option<SlowCall>,
    /// What each thread did when; its intervals and edges follow.
    pub(super) timeline: Option<Timeline>,
    /// A time in which a thread did not run.
    pub(super) interval: Option<Interval>,
    /// One thread wakes another.
    pub(super) edge: Option<Edge>,
    /// The last line.
    pub(super) end: Option<End>,
}

/// The last line of a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct End {
    /// How many lines there are before it.
    pub(super) lines: u64,
}
