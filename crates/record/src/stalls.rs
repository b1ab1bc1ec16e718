//! Sleeps of a loop that are long enough to keep its events waiting, added up.
//!
//! The kernel's side counts each of them, whether or not it is also kept as a `SlowCall`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of a thread's calls, those that slept for a long time between two questions for events
/// (epoll_wait(2) and its kin): at least [`Stalls::LEAST_NS`], or [`Stalls::LEAST_LOCK_NS`] in
/// futex(2). Waiting for several descriptors is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stalls {
    /// How many.
    pub count: u64,
    /// How long they slept in all.
    pub waiting_ns: u64,
    /// How long the longest slept.
    pub longest_ns: u64,
}

impl Stalls {
    /// From which length on a sleep counts: 10 ms.
    pub const LEAST_NS: u64 = 10_000_000;
    /// The same in futex(2): 50 ms. The lock of an interpreter is held for less.
    pub const LEAST_LOCK_NS: u64 = 50_000_000;

    /// Adds others to these.
    pub fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.waiting_ns = self.waiting_ns.saturating_add(other.waiting_ns);
        self.longest_ns = self.longest_ns.max(other.longest_ns);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
