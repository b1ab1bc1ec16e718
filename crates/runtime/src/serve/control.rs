//! How a server is run.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::ServeStop;

/// The stack of a thread that serves one connection.
///
/// std's own default is 2 MiB. A thread's stack is address space, of which only the pages that
/// were touched are memory, so that a smaller one saves none by itself; but glibc keeps no more
/// than 40 MiB of the stacks of threads that have ended for the next ones, and these are enough
/// for 160 threads in this size. 256 KiB is what a TLS handshake and an HTTP library need, four
/// times over.
const THREAD_STACK_BYTES: usize = 256 << 10;

/// Connections that may wait to be accepted: Linux's own limit, unless somebody set another one.
const BACKLOG: i32 = 4096;

/// How a server is run, and how it is told to stop.
pub struct ServeControl<'a> {
    pub(super) stop: ServeStop,
    pub(super) backlog: i32,
    pub(super) drain: Duration,
    pub(super) thread_stack_bytes: usize,
    pub(super) needs_concurrency: bool,
    pub(super) on_ready: Box<dyn FnOnce(SocketAddr) + 'a>,
}

impl<'a> ServeControl<'a> {
    /// Serves until `stop` is used.
    #[must_use]
    pub fn new(stop: &ServeStop) -> Self {
        Self {
            stop: stop.clone(),
            backlog: BACKLOG,
            drain: Duration::ZERO,
            thread_stack_bytes: THREAD_STACK_BYTES,
            needs_concurrency: false,
            on_ready: Box::new(|_| {}),
        }
    }

    /// Called once, on the thread that serves, when all workers listen: with the address that
    /// they listen at, which tells the port if 0 was asked for.
    #[must_use]
    pub fn on_ready(mut self, ready: impl FnOnce(SocketAddr) + 'a) -> Self {
        self.on_ready = Box::new(ready);
        self
    }

    /// How long connections in progress may go on after the stop, before they are dropped. Default:
    /// not at all. No new ones are accepted meanwhile. A handler hears of the stop by
    /// [`stopping`](crate::stopping).
    #[must_use]
    pub fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// The handler of one connection needs several things to advance at once, such as both
    /// directions of a proxy, or a connection and what others say in a chat. A model that cannot
    /// overlap them is refused with [`Error::NoConcurrency`](crate::Error::NoConcurrency) before it
    /// listens.
    ///
    /// Without this call the server ends with that error when the first handler fails after
    /// [`spawn_concurrent`](crate::spawn_concurrent) refused it a task, or receives from its
    /// connection and from another socket at once. A handler that waits for its connection and for
    /// something that is no operation, such as a channel, is not recognised: it hears of the other
    /// thing when its connection says something. A chat has to make this call.
    #[must_use]
    pub fn needs_concurrency(mut self) -> Self {
        self.needs_concurrency = true;
        self
    }

    /// Connections that may wait to be accepted, by each listening socket; 4096 unless set.
    /// Linux takes no more than `net.core.somaxconn`.
    #[must_use]
    pub fn backlog(mut self, connections: u16) -> Self {
        self.backlog = connections.into();
        self
    }

    /// The stack of each thread that serves one connection, under `threads`; 256 KiB unless set.
    /// What a handler awaits lies there only while it is polled, its buffers are elsewhere.
    #[must_use]
    pub fn thread_stack_bytes(mut self, bytes: usize) -> Self {
        self.thread_stack_bytes = bytes;
        self
    }
}

impl fmt::Debug for ServeControl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeControl")
            .field("stop", &self.stop)
            .field("backlog", &self.backlog)
            .field("drain", &self.drain)
            .field("thread_stack_bytes", &self.thread_stack_bytes)
            .field("needs_concurrency", &self.needs_concurrency)
            .finish_non_exhaustive()
    }
}
