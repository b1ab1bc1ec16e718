//! Time that passes only when nothing else can happen.

use std::time::{Duration, Instant};

/// A clock that stands still until it is moved.
///
/// Its readings are [`Instant`]s, so that deadlines look as they do on any driver, but only those
/// computed from the clock itself mean anything to it.
#[derive(Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    /// A clock that starts at the real time.
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }

    /// The simulated time.
    pub(super) fn now(&self) -> Instant {
        self.0
    }

    /// Moves on to `at`, never back.
    pub(super) fn advance_to(&mut self, at: Instant) {
        self.0 = self.0.max(at);
    }

    /// The time a while from now; "for ever" becomes a century.
    pub(super) fn after(&self, duration: Duration) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        self.0 + duration.min(CENTURY)
    }
}
