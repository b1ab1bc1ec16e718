//! The error of a program in which every task waits for another.

use std::fmt;
use std::panic::Location;

use crate::error::debug_as_display;

/// Nothing is runnable, no operation is in flight and no timer is set: every task waits for
/// another, for ever.
///
/// Reported by a runtime that was built with
/// [`Builder::detect_deadlock`](crate::Builder::detect_deadlock). It cannot see wakers that other
/// threads or signal handlers hold: a wake from there is announced by
/// [`expect_external_wake`](crate::expect_external_wake), and while one is expected, waiting is no
/// deadlock.
#[derive(Clone, PartialEq, Eq)]
pub struct Deadlock {
    waiting: Vec<&'static Location<'static>>,
}

impl Deadlock {
    pub(super) fn new(waiting: Vec<&'static Location<'static>>) -> Self {
        Self { waiting }
    }

    /// Where the tasks that wait were spawned; the future of `block_on` itself is not among
    /// them, and always waits.
    #[must_use]
    pub fn waiting(&self) -> &[&'static Location<'static>] {
        &self.waiting
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deadlock: nothing is runnable, no operation is in flight, no timer is set; ")?;
        write!(f, "waiting: ")?;
        write!(f, "the future of `block_on`")?;
        for place in &self.waiting {
            write!(f, ", the task spawned at {place}")?;
        }
        write!(
            f,
            ". If another thread will wake one of them, hold `whywait::expect_external_wake()` \
             meanwhile, or build the runtime without `detect_deadlock`"
        )
    }
}

debug_as_display!(Deadlock);

impl std::error::Error for Deadlock {}
