//! hyper's tasks as tasks of this library.

use std::future::Future;

/// Starts hyper's tasks on the worker that runs hyper, as [`spawn`](crate::spawn) does; they need
/// no `Send`.
///
/// Its `execute` panics outside of a runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> ::hyper::rt::Executor<F> for Executor
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        drop(crate::spawn(future));
    }
}
