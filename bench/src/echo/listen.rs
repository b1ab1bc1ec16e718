//! The socket at which every server listens, and how its port gets to the harness.
//!
//! Left out on purpose: IPv6, and addresses other than loopback's.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};

/// Connections that may wait to be accepted; the kernel takes less if `somaxconn` is less.
const BACKLOG: i32 = 4096;

/// Bytes of the buffer that a peer's connection has for itself: enough for a message of the load,
/// and what their examples have.
pub(super) const BUFFER_BYTES: usize = 1024;

/// Listens at a port of the kernel's choice, and announces it.
///
/// # Errors
/// What `socket(2)`, `bind(2)` or `listen(2)` said.
pub(super) fn listen() -> io::Result<TcpListener> {
    let listener = bind()?;
    announce(listener.local_addr()?)?;
    Ok(listener)
}

/// Listens at a port of the kernel's choice, and leaves it to the caller to announce it.
///
/// # Errors
/// What `socket(2)`, `bind(2)` or `listen(2)` said.
pub(super) fn bind() -> io::Result<TcpListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        flags,
        Some(ipproto::TCP),
    )?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(TcpListener::from(socket))
}

/// Tells the harness where the server listens.
///
/// # Errors
/// When standard output is closed.
pub(super) fn announce(address: SocketAddr) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{address}")?;
    output.flush()
}
