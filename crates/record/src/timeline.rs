//! The recording of what each thread did when.
//!
//! Left out on purpose: running. A thread runs wherever no interval says otherwise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescriptorId, Syscall};

/// The recording of what each thread did when; bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// States other than running, in the order in which they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Interval>,
    /// Wakings of one watched thread by another, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<Edge>,
    /// Intervals and edges that were not kept because the bound was reached.
    pub cut_off: u64,
    /// When the bound was reached; nothing later is kept.
    pub cut_off_at_ns: Option<u64>,
}

/// A time in which a thread did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Who.
    pub tid: u32,
    /// What it did instead.
    pub state: IntervalState,
    /// In which call; none outside calls.
    pub syscall: Option<Syscall>,
    /// On what.
    pub descriptor: Option<DescriptorId>,
    /// From when.
    pub from_at_ns: u64,
    /// To when.
    pub to_at_ns: u64,
}

/// What a thread does that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalState {
    /// It sleeps.
    Waiting,
    /// It waits for a CPU.
    Runnable,
}

/// One thread wakes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// When.
    pub at_ns: u64,
    /// Who wakes.
    pub waker: u32,
    /// Who is woken.
    pub sleeper: u32,
}
