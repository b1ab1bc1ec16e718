//! The order of events in one flow.
//!
//! Left out on purpose: which lanes to record, and how to draw them (the table's `picture` does).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened to one flow, in order, in an untimed run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lane {
    /// The flow's number, from 0.
    pub flow: u64,
    /// The worker that carried it out. Workers are numbered from 0 in the order of their first
    /// events.
    #[serde(default)]
    pub worker: u64,
    /// What happened to it, by time.
    pub events: Vec<LaneEvent>,
}

/// One thing that happened to a flow: what it enters stays so until its next event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaneEvent {
    /// Seconds since the run's first submit.
    pub at_s: f64,
    /// What happened then.
    pub kind: EventKind,
    /// Which step of the flow it belongs to, from 1, as error messages count them.
    #[serde(default)]
    pub step: u64,
    /// Seconds of CPU that the worker's thread had used by then. Only differences between events
    /// of one worker mean anything.
    #[serde(default)]
    pub worker_cpu_s: f64,
    /// Bytes that the step moved, where it moved some; with `done` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What a step of a flow enters at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// It was asked for.
    Submitted,
    /// It waits until it can be done: POSIX's first phase.
    Waiting,
    /// Its data is on the way to or from the caller's memory: the second phase. From the first
    /// byte to the last, pauses between them included.
    Copying,
    /// The flow's own work on a CPU.
    Computing,
    /// Its result is there.
    Done,
    /// It ended with an error, and so did the flow.
    Failed,
}
