//! Wakes that come from outside the runtime.

use std::fmt;
use std::rc::Rc;

use super::Executor;

/// Says that something outside the runtime will wake a task of this worker: another thread, a
/// signal handler. While the guard lives, a worker with nothing to do waits instead of reporting a
/// [`Deadlock`](crate::Deadlock). Only a runtime that was built with
/// [`Builder::detect_deadlock`](crate::Builder::detect_deadlock) needs it.
///
/// # Panics
/// Outside of a runtime.
#[must_use = "the wake is expected while this guard lives"]
#[track_caller]
pub fn expect_external_wake() -> ExternalWake {
    let executor = Executor::current();
    executor.external.set(executor.external.get() + 1);
    ExternalWake(executor)
}

/// The guard of [`expect_external_wake`].
pub struct ExternalWake(Rc<Executor>);

impl fmt::Debug for ExternalWake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalWake").finish_non_exhaustive()
    }
}

impl Drop for ExternalWake {
    fn drop(&mut self) {
        self.0.external.set(self.0.external.get() - 1);
    }
}
