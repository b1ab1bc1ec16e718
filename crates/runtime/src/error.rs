//! Why a runtime could not start or finish.

use std::io;
use std::net::SocketAddr;

use whywait_driver::Unavailable;

use crate::executor::{BlockOnError, Deadlock};
use crate::{Model, NoConcurrency};

/// Implements `Debug` as `Display`: what `main` returns is printed by `Debug`, and a user needs the
/// sentence.
macro_rules! debug_as_display {
    ($error:ty) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
pub(crate) use debug_as_display;

/// Why a runtime could not start, or not finish its work.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model's driver cannot run here. An explicit model is strict: nothing else is run in
    /// its place.
    #[error("{0}")]
    Unavailable(Unavailable),
    /// Every task waits for another.
    #[error(transparent)]
    Deadlock(Deadlock),
    /// The driver could not wait.
    #[error("the driver could not wait for operations: {0}")]
    Wait(#[source] io::Error),
    /// A server could not listen.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// Where it should have.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A server could not accept any more connections.
    #[error("could not accept connections any more: {0}")]
    Accept(#[source] io::Error),
    /// A context that is not serialised cannot reach another process.
    #[error(
        "{model} has worker processes, which a context that is not serialised cannot reach: use a \
         model with threads, or `serve` with a context that implements serde's traits"
    )]
    ContextCannotTravel {
        /// The model that was asked for.
        model: Model,
    },
    /// The handler of a server needs tasks that advance at once; see
    /// [`ServeControl::needs_concurrency`](crate::ServeControl::needs_concurrency).
    #[error(
        "{0}, and the handler of this server needs more: use a model whose operations overlap, such \
         as epoll, uring, epoll-threads or uring-processes"
    )]
    NoConcurrency(NoConcurrency),
    /// A worker could not be started.
    #[error("{worker} could not be started ({started} were): {source}")]
    WorkerStart {
        /// "a worker thread" or "a worker process".
        worker: &'static str,
        /// How many were started before.
        started: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The program never called `worker_entry`.
    #[error(
        "worker processes re-execute the program, so its `main` has to begin with \
         `whywait::worker_entry()`; it was never called"
    )]
    NoWorkerEntry,
    /// The flow's function is not in the executable, so a worker process cannot find it.
    #[error(
        "the flow's function does not stand in the program's own executable but in a library \
         that it loaded; worker processes can only run what is in the executable"
    )]
    ForeignFunction,
    /// A worker process could not begin.
    #[error("a worker process could not begin: {0}")]
    WorkerRefused(String),
    /// A worker process could not go on.
    #[error("a worker process could not go on: {0}")]
    WorkerFailed(String),
    /// A worker process and its parent did not understand each other.
    #[error("a worker process sent what it should not: {0}")]
    Protocol(String),
    /// A flow's worker process died each time that it was tried.
    #[error("flow {flow} was tried {attempts} times, and each time its worker process died")]
    FlowLost {
        /// The flow's number.
        flow: u32,
        /// How often it was tried.
        attempts: u32,
    },
    /// A flow panicked in a worker process.
    #[error("a flow panicked in a worker process: {0}")]
    FlowPanicked(String),
}

debug_as_display!(Error);

impl From<BlockOnError> for Error {
    fn from(error: BlockOnError) -> Self {
        match error {
            BlockOnError::Deadlock(deadlock) => Self::Deadlock(deadlock),
            BlockOnError::Wait(source) => Self::Wait(source),
            BlockOnError::Interrupted => Self::Wait(io::ErrorKind::Interrupted.into()),
            BlockOnError::NoConcurrency(refusal) => Self::NoConcurrency(refusal),
        }
    }
}

impl From<Unavailable> for Error {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<Deadlock> for Error {
    fn from(deadlock: Deadlock) -> Self {
        Self::Deadlock(deadlock)
    }
}
