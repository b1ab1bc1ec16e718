//! Sending all of something.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use whywait_driver::{Buffer, Data, Handle, Op};

use crate::executor::Submitted;
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
                    self.state = State::Sending(Submitted::start(op, context));
                    return Poll::Pending;
                }
                State::Sending(sending) => {
                    let completion = ready!(sending.poll_next(context));
                    let sent = wait::count(completion.result)?;
                    let mut rest = match completion.returned.buffer {
                        Some(Buffer::Data(bytes)) => Data::from(bytes),
                        Some(Buffer::Lease(lease)) => Data::from(lease),
                        Some(Buffer::Own(vector)) => Data::from(vector),
                        None => Data::default(),
                    };
                    rest.advance(sent);
                    self.state = State::Rest(rest);
                }
            }
        }
    }
}
