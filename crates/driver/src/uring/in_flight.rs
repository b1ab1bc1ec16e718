//! What the driver knows of an op between its submission and its completion.

use std::time::Instant;

use rustix::io::Errno;

use super::chain::{Chain, Steps};
use super::entry::Held;
use super::tag::Part;
use crate::Op;

/// An op that the driver has accepted.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) op: Op,
    pub(super) deadline: Option<Instant>,
    /// Whether an entry among the timers is this op's.
    pub(super) timed: bool,
    pub(super) stage: Stage,
    pub(super) work: Work,
    /// Why it is to end early, if it is.
    pub(super) stop: Option<Stop>,
    /// Whether the cancel is to be made again at a time that the timers know.
    pub(super) cancel_again: bool,
    /// Whether the kernel refused it with many results, so that it is made with one.
    pub(super) was_multishot: bool,
}

/// Where an op is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for its turn in a lane or in the window.
    Waiting,
    /// It is among those to submit next.
    Queued,
    /// The kernel has it.
    Kernel,
    /// It found no room, and is submitted again at a time that the timers know.
    Pausing,
    /// It is a sleep that ends by itself.
    Asleep,
    /// It is a sleep that its deadline ends.
    AsleepPastDeadline,
}

/// What the kernel works with, besides the op.
#[derive(Debug)]
pub(super) enum Work {
    /// One submission.
    Single(Held),
    /// A whole file, as a linked chain.
    Chain(Chain),
    /// A whole file, one step at a time.
    Steps(Steps),
}

/// Why an op is to end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The caller asked.
    Cancelled,
    /// Its deadline passed.
    TimedOut,
}

impl Stop {
    /// The error with which such an op ends.
    pub(super) fn error(self) -> Errno {
        match self {
            Self::Cancelled => Errno::CANCELED,
            Self::TimedOut => Errno::TIMEDOUT,
        }
    }
}

impl InFlight {
    pub(super) fn new(op: Op, deadline: Option<Instant>, stage: Stage) -> Self {
        let work = Work::Single(Held::Nothing);
        Self {
            op,
            deadline,
            timed: false,
            stage,
            work,
            stop: None,
            cancel_again: false,
            was_multishot: false,
        }
    }

    /// The submissions that a cancel has to name: those in which an op can wait long.
    pub(super) fn cancellable_parts(&self) -> &'static [Part] {
        match (&self.work, &self.op) {
            // Closing takes no time, and must not be stopped half-way.
            (_, Op::Close { .. }) => &[],
            (Work::Single(_) | Work::Steps(_), _) => &[Part::Single],
            (Work::Chain(_), _) => &[Part::Open, Part::Transfer, Part::End],
        }
    }
}
