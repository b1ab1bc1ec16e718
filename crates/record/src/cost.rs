//! What watching cost, and what it did not see.
//!
//! Left out on purpose: judging whether that matters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What watching cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// CPU time of whywait itself, from the beginning of watching to its end.
    pub own_cpu_ns: u64,
    /// CPU time of the programs in the kernel, by the kernel's own account (`BPF_ENABLE_STATS`),
    /// for all processes of the machine; none where that is not counted, which is the default
    /// because counting costs as much as it counts.
    pub kernel_cpu_ns: Option<u64>,
    /// How long a program in the kernel takes to see that a call is of a process that is not
    /// watched: the price that every other process pays per call. None in light detail.
    pub per_foreign_call_ns: Option<f64>,
    /// Memory that maps in the kernel and whywait itself hold, at the most.
    pub memory_bytes: u64,
}

/// What was not seen, each a number of things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Losses {
    /// Events that did not fit into the ring buffer: lives of threads, descriptors, slow calls.
    pub events: u64,
    /// Threads for which there was no room; their time is missing.
    pub threads: u64,
    /// Calls that were counted without their kind: the cheapest kinds of a thread that made too many.
    pub calls: u64,
    /// Waits of which not even the kind of call was kept, because there were too many.
    pub waits: u64,
    /// Waits of which only the kind of call was kept, because their thread waited on many
    /// descriptors and these cost least. Their number and time is complete, so this is not in
    /// [`Losses::total`].
    #[serde(default)]
    pub merged_waits: u64,
    /// Wakings whose waker was not kept, because there were too many.
    pub wakes: u64,
    /// Slow calls of which no single record was kept, because there were too many. They are in
    /// `waits` and `calls` all the same.
    pub slow_calls: u64,
    /// Descriptors that were closed before their path or peer could be looked up.
    pub names: u64,
}

/// Which bound was reached, for a sentence about it.
#[derive(Clone, Debug)]
pub struct Exhaustion {
    /// What there was too much of, such as `threads`.
    pub what: &'static str,
    /// How many were lost.
    pub count: u64,
}

impl Losses {
    /// Everything that was lost and makes numbers wrong or less detailed, in one number.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.exhaustions().fold(0, |sum, exhaustion| sum.saturating_add(exhaustion.count))
    }

    /// Each kind of loss that occurred.
    pub fn exhaustions(&self) -> impl Iterator<Item = Exhaustion> {
        let Self { events, threads, calls, waits, merged_waits: _, wakes, slow_calls: _, names: _ } =
            *self;
        [
            ("events", events),
            ("threads", threads),
            ("kinds of calls", calls),
            ("kinds of waits", waits),
            ("wakings by waker", wakes),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| Exhaustion { what, count })
    }
}
