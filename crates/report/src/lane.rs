//! The order of events in one flow.
//!
//! Left out on purpose: which lanes to record and how to draw them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened to one flow, in order, in an untimed run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lane {
    /// The flow's number, from 0.
    pub flow: u64,
    /// What happened to it, by time.
    pub events: Vec<LaneEvent>,
}

/// One thing that happened to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaneEvent {
    /// Seconds since the run's first submit.
    pub at_s: f64,
    /// What happened then.
    pub kind: EventKind,
}

/// What an operation enters at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The operation was asked for.
    Submitted,
    /// It waits until it can be done: POSIX's first phase.
    Waiting,
    /// Its data is on the way to or from the caller's memory: the second phase.
    Copying,
    /// Its result is there.
    Done,
}
