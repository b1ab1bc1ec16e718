//! What watching did not see.
//!
//! Left out on purpose: whether that matters; what depends on it has a lower confidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was not seen, each a number of things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WatchLosses {
    /// Events that did not fit into the ring buffer: lives of threads, descriptors, slow calls.
    pub events: u64,
    /// Threads for which there was no room; their time is missing.
    pub threads: u64,
    /// Calls that were counted without their kind: the cheapest kinds of a thread that made too many.
    pub calls: u64,
    /// Waits of which not even the kind of call was kept, because there were too many.
    pub waits: u64,
    /// Waits of which only the kind of call was kept, because their thread waited on many
    /// descriptors and these cost least. Their number and time is complete.
    pub merged_waits: u64,
    /// Wakings whose waker was not kept, because there were too many.
    pub wakes: u64,
    /// Slow calls of which no single record was kept, because there were too many. They are
    /// counted all the same.
    pub slow_calls: u64,
    /// Descriptors that were closed before their path or peer could be looked up.
    pub names: u64,
}
