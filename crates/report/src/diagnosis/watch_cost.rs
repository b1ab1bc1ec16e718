//! What watching cost, and what it did not see.
//!
//! Left out on purpose: how much slower the program ran; only a run without a watcher tells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WatchLosses;

/// What watching cost, and what it did not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WatchCost {
    /// CPU time of whywait itself while it watched, user and kernel.
    pub cpu_s: f64,
    /// CPU time of its programs in the kernel, for all processes of the machine; null where the
    /// kernel does not count that, which is the default.
    pub kernel_cpu_s: Option<f64>,
    /// What every system call of a process that is not watched pays meanwhile, in nanoseconds;
    /// null where no call does, as in light detail.
    pub per_foreign_call_ns: Option<f64>,
    /// Memory that whywait and its maps in the kernel held, at the most.
    pub memory_bytes: u64,
    /// How many things were not seen that make numbers wrong or less detailed: all of `losses` but
    /// `slow_calls` and `names`.
    pub lost_events: u64,
    /// What was not seen, by kind.
    pub losses: WatchLosses,
}
