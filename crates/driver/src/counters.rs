//! What a driver has done.

use std::ops::{AddAssign, Sub};

/// What a driver has done since it was made, its helper threads included.
///
/// Counted where the call is made, so that the sum is what `strace -f` counts for the same
/// syscalls, together with [`thread_calls`](crate::thread_calls). Not counted: what the allocator,
/// the standard library and the kernel's own io_uring threads do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Syscalls made for ops and for waiting.
    pub syscalls: u64,
    /// Calls that the kernel refused with `EAGAIN`.
    pub would_block: u64,
    /// Times that the driver went to sleep, or would have but for a deadline in the past.
    pub waits: u64,
    /// Ops that were handed to a helper thread.
    pub handed_off: u64,
    /// Final completions.
    pub completed: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.syscalls += other.syscalls;
        self.would_block += other.would_block;
        self.waits += other.waits;
        self.handed_off += other.handed_off;
        self.completed += other.completed;
    }
}

impl Sub for Counters {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            syscalls: self.syscalls - earlier.syscalls,
            would_block: self.would_block - earlier.would_block,
            waits: self.waits - earlier.waits,
            handed_off: self.handed_off - earlier.handed_off,
            completed: self.completed - earlier.completed,
        }
    }
}
