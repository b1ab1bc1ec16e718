//! Sockets for datagrams: messages, each whole and by itself.
//!
//! Left out on purpose: groups and broadcasts.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use whywait_driver::{Address, BindShare, Buffer, Completion, Data, Fill, Handle, Lease, Op};
use whywait_driver::{SocketKind, Value};

use super::family::{Family, Inet, Unix};
use super::{Received, socket};
use crate::wait;

/// A socket for datagrams: [`UdpSocket`] or [`UnixDatagram`].
///
/// An empty datagram is one like any other: 0 bytes are not the end of anything.
pub struct Datagrams<F> {
    handle: Handle,
    family: PhantomData<fn() -> F>,
}

/// A socket for datagrams by UDP. They may be lost on their way, or arrive in another order.
///
/// ```
/// use std::net::{Ipv4Addr, SocketAddr};
/// use whywait::{Runtime, net::UdpSocket};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
/// let text = Runtime::new("epoll".parse()?)?.block_on(async {
///     let (near, far) = (UdpSocket::bind(any).await?, UdpSocket::bind(any).await?);
///     near.send_to("hello", far.local_address()?).await?;
///     let (lease, received) = far.recv_from_pooled().await?;
///     assert_eq!(received.sender, near.local_address()?);
///     std::io::Result::Ok(lease.to_vec())
/// })?;
/// assert_eq!(text, b"hello");
/// # Ok(())
/// # }
/// ```
pub type UdpSocket = Datagrams<Inet>;

/// A Unix socket for datagrams. They arrive all and in order: who sends one waits for room.
///
/// ```
/// use whywait::{Runtime, net::{Address, UnixDatagram}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// let path = directory.path().join("socket");
/// let text = Runtime::new("epoll".parse()?)?.block_on(async {
///     let (near, far) = (UnixDatagram::unbound().await?, UnixDatagram::bind(&path).await?);
///     near.connect(Address::unix(&path)).await?;
///     near.send("hello").await?;
///     let (received, buffer) = far.recv_from(Vec::with_capacity(100)).await;
///     assert_eq!(received?.sender, Address::Unnamed);
///     std::io::Result::Ok(buffer)
/// })?;
/// assert_eq!(text, b"hello");
/// # Ok(())
/// # }
/// ```
pub type UnixDatagram = Datagrams<Unix>;

impl Datagrams<Inet> {
    /// Opens a socket that has `address`; port 0 lets the kernel choose.
    ///
    /// # Errors
    /// What `socket(2)` or `bind(2)` said.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Self::bind_with(address, BindShare::Alone).await
    }

    /// Opens a socket that has `address`, alone or with others.
    ///
    /// # Errors
    /// What `socket(2)`, `setsockopt(2)` or `bind(2)` said.
    pub async fn bind_with(address: SocketAddr, share: BindShare) -> io::Result<Self> {
        socket::bound(SocketKind::Datagram, address.into(), share).await.map(Self::new)
    }
}

impl Datagrams<Unix> {
    /// Opens a socket whose name is `path`, which must not exist and stays after it.
    ///
    /// # Errors
    /// What `socket(2)` or `bind(2)` said.
    pub async fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let address = Address::unix(path);
        socket::bound(SocketKind::Datagram, address, BindShare::Alone).await.map(Self::new)
    }

    /// Opens a socket without a name, to which nobody can answer.
    ///
    /// # Errors
    /// What `socket(2)` said.
    pub async fn unbound() -> io::Result<Self> {
        socket::opened(SocketKind::Datagram, &Address::Unnamed).await.map(Self::new)
    }
}

impl<F: Family> Datagrams<F> {
    fn new(handle: Handle) -> Self {
        Self { handle, family: PhantomData }
    }

    /// Whom to send to from now on, and the only one to hear.
    ///
    /// # Errors
    /// What `connect(2)` said.
    pub async fn connect(&self, address: F::Address) -> io::Result<()> {
        let op = Op::Connect { handle: self.handle.clone(), address: address.into() };
        wait::done(op).await
    }

