//! What a system call means: what it is for, what a sleep in it waits for, and what its arguments
//! and its result say.

use super::Category;
use syscalls::Sysno;

/// What a system call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The call.
    pub number: Sysno,
    /// What it is for.
    pub purpose: Purpose,
    /// What a sleep in it waits for.
    pub waits_for: WaitsFor,
    /// Whether its first argument is a descriptor.
    pub on_descriptor: bool,
    /// Whether `O_NONBLOCK` on that descriptor makes it return at once. Never on regular files.
    pub heeds_nonblock: bool,
    /// Where its arguments say whether it may sleep.
    pub limit: Limit,
    /// What its result is.
    pub outcome: Outcome,
    /// Whether an argument is a path.
    pub names_path: bool,
}

/// What a system call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Asks an epoll, a ring or an aio context for events.
    AsksQueue,
    /// Asks which of the descriptors in its arguments are ready.
    AsksMany,
    /// Takes data from a descriptor.
    Receives,
    /// Gives data to a descriptor.
    Sends,
    /// Takes a connection.
    Accepts,
    /// Makes a connection.
    Connects,
    /// Opens a file.
    Opens,
    /// Waits until data is on the disk.
    Syncs,
    /// Lets another thread run.
    Yields,
    /// Sleeps for a time.
    Sleeps,
    /// Waits for another thread, or wakes it.
    WaitsForThread,
    /// Waits for a child process.
    WaitsForChild,
    /// Anything else.
    Other,
}

impl Purpose {
    /// Whether it asks which of several descriptors or requests is ready.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self, Self::AsksQueue | Self::AsksMany)
    }
}

/// What a sleep in a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// Always the same.
    Always(Category),
    /// What its descriptor is decides.
    ByKind,
    /// How many descriptors it waits for decides, and what the only one is.
    ByBreadth,
}

/// Where the arguments of a call say whether it may sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nowhere.
    Never,
    /// `MSG_DONTWAIT` in the third argument.
    Flags3,
    /// `MSG_DONTWAIT` in the fourth argument.
    Flags4,
    /// `RWF_NOWAIT` in the sixth argument.
    Flags6,
    /// Milliseconds in the third argument; the second counts the descriptors.
    Poll,
    /// A timespec in the third argument; the second counts the descriptors.
    Ppoll,
    /// A timeval or timespec in the fifth argument; sets of descriptors in the second to fourth.
    Select,
    /// Milliseconds in the fourth argument.
    Epoll,
    /// A timespec in the fourth argument.
    Epoll2,
    /// A futex: the operation in the second argument, a timespec in the fourth.
    Futex,
    /// A futex that can only be waited for; a timespec in the fourth argument.
    FutexWaitv,
    /// The same with the timespec in the fifth.
    FutexWait,
    /// `WNOHANG` in the third argument.
    Options3,
    /// `WNOHANG` in the fourth argument.
    Options4,
    /// Completions to wait for, in the third argument.
    Ring,
    /// Completions to wait for, in the second argument; a timespec in the fifth.
    Aio,
    /// It never sleeps and never has a result.
    Yield,
}

/// What a result of 0 or more is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success, and nothing else.
    Success,
    /// Bytes that it moved; 0 is the end of the stream.
    Bytes,
    /// Something in itself, such as a connection: 0 is one too.
    Something,
    /// Events; 0 is none.
    Events,
}

impl Meaning {
    /// A call of which only the number is known.
    pub(super) const fn of(number: Sysno, purpose: Purpose, waits_for: WaitsFor) -> Self {
        Self {
            number,
            purpose,
            waits_for,
            on_descriptor: false,
            heeds_nonblock: false,
            limit: Limit::Never,
            outcome: Outcome::Success,
            names_path: false,
        }
    }

    pub(super) const fn on_descriptor(mut self) -> Self {
        self.on_descriptor = true;
        self
    }

    /// On a descriptor for which `O_NONBLOCK` means something.
    pub(super) const fn on_stream(mut self) -> Self {
        self.on_descriptor = true;
        self.heeds_nonblock = true;
        self
    }

    pub(super) const fn limited_by(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    pub(super) const fn gives(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    pub(super) const fn names_path(mut self) -> Self {
        self.names_path = true;
        self
    }
}
