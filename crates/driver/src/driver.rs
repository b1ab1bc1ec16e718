//! The trait in which I/O models differ.
//!
//! Left out on purpose: how a driver is chosen (see [`DriverKind`](crate::DriverKind)) and what
//! runs while an operation is in flight (the runtime's executor).

use std::io;
use std::time::Instant;

use crate::{BufferPool, Completion, Counters, Interruption, Limits, Notifier, Op, Token};

/// How operations wait: the one thing in which I/O models differ.
///
/// A driver belongs to one thread. Only its [`Notifier`] and [`BufferPool`] travel.
///
/// # The promises
/// - Every op that [`submit`](Driver::submit) accepted ends in exactly one *final*
///   [`Completion`] (`more == false`), cancelled or not, which gives back the op's handle and
///   buffer.
/// - [`wait`](Driver::wait) is the only call that may block.
/// - Ops in the same direction on one descriptor are carried out in the order in which they were
///   submitted.
/// - Dropping the driver ends what is in flight, without completions, and leaks neither memory
///   nor a descriptor.
pub trait Driver {
    /// Carries out `op` at once, if that takes no waiting and nothing in line before it; else
    /// gives it back, to be submitted. It never waits either.
    ///
    /// It spares the op its place in the driver's tables, and the caller a wait. A driver that
    /// gathers ops, or has to wait inside of them, always gives them back.
    fn attempt(&mut self, token: Token, op: Op) -> Attempt {
        let _ = token;
        Attempt::NotNow(op)
    }

    /// Takes `op` in; never waits. What can be done at once may be.
    ///
    /// `deadline` ends the op with [`io::ErrorKind::TimedOut`] if it has not completed by then.
    /// A driver whose [`Limits::deadline_on_files`] is false checks it on files only before the
    /// op starts.
    ///
    /// # Errors
    /// [`Full`] gives the op back when [`Limits::max_in_flight`] ops are in flight: submit again
    /// after a completion has been reaped.
    ///
    /// # Panics
    /// May panic when `token` is in flight already: tokens are the caller's to keep apart.
    fn submit(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Result<(), Full>;

    /// Asks for the op's early end; its completion still arrives, with `ECANCELED` if it did not
    /// finish first. A token that is not in flight is ignored.
    fn cancel(&mut self, token: Token);

    /// Waits until something completed, `deadline` has passed or the notifier was used, and
    /// appends to `done` all completions that are ready. No deadline means no limit; one in the
    /// past means *look, don't wait*.
    ///
    /// A driver whose [`Limits::overlap`] is false carries out at most one op per call, and may
    /// outlast the deadline while it does.
    ///
    /// # Errors
    /// Only when waiting itself failed; an op's own error is in its completion.
    fn wait(&mut self, deadline: Option<Instant>, done: &mut Vec<Completion>) -> io::Result<()>;

    /// A handle by which another thread ends this driver's wait.
    fn notifier(&self) -> Notifier;

    /// What this driver can and cannot promise.
    fn limits(&self) -> Limits;

    /// What this driver has done since it was made.
    fn counters(&self) -> Counters;

    /// The pool from which ops with [`Fill::Pool`](crate::Fill::Pool) take their buffers.
    fn pool(&self) -> &BufferPool;
}

/// What came of an op that was to be carried out at once.
#[derive(Debug)]
pub enum Attempt {
    /// It is done, well or not; this is its one and final completion.
    Completed(Completion),
    /// It has to be submitted.
    NotNow(Op),
}

/// The driver has as many ops in flight as it can hold; the op comes back.
#[derive(Debug, thiserror::Error)]
#[error("the driver's queue is full")]
pub struct Full(pub Box<Op>);

/// What a driver is opened with; the defaults suit one worker of a program of its own.
#[derive(Clone, Debug)]
pub struct Config {
    /// Most ops in flight at once; one more is [`Full`].
    pub max_in_flight: usize,
    /// Threads that carry out what would block the worker, in drivers that have such.
    pub helpers: usize,
    /// Bytes in a buffer of the pool.
    pub pool_buffer_bytes: usize,
    /// How another thread ends what the driver does; none if nobody will.
    pub interruption: Option<Interruption>,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_in_flight: 1 << 17, helpers: 4, pool_buffer_bytes: 16 << 10, interruption: None }
    }
}
