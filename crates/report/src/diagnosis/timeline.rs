//! The recording of what each thread did when.
//!
//! Left out on purpose: running. A thread runs wherever no interval says otherwise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time in which a thread did not run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineInterval {
    /// Who. This is the thread itself, not the one that stands for it in `processes`.
    pub tid: u32,
    /// What it did instead.
    pub state: TimelineState,
    /// In which call; null outside calls.
    pub syscall: Option<String>,
    /// The number of the descriptor; null where there is none.
    pub descriptor: Option<i32>,
    /// The descriptor's path or peer, as the program had it; null where it is not known.
    pub on: Option<String>,
    /// From when, since watching began.
    pub from_at_s: f64,
    /// To when, since watching began.
    pub to_at_s: f64,
}

/// What a thread does that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimelineState {
    /// It sleeps.
    Waiting,
    /// It waits for a CPU.
    Runnable,
}

/// One watched thread wakes another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEdge {
    /// When, since watching began.
    pub at_s: f64,
    /// The thread that wakes.
    pub waker: u32,
    /// The thread that is woken.
    pub sleeper: u32,
}

/// That the recording ended before watching did, because it is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineCutOff {
    /// When the bound was reached, since watching began; nothing later was kept.
    pub at_s: f64,
    /// Intervals and edges that were not kept.
    pub entries: u64,
}
