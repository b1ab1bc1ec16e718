//! Where a plan's peers are.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Where a plan's peers are while a comparison runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerAddresses {
    /// Each peer's, by its name in the plan.
    pub peers: BTreeMap<String, PeerAddress>,
    /// Where a flow says that a peer is to come to it; none when no step accepts.
    pub invitations: Option<PeerAddress>,
}

/// Where a peer is, or a flow to which one is to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerAddress {
    /// It listens for TCP connections.
    Tcp(SocketAddr),
    /// It listens at a Unix socket of this name in Linux's abstract namespace (`unix(7)`).
    Unix(String),
    /// It takes UDP datagrams.
    Udp(SocketAddr),
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) | Self::Udp(address) => address.fmt(f),
            // As `ss` and `lsof` show it.
            Self::Unix(name) => write!(f, "@{name}"),
        }
    }
}
