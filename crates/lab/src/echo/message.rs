//! What the server's process and whoever started it say to each other.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use whywait::Model;
use whywait::measure::Cost;

use super::usage::{ServerMemory, ServerUsage};

/// The first thing that a server's process hears.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServerRequest {
    /// The process that asks; the server ends with it.
    pub(crate) parent: i32,
    /// What to serve under; never `auto`.
    pub(crate) model: Model,
    /// CPUs to keep to; none leaves it to the kernel.
    pub(crate) cpus: Vec<usize>,
}

/// What it hears then. The end of its input is a stop, too.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum ServerCommand {
    /// Say what has been used so far.
    Usage,
    /// Say how large it is.
    Memory,
    /// Serve no more, and end.
    Stop,
}

/// What a server's process says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ServerMessage {
    /// All workers listen.
    Listening(SocketAddr),
    /// The answer to [`ServerCommand::Usage`].
    Usage(ServerUsage),
    /// The answer to [`ServerCommand::Memory`].
    Memory(ServerMemory),
    /// It served, and why it ends is that it was stopped.
    Served(Box<EchoServed>),
    /// The model cannot serve here: what was tried and what the system said.
    Unable(String),
    /// It broke off.
    Broken(String),
}

/// What came of serving.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EchoServed {
    /// Connections that were accepted.
    pub(crate) connections: u64,
    /// Connections that the server failed.
    pub(crate) failed: u64,
    /// What the first of them failed with.
    pub(crate) first_failure: Option<String>,
    /// What serving cost, from the first connection to the last.
    pub(crate) cost: Cost,
    /// Workers, at most at one time.
    pub(crate) workers: usize,
    /// Worker processes that died.
    pub(crate) workers_lost: u32,
}
