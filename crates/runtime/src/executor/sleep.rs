//! The future of one sleep.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use whywait_driver::Op;

use super::alarms::Alarm;
use super::{Executor, Started, Submitted};

/// Waits for a duration, from when it is first polled; made by [`sleep`](crate::time::sleep).
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep(State);

enum State {
    Asked(Duration, By),
    /// For an alarm of the executor's.
    Waiting {
        executor: Rc<Executor>,
        place: u32,
        started: Instant,
    },
    /// An operation in its turn, where they do not.
    InTurn(Submitted),
    Over,
}

/// What ends a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The driver in the sleep's turn, where operations do not overlap; else an alarm.
    Driver,
    /// An alarm of the executor's, which takes no turn.
    Alarm,
}

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        Self(State::Asked(duration, By::Driver))
    }

    /// Limits the wait for something else: under a driver that does not overlap it delays no
    /// operation, and ends late while one is carried out.
    pub(crate) fn beside(duration: Duration) -> Self {
        Self(State::Asked(duration, By::Alarm))
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.0 {
            State::Asked(..) => "not polled yet",
            State::Waiting { .. } | State::InTurn(_) => "waiting",
            State::Over => "over",
        };
        f.debug_tuple("Sleep").field(&format_args!("{state}")).finish()
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            State::Asked(duration, by) => {
                let duration = *duration;
                let executor = Executor::current();
                let state = if *by == By::Alarm || executor.limits().overlap {
                    let started = Instant::now();
                    let waker = context.waker().clone();
                    let place = executor.alarms.borrow_mut().set(started, duration, waker);
                    State::Waiting { executor, place, started }
                } else {
                    match Submitted::start(Op::Sleep { duration }, context) {
                        Started::Submitted(submitted) => State::InTurn(submitted),
                        Started::Completed(_) => State::Over,
                    }
                };
                self.0 = state;
                return match self.0 {
                    State::Over => Poll::Ready(()),
                    _ => Poll::Pending,
                };
            }
            State::Waiting { executor, place, started } => {
                let alarm = executor.alarms.borrow_mut().poll(*place, context.waker());
                if alarm == Alarm::Waiting {
                    return Poll::Pending;
                }
                executor.ops.borrow_mut().record(*started);
            }
            // It ends early only by a time-out, which whoever set it sees for itself.
            State::InTurn(submitted) => drop(ready!(submitted.poll_next(context))),
            State::Over => {}
        }
        // The place is another's from here on, and not this one's to cancel.
        self.0 = State::Over;
        Poll::Ready(())
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let State::Waiting { executor, place, .. } = &self.0 {
            executor.alarms.borrow_mut().cancel(*place);
        }
    }
}
