//! A single call that took long.
//!
//! Left out on purpose: calls of epoll_wait(2) and its kin, for which waiting is the job.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Control, DescriptorId, Syscall, Waker};

/// A single call that took longer than [`Record::slow_call_ns`](crate::Record::slow_call_ns).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlowCall {
    /// Whose.
    pub pid: u32,
    /// Whose.
    pub tid: u32,
    /// Which; none for a sleep outside calls.
    pub syscall: Option<Syscall>,
    /// On what.
    pub descriptor: Option<DescriptorId>,
    /// Whether it may sleep, as it was made.
    pub control: Control,
    /// When it was entered.
    pub began_at_ns: u64,
    /// How long it took.
    pub total_ns: u64,
    /// How much of that it slept.
    pub waiting_ns: u64,
    /// How much of that it waited for a CPU.
    pub runnable_ns: u64,
    /// What it returned: a negative errno, or a result. 0 in light detail.
    pub returned: i64,
    /// Who ended its last sleep.
    pub waker: Option<Waker>,
    /// How many events were waiting when the thread next asked for events, if that returned at
    /// once: those that had to wait for this call. None if the thread did not ask.
    pub events_pending_after: Option<u32>,
    /// Where in the program the call was made, innermost first, as far as it could be found out.
    pub stack: Vec<Frame>,
}

/// A place in the program's code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// The address in the process.
    pub address: u64,
    /// The file that is mapped there; none of code made at run time. **Escape before showing.**
    pub object: Option<String>,
    /// The function's name, demangled.
    pub function: Option<String>,
    /// The line of the source.
    pub place: Option<Place>,
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The source file. **Escape before showing.**
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
}
