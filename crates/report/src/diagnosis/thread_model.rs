//! Which I/O model one thread uses.
//!
//! Left out on purpose: how that is found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which I/O model one thread uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadModel {
    /// It waits for any of several descriptors, and serves what is ready without blocking.
    EventLoop,
    /// It waits for completions of an io_uring.
    UringLoop,
    /// It waits for completions of requests in io_getevents(2).
    AioLoop,
    /// It asks again and again.
    Spinner,
    /// It makes blocking calls, one after another.
    Blocking,
    /// It serves one connection with blocking calls, and ends with it.
    Connection,
    /// It waits for work that another thread or process hands to it.
    PoolWorker,
    /// It accepts connections and gives them to others.
    Acceptor,
    /// It hands each operation to another thread, and waits for that one result.
    #[serde(rename = "hands-off-and-waits")]
    WaitsOnHelper,
    /// It waits for its child processes.
    WaitsForChildren,
    /// It computes.
    Cpu,
    /// It did nothing.
    Idle,
    /// None of these, or too little was seen.
    Unknown,
}

impl ThreadModel {
    /// Its name, as the document has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EventLoop => "event-loop",
            Self::UringLoop => "uring-loop",
            Self::AioLoop => "aio-loop",
            Self::Spinner => "spinner",
            Self::Blocking => "blocking",
            Self::Connection => "connection",
            Self::PoolWorker => "pool-worker",
            Self::Acceptor => "acceptor",
            Self::WaitsOnHelper => "hands-off-and-waits",
            Self::WaitsForChildren => "waits-for-children",
            Self::Cpu => "cpu",
            Self::Idle => "idle",
            Self::Unknown => "unknown",
        }
    }
}
