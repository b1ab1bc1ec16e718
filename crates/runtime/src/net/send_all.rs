//! Sending all of something.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use whywait_driver::{Buffer, Completion, Data, Handle, Op};

use crate::executor::{Started, Submitted};
use crate::wait;

/// Sends until nothing is left. A short count is continued with the rest of the same memory.
pub(super) struct SendAll<'a> {
    handle: &'a Handle,
    state: State,
}

enum State {
    Rest(Data),
    Sending(Submitted),
}

impl<'a> SendAll<'a> {
    pub(super) fn new(handle: &'a Handle, data: Data) -> Self {
        Self { handle, state: State::Rest(data) }
    }
}

impl Future for SendAll<'_> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match &mut self.state {
                State::Rest(data) if data.is_empty() => return Poll::Ready(Ok(())),
                State::Rest(data) => {
                    let data = std::mem::take(data);
                    let op = Op::Send { handle: self.handle.clone(), data };
                    match Submitted::start(op, context) {
                        Started::Completed(completion) => self.state = rest_of(completion)?,
                        Started::Submitted(sending) => {
                            self.state = State::Sending(sending);
                            return Poll::Pending;
                        }
                    }
                }
                State::Sending(sending) => {
                    self.state = rest_of(ready!(sending.poll_next(context)))?;
                }
            }
        }
    }
}

/// What is left to send.
fn rest_of(completion: Completion) -> io::Result<State> {
    let sent = wait::count(completion.result)?;
    let mut rest = match completion.returned.buffer {
        Some(Buffer::Data(bytes)) => Data::from(bytes),
        Some(Buffer::Lease(lease)) => Data::from(lease),
        Some(Buffer::Own(vector)) => Data::from(vector),
        None => Data::default(),
    };
    rest.advance(sent);
    Ok(State::Rest(rest))
}
