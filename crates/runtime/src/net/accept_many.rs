//! Accepting again and again with one operation.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use whywait_driver::{Handle, Op, Value};

use super::TcpStream;
use crate::executor::Submitted;
use crate::wait;

/// The connections that a listener takes, from one operation for as long as the driver goes on
/// with it.
///
/// Under `uring` one submission serves many connections (*multishot*); under other models it is
/// an accept after another. Dropping it closes the connections that it had taken and not given.
pub struct AcceptMany<'a> {
    handle: &'a Handle,
    operation: Option<Submitted>,
}

impl<'a> AcceptMany<'a> {
    pub(crate) fn new(handle: &'a Handle) -> Self {
        Self { handle, operation: None }
    }

    /// The next connection. After an error it can be asked again.
    ///
    /// # Errors
    /// What `accept4(2)` said, such as `EMFILE`.
    pub async fn next(&mut self) -> io::Result<TcpStream> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        loop {
            let start =
                || Submitted::start(Op::AcceptMany { handle: self.handle.clone() }, context);
            let operation = self.operation.get_or_insert_with(start);
            let completion = ready!(operation.poll_next(context));
            let is_final = !completion.more;
            if is_final {
                self.operation = None;
            }
            match completion.result {
                Ok(Value::Connection(handle) | Value::Accepted(handle, _)) => {
                    return Poll::Ready(Ok(TcpStream::new(handle)));
                }
                Ok(other) => return Poll::Ready(Err(wait::unexpected(&other))),
                // The executor ended it because too many waited to be taken.
                Err(error) if is_final && Errno::from_io_error(&error) == Some(Errno::CANCELED) => {
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}
