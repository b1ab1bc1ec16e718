//! Awaiting one operation.
//!
//! These are structures and no `async fn`s: a future that calls one holds the op once, and not
//! once for each function on the way. Ten thousand connections that wait hold ten thousand.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use whywait_driver::{Buffer, Completion, Handle, Lease, Op, Value};

use crate::executor::Operation;

/// An operation, and what to make of its completion.
pub(crate) struct Awaiting<T> {
    operation: Operation,
    take: fn(Completion) -> T,
}

impl<T> Awaiting<T> {
    fn new(op: Op, take: fn(Completion) -> T) -> Self {
        Self { operation: Operation::new(op), take }
    }
}

impl<T> Future for Awaiting<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let completion = ready!(Pin::new(&mut self.operation).poll(context));
        Poll::Ready((self.take)(completion))
    }
}

/// Submits `op` and gives its completion, with what it had borrowed.
pub(crate) fn completion(op: Op) -> Operation {
    Operation::new(op)
}

/// Submits `op`, of which only success matters.
pub(crate) fn done(op: Op) -> Awaiting<io::Result<()>> {
    Awaiting::new(op, |completion| completion.result.map(drop))
}

/// Submits an op that opens something.
pub(crate) fn opened(op: Op) -> Awaiting<io::Result<Handle>> {
    Awaiting::new(op, |completion| match completion.result? {
        Value::Opened(handle) => Ok(handle),
        other => Err(unexpected(&other)),
    })
}

/// Submits an op that transfers bytes; gives how many, and the buffer if it has one.
pub(crate) fn transferred(op: Op) -> Awaiting<(io::Result<usize>, Option<Buffer>)> {
    Awaiting::new(op, |completion| (count(completion.result), completion.returned.buffer))
}

/// Submits an op that reads into a vector of the caller's; gives that back in any case.
pub(crate) fn own(op: Op) -> Awaiting<(io::Result<usize>, Vec<u8>)> {
    Awaiting::new(op, |completion| {
        let vector = completion.returned.buffer.and_then(Buffer::into_own);
        (count(completion.result), vector.unwrap_or_default())
    })
}

/// Submits an op that reads into a buffer of the driver's pool.
pub(crate) fn leased(op: Op) -> Awaiting<io::Result<Lease>> {
    Awaiting::new(op, lease)
}

/// The lease that a pooled read gave; an empty one at the end of the stream.
pub(crate) fn lease(completion: Completion) -> io::Result<Lease> {
    let count = count(completion.result)?;
    match completion.returned.buffer {
        Some(Buffer::Lease(lease)) => Ok(lease),
        _ if count == 0 => Ok(Lease::default()),
        _ => Err(io::Error::other("the driver read into no buffer of its pool")),
    }
}

/// The number of bytes that an op transferred.
pub(crate) fn count(result: io::Result<Value>) -> io::Result<usize> {
    match result? {
        Value::Count(count) => Ok(count),
        other => Err(unexpected(&other)),
    }
}

/// An op gave what its kind never gives: a driver's defect, reported where it shows.
pub(crate) fn unexpected(value: &Value) -> io::Error {
    io::Error::other(format!("the driver answered with {value:?}"))
}
