//! A socket that accepts connections.

use std::io;
use std::net::SocketAddr;

use whywait_driver::{Handle, Op, SocketFamily, Value};

use super::TcpStream;
use crate::wait;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A TCP socket that accepts connections.
#[derive(Debug)]
pub struct TcpListener {
    handle: Handle,
}

impl TcpListener {
    /// Listens at `address`; port 0 lets the kernel choose.
    ///
    /// # Errors
    /// What `socket(2)`, `bind(2)` or `listen(2)` said.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let handle = wait::opened(Op::Socket { family: SocketFamily::of(&address) }).await?;
        wait::done(Op::Bind { handle: handle.clone(), address }).await?;
        wait::done(Op::Listen { handle: handle.clone(), backlog: BACKLOG }).await?;
        Ok(Self { handle })
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// What `getsockname(2)` said.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        Ok(rustix::net::getsockname(&self.handle)?.try_into()?)
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// What `accept4(2)` said.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match wait::completion(Op::Accept { handle: self.handle.clone() }).await.result? {
            Value::Accepted(handle, peer) => Ok((TcpStream::new(handle), peer)),
            other => Err(wait::unexpected(&other)),
        }
    }
}
