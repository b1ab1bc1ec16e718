//! The results of a multishot operation, and of the ones that follow it.

use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use whywait_driver::{Completion, Op};

use crate::executor::{Started, Submitted};

/// An operation that is made again when it ended.
#[derive(Default)]
pub(super) struct Many(Option<Submitted>);

impl Many {
    /// The next result of the operation `op`, which is submitted if none is in flight.
    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        op: impl Fn() -> Op,
    ) -> Poll<Completion> {
        loop {
            let completion = match &mut self.0 {
                Some(operation) => ready!(operation.poll_next(context)),
                None => match Submitted::start(op(), context) {
                    Started::Completed(completion) => completion,
                    Started::Submitted(operation) => {
                        self.0 = Some(operation);
                        return Poll::Pending;
                    }
                },
            };
            if completion.more {
                return Poll::Ready(completion);
            }
            self.0 = None;
            // The executor ended it because nobody took what came; now somebody does.
            if !is_cancelled(&completion) {
                return Poll::Ready(completion);
            }
        }
    }
}

fn is_cancelled(completion: &Completion) -> bool {
    let error = completion.result.as_ref().err();
    error.and_then(Errno::from_io_error) == Some(Errno::CANCELED)
}
