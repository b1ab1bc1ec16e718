//! Calls of one thread, added up.
//!
//! Left out on purpose: single calls; see `SlowCall` for those that took long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DescriptorId, DescriptorKind, Histogram, Syscall};

/// What one thread did with one system call on one kind of descriptor, in one way: every call that
/// returned while it was watched. Only [`Detail::Full`](crate::Detail::Full) has these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Which.
    pub syscall: Syscall,
    /// On what.
    pub kind: DescriptorKind,
    /// Whether it may sleep.
    pub control: Control,
    /// On how many descriptors, for those that wait for several.
    pub breadth: Breadth,
    /// How many returned.
    pub count: u64,
    /// How many of these failed with EAGAIN, EWOULDBLOCK or EINPROGRESS.
    pub would_block: u64,
    /// How many failed in another way.
    pub failed: u64,
    /// How many returned 0: the end of a stream, or a time limit that passed without an event.
    pub empty: u64,
    /// How many slept at least once.
    pub slept: u64,
    /// Bytes moved, of calls that return a number of bytes; events, of those that return events.
    pub returned: u64,
    /// How many of the calls that move bytes moved between 1 and [`Call::TINY_BYTES`] of them.
    pub tiny: u64,
    /// From entry to return, sleeps included.
    pub total_ns: u64,
    /// The lengths of which `total_ns` is the sum.
    pub latency: Histogram,
    /// The descriptor of one of the calls.
    pub example: Option<DescriptorId>,
}

impl Call {
    /// The most that a call moves which is tiny: 16 bytes.
    pub const TINY_BYTES: u64 = 16;
}

/// Whether a call may sleep until it is done, as it was made: by `O_NONBLOCK` at that moment,
/// `MSG_DONTWAIT`, `RWF_NOWAIT`, `WNOHANG`, `SOCK_NONBLOCK`, or a time limit of 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// It may.
    Blocking,
    /// It returns at once.
    NonBlocking,
}

/// For how many descriptors a call waits: poll(2), select(2), epoll_wait(2) and their kin. For
/// futex(2) it says whether there is a time limit.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Breadth {
    /// The call is none of these.
    NotApplicable,
    /// None: the call is a sleep.
    Zero,
    /// One: the call is a blocking call with a time limit. Of futex(2): no time limit.
    One,
    /// Two or more, or an epoll of any number. Of futex(2): with a time limit.
    Many,
}

/// Requests of one kind that one thread gave to io_uring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RingOperations {
    /// The kernel's `IORING_OP_…` number.
    pub opcode: u8,
    /// Requests that the kernel took.
    pub submitted: u64,
    /// Those of them that it gave to a worker thread because they would have blocked.
    pub punted: u64,
}
