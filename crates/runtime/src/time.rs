//! Sleeping, and not waiting for ever.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

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
/// driver, which is the only thing that can end them there. A future that computes without waiting
/// is not interrupted, and what came in time but was seen late is not thrown away.
///
/// # Errors
/// [`Elapsed`] when the time is over; the future is dropped, and its operations are cancelled.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    let Some(deadline) = Instant::now().checked_add(duration) else {
        // Past what the clock can count to.
        return Ok(future.await);
    };
    // Beside operations a future can wait for tasks; only a driver that overlaps can watch the
    // clock meanwhile. Its operations need no deadline of their own, and may outlive this wait for
    // them, as those of a stream that is polled do.
    let overlap = Executor::current().limits().overlap;
    let alarm = overlap.then(|| sleep(duration));
    Timeout { deadline, alarm, future: pin!(future) }.await
}

/// The time was over before the future was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time is over")]
pub struct Elapsed;

impl From<Elapsed> for std::io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, elapsed)
    }
}

struct Timeout<'a, F> {
    deadline: Instant,
    alarm: Option<Sleep>,
    future: Pin<&'a mut F>,
}

impl<F: Future> Future for Timeout<'_, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let deadline = this.deadline;
        let mut poll = || this.future.as_mut().poll(context);
        let (polled, timed_out) = match this.alarm {
            Some(_) => (poll(), false),
            None => with_op_deadline(deadline, poll),
        };
        let is_over = Instant::now() >= deadline;
        match polled {
            // It may give this only because an operation inside was ended.
            Poll::Ready(_) if is_over && timed_out => return Poll::Ready(Err(Elapsed)),
            Poll::Ready(output) => return Poll::Ready(Ok(output)),
            Poll::Pending if is_over => return Poll::Ready(Err(Elapsed)),
            Poll::Pending => {}
        }
        if let Some(alarm) = &mut this.alarm
            && Pin::new(alarm).poll(context).is_ready()
        {
            return Poll::Ready(Err(Elapsed));
        }
        Poll::Pending
    }
}
