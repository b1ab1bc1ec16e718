//! The future of one operation.

use std::cell::Cell;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use whywait_driver::{Attempt, Completion, Op, Token};

use super::Executor;

thread_local! {
    /// The deadline that operations carry which start now; see [`with_op_deadline`].
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };

    /// Whether an operation gave, since this was cleared, that its time was over.
    static TIMED_OUT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`; operations that start inside it carry `deadline`, or an earlier one that is set
/// already. Under a blocking driver this is all that can end a wait. Says too whether an operation
/// inside gave that its time was over.
pub(crate) fn with_op_deadline<T>(deadline: Instant, body: impl FnOnce() -> T) -> (T, bool) {
    struct Restore(Option<Instant>);
    impl Drop for Restore {
        fn drop(&mut self) {
            DEADLINE.set(self.0);
        }
    }
    let outer = DEADLINE.get();
    let _restore = Restore(outer);
    DEADLINE.set(Some(outer.map_or(deadline, |outer| outer.min(deadline))));
    let before = TIMED_OUT.replace(false);
    let value = body();
    let timed_out = TIMED_OUT.get();
    TIMED_OUT.set(before || timed_out);
    (value, timed_out)
}

/// Submits its op when first polled and gives its completion. Dropped before that, it cancels the
/// op; the op's handle and buffer then go when the driver gives them back.
#[must_use = "an operation does nothing until it is awaited"]
pub(crate) struct Operation(State);

enum State {
    Unsubmitted(Op),
    Submitted(Submitted),
    Done,
}

impl Operation {
    pub(crate) fn new(op: Op) -> Self {
        Self(State::Unsubmitted(op))
    }
}

impl Future for Operation {
    type Output = Completion;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Completion> {
        match std::mem::replace(&mut self.0, State::Done) {
            State::Unsubmitted(op) => {
                match Submitted::start(op, context) {
                    Started::Completed(completion) => return Poll::Ready(completion),
                    Started::Submitted(submitted) => self.0 = State::Submitted(submitted),
                }
                Poll::Pending
            }
            State::Submitted(mut submitted) => {
                let polled = submitted.poll_next(context);
                if polled.is_pending() {
                    self.0 = State::Submitted(submitted);
                }
                polled
            }
            State::Done => panic!("an operation was polled after its completion"),
        }
    }
}

/// An op that the driver has, and how to get at its completions. Dropped before the last of them,
/// it cancels the op.
///
/// A future that can say at any time what its op is keeps only this: it is a quarter of an op.
pub(crate) struct Submitted {
    executor: Rc<Executor>,
    token: Token,
    /// Whether the last completion has been given.
    is_over: bool,
}

/// What became of an op that was started.
pub(crate) enum Started {
    /// It could be done at once.
    Completed(Completion),
    /// The driver has it.
    Submitted(Submitted),
}

impl Submitted {
    /// Submits `op` for the task that `context` wakes, unless it can be done at once.
    pub(crate) fn start(op: Op, context: &mut Context<'_>) -> Started {
        let executor = Executor::current();
        let deadline = DEADLINE.get();
        let op = match executor.attempt(op, deadline) {
            Attempt::Completed(completion) => {
                note_time_out(&completion);
                return Started::Completed(completion);
            }
            Attempt::NotNow(op) => op,
        };
        let token = executor.ops.borrow_mut().start(
            &mut **executor.driver.borrow_mut(),
            op,
            deadline,
            context.waker().clone(),
        );
        Started::Submitted(Self { executor, token, is_over: false })
    }

    /// The op's next completion. The one without `more` is the last.
    ///
    /// # Panics
    /// After the last.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Completion> {
        assert!(!self.is_over, "an operation was polled after its completion");
        let polled = self.executor.ops.borrow_mut().poll(self.token, context.waker());
        let Some(completion) = polled else { return Poll::Pending };
        self.is_over = !completion.more;
        note_time_out(&completion);
        Poll::Ready(completion)
    }
}

fn note_time_out(completion: &Completion) {
    let error = completion.result.as_ref().err();
    if error.is_some_and(|error| error.kind() == ErrorKind::TimedOut) {
        TIMED_OUT.set(true);
    }
}

impl Drop for Submitted {
    fn drop(&mut self) {
        if !self.is_over {
            self.executor.abandon(self.token);
        }
    }
}
