//! A TCP socket that accepts connections.

use std::io;
use std::net::SocketAddr;

use whywait_driver::{Address, Handle, Op, Value};

use super::listen::{self, Listen};
use super::{AcceptMany, TcpStream, socket};
use crate::wait;

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
        Self::bind_with(address, Listen::default()).await
    }

    /// Listens at `address` as `listen` says.
    ///
    /// # Errors
    /// What `socket(2)`, `setsockopt(2)`, `bind(2)` or `listen(2)` said.
    pub async fn bind_with(address: SocketAddr, listen: Listen) -> io::Result<Self> {
        Ok(Self { handle: listen::at(address.into(), listen).await? })
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// What `getsockname(2)` said.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        socket::inet(Address::local_of(&self.handle)?)
    }

    /// Takes connection after connection, with one operation where the driver can.
    #[must_use]
    pub fn accept_many(&self) -> AcceptMany<'_> {
        AcceptMany::new(&self.handle)
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// What `accept4(2)` said.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match wait::completion(Op::Accept { handle: self.handle.clone() }).await.result? {
            Value::Accepted(handle, peer) => Ok((TcpStream::new(handle), socket::inet(peer)?)),
            other => Err(wait::unexpected(&other)),
        }
    }
}
