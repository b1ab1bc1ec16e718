//! An op that has been accepted and has not completed.

use std::time::Instant;

use crate::Op;

/// An op in flight, and where it is.
#[derive(Debug)]
pub(super) struct InFlight {
    /// None while it is being tried, or is with the helpers.
    pub(super) op: Option<Op>,
    /// When the op ends of itself: its deadline, or the end of a sleep. Has an entry among the
    /// timers in every stage but the first.
    pub(super) due: Option<Instant>,
    pub(super) stage: Stage,
}

/// Where an op in flight is.
#[derive(Debug)]
pub(super) enum Stage {
    /// Not looked at yet.
    Submitted,
    /// A file op that is to be carried out on this thread.
    Inline,
    /// In the queue of its descriptor and direction.
    Waiting(Links),
    /// Sleeping to its end; for ever, if that is past what the clock can tell.
    Sleeping,
    /// Sleeping until its deadline, which comes first.
    SleepingPastDeadline,
    /// With the helpers; `at_position` if it reads or writes at its file's position.
    HandedOver { at_position: bool },
}

/// An op's neighbours in its queue, by the index of their tokens, or [`NOBODY`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    pub(super) ahead: u32,
    pub(super) behind: u32,
}

/// No op's index.
pub(super) const NOBODY: u32 = u32::MAX;

impl InFlight {
    pub(super) fn has_timer(&self) -> bool {
        self.due.is_some() && !matches!(self.stage, Stage::Submitted)
    }
}
