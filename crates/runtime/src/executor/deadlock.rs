//! The error of a program in which everybody waits for somebody.

use std::fmt;
use std::panic::Location;

/// Nothing is runnable and no operation is in flight: every task waits for another, for ever.
///
/// A wake from outside the runtime (another thread, a signal) is announced by
/// [`expect_external_wake`](crate::expect_external_wake); while one is expected, waiting is no
/// deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        write!(f, "deadlock: nothing is runnable and no operation is in flight; waiting: ")?;
        write!(f, "the future of `block_on`")?;
        for place in &self.waiting {
            write!(f, ", the task spawned at {place}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Deadlock {}
