//! Awaiting one operation.

use std::io;

use whywait_driver::{Buffer, Completion, Handle, Op, Value};

use crate::executor::Operation;

/// Submits `op` and gives its completion, with what it had borrowed.
pub(crate) async fn completion(op: Op) -> Completion {
    Operation::new(op).await
}

/// Submits `op`, of which only success matters.
pub(crate) async fn done(op: Op) -> io::Result<()> {
    completion(op).await.result.map(drop)
}

/// Submits an op that opens something.
pub(crate) async fn opened(op: Op) -> io::Result<Handle> {
    match completion(op).await.result? {
        Value::Opened(handle) => Ok(handle),
        other => Err(unexpected(&other)),
    }
}

/// Submits an op that transfers bytes; gives how many, and the buffer if it has one.
pub(crate) async fn transferred(op: Op) -> (io::Result<usize>, Option<Buffer>) {
    let Completion { result, returned, .. } = completion(op).await;
    let count = result.and_then(|value| match value {
        Value::Count(count) => Ok(count),
        other => Err(unexpected(&other)),
    });
    (count, returned.buffer)
}

/// An op gave what its kind never gives: a driver's defect, reported where it shows.
pub(crate) fn unexpected(value: &Value) -> io::Error {
    io::Error::other(format!("the driver answered with {value:?}"))
}
