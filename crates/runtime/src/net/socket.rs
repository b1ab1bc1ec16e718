//! What sockets of all kinds begin with.
//!
//! Left out on purpose: what a socket does once it is bound or connected.

use std::io;
use std::net::SocketAddr;

use whywait_driver::{Address, BindShare, Handle, Op, SocketKind};

use crate::wait;

/// Opens a socket that has `address`.
pub(crate) async fn bound(
    kind: SocketKind,
    address: Address,
    share: BindShare,
) -> io::Result<Handle> {
    let handle = opened(kind, &address).await?;
    wait::done(Op::Bind { handle: handle.clone(), address, share }).await?;
    Ok(handle)
}

/// Opens a socket that is connected to `address`.
pub(super) async fn connected(kind: SocketKind, address: Address) -> io::Result<Handle> {
    let handle = opened(kind, &address).await?;
    wait::done(Op::Connect { handle: handle.clone(), address }).await?;
    Ok(handle)
}

/// Opens a socket of the family that can have `address`.
pub(super) async fn opened(kind: SocketKind, address: &Address) -> io::Result<Handle> {
    wait::opened(Op::Socket { family: address.family(), kind }).await
}

/// The internet address that an internet socket has.
pub(crate) fn inet(address: Address) -> io::Result<SocketAddr> {
    address.inet().ok_or_else(|| {
        let text = format!("{address} is no internet address");
        io::Error::new(io::ErrorKind::InvalidInput, text)
    })
}
