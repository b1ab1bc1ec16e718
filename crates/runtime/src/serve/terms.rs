//! What a worker process is told about the server that it is part of.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where a worker process serves, and for how long after the stop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(super) address: SocketAddr,
    pub(super) backlog: i32,
    pub(super) drain: Duration,
    pub(super) role: Role,
}

/// What a worker process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    /// It listens at the address, beside others.
    Listen,
    /// It accepts from a listening socket that it shares with others and is given.
    Share,
    /// It serves one connection, which it is given, and ends.
    Attend,
}
