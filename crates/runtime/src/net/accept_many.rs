//! Accepting again and again with one operation.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use whywait_driver::{Handle, Op, Value};

use super::TcpStream;
use super::many::Many;
use crate::wait;

/// The connections that a listener takes, from one operation for as long as the driver goes on
/// with it.
///
/// Under `uring` one submission serves many connections (*multishot*); under other models it is
/// an accept after another. Dropping it ends the operation; the next accept on the listener gets
/// the connections that it had taken and not given.
pub struct AcceptMany<'a> {
    handle: &'a Handle,
    many: Many,
}

impl<'a> AcceptMany<'a> {
    pub(crate) fn new(handle: &'a Handle) -> Self {
        Self { handle, many: Many::default() }
    }

    /// The next connection. After an error it can be asked again.
    ///
    /// # Errors
    /// What `accept4(2)` said, such as `EMFILE`.
    pub async fn next(&mut self) -> io::Result<TcpStream> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let handle = self.handle;
        let op = || Op::AcceptMany { handle: handle.clone() };
        self.many.poll_next(context, op).map(|completion| match completion.result? {
            Value::Connection(handle) | Value::Accepted(handle, _) => Ok(TcpStream::new(handle)),
            other => Err(wait::unexpected(&other)),
        })
    }
}

impl fmt::Debug for AcceptMany<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptMany").field("handle", self.handle).finish_non_exhaustive()
    }
}
