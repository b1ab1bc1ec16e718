//! Receiving again and again with one operation.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use whywait_driver::{Handle, Lease, Op};

use super::many::Many;
use crate::wait;

/// What a connection receives, from one operation for as long as the driver goes on with it.
///
/// Under `uring` one submission serves many receives (*multishot*), which saves the kernel the
/// setting up of each; under other models it is a receive after another. The driver takes in what
/// arrives while nobody asks, up to sixteen pieces; then it stops until they are taken.
///
/// Dropping it ends the operation; the next receive on the stream gets what it had taken in and
/// not given.
pub struct RecvMany<'a> {
    handle: &'a Handle,
    many: Many,
}

impl<'a> RecvMany<'a> {
    pub(super) fn new(handle: &'a Handle) -> Self {
        Self { handle, many: Many::default() }
    }

    /// The next bytes; none are the end of the stream.
    ///
    /// # Errors
    /// What `recv(2)` said.
    pub async fn next(&mut self) -> io::Result<Lease> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Lease>> {
        let handle = self.handle;
        let op = || Op::RecvMany { handle: handle.clone() };
        self.many.poll_next(context, op).map(wait::lease)
    }
}

impl fmt::Debug for RecvMany<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvMany").field("handle", self.handle).finish_non_exhaustive()
    }
}
