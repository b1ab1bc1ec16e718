//! Sleeping, and not waiting for ever.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::error::debug_as_display;
pub use crate::executor::Sleep;
use crate::executor::{Executor, with_op_deadline};

/// Waits for `duration`. Under a model that does not overlap, the time counts from when the
/// operations before it are done: two sleeps at once take as long as one after the other.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep::new(duration)
}

/// Runs `future`, but no longer than `duration`.
///
/// Under a model that does not overlap, operations that start inside carry the deadline down to the
/// driver, which is the only thing that can end them there; an operation of another task is waited
/// for. A future that computes without waiting is not interrupted, and what came in time but was
/// seen late is not thrown away.
///
/// # Errors
/// [`Elapsed`] when the time is over; the future is dropped, and its operations are cancelled.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let Some(deadline) = Instant::now().checked_add(duration) else {
        // Past what the clock can count to.
        return Ok(future.await);
    };
    // Where operations overlap they need no deadline of their own, and may outlive this wait for
    // them, as those of a stream that is polled do.
    let bounds_operations = !Executor::current().limits().overlap;
    let alarm = Sleep::beside(duration);
    Timeout { deadline, alarm, bounds_operations, future: pin!(future) }.await
}

/// The time was over before the future was done.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time is over")]
pub struct Elapsed;

debug_as_display!(Elapsed);

impl From<Elapsed> for std::io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, elapsed)
    }
}

struct Timeout<'a, F> {
    deadline: Instant,
    /// Ends the wait for what is no operation: a task, another thread.
    alarm: Sleep,
    /// Whether operations that start inside get the deadline too.
    bounds_operations: bool,
    future: Pin<&'a mut F>,
}

impl<F: Future> Future for Timeout<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let deadline = this.deadline;
        let mut poll = || this.future.as_mut().poll(context);
        let (polled, timed_out) =
            if this.bounds_operations { with_op_deadline(deadline, poll) } else { (poll(), false) };
        let is_over = Instant::now() >= deadline;
        match polled {
            // It may give this only because an operation inside was ended.
            Poll::Ready(_) if is_over && timed_out => return Poll::Ready(Err(Elapsed)),
            Poll::Ready(output) => return Poll::Ready(Ok(output)),
            Poll::Pending if is_over => return Poll::Ready(Err(Elapsed)),
            Poll::Pending => {}
        }
        Pin::new(&mut this.alarm).poll(context).map(|()| Err(Elapsed))
    }
}
