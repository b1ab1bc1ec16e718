//! Tasks beside the one that runs.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::JoinHandle;
use crate::error::debug_as_display;
use crate::executor::Executor;

/// Starts a task on the same worker. It may run at once or later, and under a driver that does
/// not overlap not beside this one but when this one waits; a program that needs both to advance
/// uses [`spawn_concurrent`].
///
/// A panic in the task is its handle's [`JoinError`](crate::JoinError); other tasks go on.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    Executor::current().spawn(future, Location::caller())
}

/// Starts a task that advances while this one waits, and this one while it waits.
///
/// # Errors
/// [`NoConcurrency`] when the model cannot overlap one more.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn spawn_concurrent<F>(future: F) -> Result<JoinHandle<F::Output>, NoConcurrency>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let executor = Executor::current();
    let limits = executor.limits();
    let capacity = if limits.overlap { limits.max_in_flight } else { 1 };
    // The one that calls is the first.
    if executor.concurrent.get() + 1 >= capacity {
        let refusal = NoConcurrency { capacity };
        executor.refusal.set(Some(refusal));
        return Err(refusal);
    }
    executor.concurrent.set(executor.concurrent.get() + 1);
    let counted = Counted(Rc::clone(&executor));
    let task = async move {
        let _counted = counted;
        future.await
    };
    Ok(executor.spawn(task, Location::caller()))
}

/// One task among those that must advance at once, for as long as it lives.
struct Counted(Rc<Executor>);

impl Drop for Counted {
    fn drop(&mut self) {
        let concurrent: &Cell<usize> = &self.0.concurrent;
        concurrent.set(concurrent.get() - 1);
    }
}

/// The model cannot make one more task advance beside those that do.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("this I/O model makes no more than {capacity} task(s) advance at once")]
pub struct NoConcurrency {
    /// How many it can.
    pub capacity: usize,
}

debug_as_display!(NoConcurrency);

impl From<NoConcurrency> for io::Error {
    fn from(error: NoConcurrency) -> Self {
        Self::new(io::ErrorKind::Unsupported, error)
    }
}
