//! Waits of one thread, added up.
//!
//! Left out on purpose: which of them are good and which bad.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breadth, Control, DescriptorId, DescriptorKind, Histogram, Stalls, Syscall};

/// The calls of one thread that slept, by call and descriptor.
///
/// `waiting_ns + runnable_ns + kernel_ns = total_ns`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wait {
    /// In which call; none for a sleep outside calls, such as a page that had to be read.
    pub syscall: Option<Syscall>,
    /// On what; none where the call has no descriptor, or these are several of the cheapest waits of
    /// a thread that waited on too many to tell apart.
    pub descriptor: Option<DescriptorId>,
    /// The kind of it.
    pub kind: DescriptorKind,
    /// Whether the call may sleep, as it was made. `NonBlocking` that slept waited for something
    /// else, such as a lock in the kernel.
    pub control: Control,
    /// For how many descriptors it waited.
    pub breadth: Breadth,
    /// How many calls slept. In light detail, how many sleeps there were.
    pub count: u64,
    /// From the calls' entry to their return; in light detail, from falling asleep to running.
    pub total_ns: u64,
    /// Asleep: from leaving the CPU to being woken.
    pub waiting_ns: u64,
    /// Woken, or put aside by the scheduler, and not yet running.
    pub runnable_ns: u64,
    /// Running, inside the calls; 0 in light detail.
    pub kernel_ns: u64,
    /// The part of `waiting_ns` that the kernel itself calls waiting for a device (`in_iowait`).
    pub disk_ns: u64,
    /// The part of `waiting_ns` that ended by a thread which this one had itself woken since its
    /// sleep before: work handed over, and its result.
    pub handed_over_ns: u64,
    /// The part of `waiting_ns` that was ended by any other watched thread.
    pub by_program_ns: u64,
    /// The longest of the calls.
    pub longest_ns: u64,
    /// Those of the calls that kept a loop from its events.
    #[serde(default, skip_serializing_if = "Stalls::is_empty")]
    pub stalls: Stalls,
    /// The lengths of which `total_ns` is the sum.
    pub latency: Histogram,
}