    /// Sends a datagram to `address`; gives its length.
    ///
    /// # Errors
    /// What `sendto(2)` said.
    pub async fn send_to(&self, data: impl Into<Data>, address: F::Address) -> io::Result<usize> {
        let (handle, data) = (self.handle.clone(), data.into());
        let op = Op::SendTo { handle, data, address: Box::new(address.into()) };
        wait::transferred(op).await.0
    }

    /// Receives a datagram into `buffer`'s spare capacity.
    ///
    /// # Errors
    /// What `recvfrom(2)` said, or `EINVAL` for a buffer without spare capacity. The buffer comes
    /// back in any case.
    pub async fn recv_from(&self, buffer: Vec<u8>) -> (io::Result<Received<F::Address>>, Vec<u8>) {
        let op = Op::RecvFrom { handle: self.handle.clone(), into: Fill::Own(buffer) };
        let Completion { result, returned, .. } = wait::completion(op).await;
        let buffer = returned.buffer.and_then(Buffer::into_own);
        (result.and_then(received::<F>), buffer.unwrap_or_default())
    }

    /// Receives a datagram into a buffer of the driver's pool.
    ///
    /// # Errors
    /// What `recvfrom(2)` said.
    pub async fn recv_from_pooled(&self) -> io::Result<(Lease, Received<F::Address>)> {
        let op = Op::RecvFrom { handle: self.handle.clone(), into: Fill::Pool };
        let Completion { result, returned, .. } = wait::completion(op).await;
        let received = received::<F>(result?)?;
        match returned.buffer {
            Some(Buffer::Lease(lease)) => Ok((lease, received)),
            // An empty one needs no buffer.
            _ if received.count == 0 => Ok((Lease::default(), received)),
            _ => Err(io::Error::other("the driver received into no buffer of its pool")),
        }
    }

    /// Sends a datagram to whom this is connected to; gives its length.
    ///
    /// # Errors
    /// What `send(2)` said; `ECONNREFUSED` if nobody was there for one before.
    pub async fn send(&self, data: impl Into<Data>) -> io::Result<usize> {
        let op = Op::Send { handle: self.handle.clone(), data: data.into() };
        wait::transferred(op).await.0
    }

    /// Receives a datagram into `buffer`'s spare capacity. What has no room is lost, and only
    /// [`Datagrams::recv_from`] tells.
    ///
    /// # Errors
    /// What `recvfrom(2)` said, or `EINVAL` for a buffer without spare capacity. The buffer comes
    /// back in any case.
    pub async fn recv(&self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        let (received, buffer) = self.recv_from(buffer).await;
        (received.map(|received| received.count), buffer)
    }

    /// Receives a datagram into a buffer of the driver's pool. What has no room is lost, and only
    /// [`Datagrams::recv_from_pooled`] tells.
    ///
    /// # Errors
    /// What `recvfrom(2)` said.
    pub async fn recv_pooled(&self) -> io::Result<Lease> {
        Ok(self.recv_from_pooled().await?.0)
    }

    /// The address that it has.
    ///
    /// # Errors
    /// What `getsockname(2)` said.
    pub fn local_address(&self) -> io::Result<F::Address> {
        F::own(Address::local_of(&self.handle)?)
    }

    /// Closes the socket, as an operation of its own.
    ///
    /// # Errors
    /// When the driver could not; the descriptor is gone all the same.
    pub async fn close(self) -> io::Result<()> {
        wait::done(Op::Close { handle: self.handle }).await
    }
}

/// What a completion tells of a datagram.
fn received<F: Family>(value: Value) -> io::Result<Received<F::Address>> {
    match value {
        Value::Datagram(datagram) => Ok(Received {
            count: datagram.count,
            len: datagram.len,
            sender: F::own(datagram.sender)?,
        }),
        other => Err(wait::unexpected(&other)),
    }
}

impl<F> AsFd for Datagrams<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

impl<F: Family> fmt::Debug for Datagrams<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(F::DATAGRAMS).field("handle", &self.handle).finish()
    }
}
