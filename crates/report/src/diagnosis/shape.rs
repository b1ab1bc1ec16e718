//! How a program as a whole is built.
//!
//! Left out on purpose: how that is found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a program as a whole is built: its structure, not what it happened to spend its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One thread that makes blocking calls; also the commands of a script.
    Blocking,
    /// One thread that asks again and again.
    BusyPolling,
    /// A thread that hands each operation to another and waits for that one result.
    HandOffAndWait,
    /// An event loop in one thread.
    EventLoop,
    /// An event loop in one thread, and helper threads for what would block it.
    EventLoopAndPool,
    /// An event loop in each of several threads of one process.
    EventLoops,
    /// Processes that share a listening socket, an event loop in each: nginx.
    PreforkEventLoops,
    /// A thread for each connection, blocking.
    ThreadPerConnection,
    /// A thread for each piece of work, blocking.
    ThreadPerTask,
    /// A fixed number of threads that take work from a queue, blocking.
    ThreadPool,
    /// A process for each connection, blocking.
    ProcessPerConnection,
    /// Processes that share a listening socket, blocking.
    PreforkBlocking,
    /// Processes that share a listening socket, a pool of threads in each: Apache's worker MPM.
    PreforkPools,
    /// Processes that take work from another one, blocking.
    ProcessPool,
    /// Processes that take work from another one, an event loop in each.
    ProcessPoolEventLoops,
    /// A process for each piece of work, several at a time: `make -j`, `xargs -P`.
    ProcessPerTask,
    /// Processes joined by pipes or local sockets, each of which does a part of the work.
    Pipeline,
    /// A loop over io_getevents(2).
    AioLoop,
    /// A loop over the completions of an io_uring in one thread.
    UringLoop,
    /// A loop over the completions of an io_uring in each of several threads or processes.
    UringLoops,
    /// One thread that does the work, and that computes.
    CpuBound,
    /// Nothing happened.
    Idle,
    /// None of these, or too little was seen.
    Unknown,
}

impl Shape {
    /// Its name, as the document has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::BusyPolling => "busy-polling",
            Self::HandOffAndWait => "hand-off-and-wait",
            Self::EventLoop => "event-loop",
            Self::EventLoopAndPool => "event-loop-and-pool",
            Self::EventLoops => "event-loops",
            Self::PreforkEventLoops => "prefork-event-loops",
            Self::ThreadPerConnection => "thread-per-connection",
            Self::ThreadPerTask => "thread-per-task",
            Self::ThreadPool => "thread-pool",
            Self::ProcessPerConnection => "process-per-connection",
            Self::PreforkBlocking => "prefork-blocking",
            Self::PreforkPools => "prefork-pools",
            Self::ProcessPerTask => "process-per-task",
            Self::Pipeline => "pipeline",
            Self::AioLoop => "aio-loop",
            Self::ProcessPool => "process-pool",
            Self::ProcessPoolEventLoops => "process-pool-event-loops",
            Self::UringLoop => "uring-loop",
            Self::UringLoops => "uring-loops",
            Self::CpuBound => "cpu-bound",
            Self::Idle => "idle",
            Self::Unknown => "unknown",
        }
    }
}
