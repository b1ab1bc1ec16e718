//! How a socket listens.

use std::io;

use whywait_driver::{Address, BindShare, Handle, Op, SocketKind};

use super::socket;
use crate::wait;

/// How a socket listens; the default is what a server of one process wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Connections that may wait to be accepted. Linux takes no more than
    /// `net.core.somaxconn`, 4096 by default.
    pub backlog: i32,
    /// Whether other sockets may listen at the address too.
    pub share: BindShare,
}

impl Default for Listen {
    fn default() -> Self {
        Self { backlog: 1024, share: BindShare::Alone }
    }
}

/// Opens a socket that listens at `address`.
pub(crate) async fn at(address: Address, listen: Listen) -> io::Result<Handle> {
    let handle = socket::bound(SocketKind::Stream, address, listen.share).await?;
    wait::done(Op::Listen { handle: handle.clone(), backlog: listen.backlog }).await?;
    Ok(handle)
}
