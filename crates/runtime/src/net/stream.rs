//! A connection: bytes in order, both ways.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
use rustix::net::sockopt;
use whywait_driver::{Address, Data, Fill, Handle, Lease, Op, SocketKind, counted_call};

use super::duplex::Duplex;
use super::family::{Family, Inet, Unix};
use super::send_all::SendAll;
use super::{RecvMany, socket};
use crate::wait;

/// A connection: [`TcpStream`] or [`UnixStream`].
///
/// The methods that own their memory copy nothing. [`AsyncRead`], [`AsyncBufRead`] and
/// [`AsyncWrite`] of the `futures` traits are here for what is written against them; they copy,
/// but for `AsyncBufRead`, and a write is only known to be sent after a flush. Under a model that
/// does not overlap, a receive that was only polled waits until there is nothing else to do.
pub struct Stream<F> {
    handle: Handle,
    /// Only who polls needs it, and pays for it.
    duplex: Option<Box<Duplex>>,
    family: PhantomData<fn() -> F>,
}

/// A TCP connection.
pub type TcpStream = Stream<Inet>;

/// A connection between Unix sockets.
pub type UnixStream = Stream<Unix>;

impl Stream<Inet> {
    /// Connects to `address`.
    ///
    /// # Errors
    /// What `socket(2)` or `connect(2)` said.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self::new(socket::connected(SocketKind::Stream, address.into()).await?))
    }

    /// Whether small pieces are sent at once, without waiting for more (`TCP_NODELAY`).
    ///
    /// # Errors
    /// What `setsockopt(2)` said.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        Ok(counted_call(|| sockopt::set_tcp_nodelay(&self.handle, nodelay))?)
    }
}

impl Stream<Unix> {
    /// Connects to the socket at `path`; where its backlog is full, waits for room.
    ///
    /// # Errors
    /// What `socket(2)` or `connect(2)` said.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::connect_to(Address::unix(path)).await
    }

    /// Connects to `address`, a path or an abstract name.
    ///
    /// # Errors
    /// What `socket(2)` or `connect(2)` said.
    pub async fn connect_to(address: Address) -> io::Result<Self> {
        Ok(Self::new(socket::connected(SocketKind::Stream, address).await?))
    }
}

impl<F: Family> Stream<F> {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle, duplex: None, family: PhantomData }
    }

    /// Receives into `buffer`'s spare capacity; 0 bytes are the end of the stream.
    ///
    /// # Errors
    /// What `recv(2)` said, or `EINVAL` for a buffer without spare capacity. The buffer comes
    /// back in any case.
    pub async fn recv(&self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        wait::own(Op::Recv { handle: self.handle.clone(), into: Fill::Own(buffer) }).await
    }

    /// Receives into a buffer of the driver's pool, which is taken only when there is something
    /// to receive; an empty one is the end of the stream.
    ///
    /// # Errors
    /// What `recv(2)` said.
    pub async fn recv_pooled(&self) -> io::Result<Lease> {
        let op = Op::Recv { handle: self.handle.clone(), into: Fill::Pool };
        wait::leased(op).await
    }

    /// Receives again and again, with one operation where the driver can.
    #[must_use]
    pub fn recv_many(&self) -> RecvMany<'_> {
        RecvMany::new(&self.handle)
    }

    /// Sends what fits; gives how many bytes were taken.
    ///
    /// # Errors
    /// What `send(2)` said.
    pub async fn send(&self, data: impl Into<Data>) -> io::Result<usize> {
        let op = Op::Send { handle: self.handle.clone(), data: data.into() };
        wait::transferred(op).await.0
    }

    /// Sends all of `data`.
    ///
    /// # Errors
    /// What `send(2)` said; some of it may have been sent.
    pub fn send_all(&self, data: impl Into<Data>) -> impl Future<Output = io::Result<()>> {
        SendAll::new(&self.handle, data.into())
    }

    /// Ends one or both directions.
    ///
    /// # Errors
    /// What `shutdown(2)` said.
    pub async fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        wait::done(Op::Shutdown { handle: self.handle.clone(), how }).await
    }

    /// Closes the connection, as an operation of its own.
    ///
    /// # Errors
    /// When the driver could not; the descriptor is gone all the same.
    pub async fn close(self) -> io::Result<()> {
        wait::done(Op::Close { handle: self.handle }).await
    }

    /// The other side's address.
    ///
    /// # Errors
    /// What `getpeername(2)` said.
    pub fn peer_address(&self) -> io::Result<F::Address> {
        F::own(Address::peer_of(&self.handle)?)
    }

    /// How long closing goes on with what is not sent yet (`SO_LINGER`, socket(7)). With no time
    /// at all, closing resets the connection.
    ///
    /// # Errors
    /// What `setsockopt(2)` said.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        Ok(counted_call(|| sockopt::set_socket_linger(&self.handle, linger))?)
    }
}

impl<F> AsyncRead for Stream<F> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Self { handle, duplex, .. } = self.get_mut();
        Duplex::of(duplex).poll_read(handle, context, into)
    }
}

impl<F> AsyncBufRead for Stream<F> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let Self { handle, duplex, .. } = self.get_mut();
        Duplex::of(duplex).poll_fill(handle, context)
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        Duplex::of(&mut self.get_mut().duplex).consume(count);
    }
}

impl<F> AsyncWrite for Stream<F> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { handle, duplex, .. } = self.get_mut();
        Duplex::of(duplex).poll_write(handle, context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { handle, duplex, .. } = self.get_mut();
        Duplex::of(duplex).poll_sent(handle, context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { handle, duplex, .. } = self.get_mut();
        Duplex::of(duplex).poll_close(handle, context)
    }
}

impl<F> AsFd for Stream<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

impl<F: Family> fmt::Debug for Stream<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(F::STREAM).field("handle", &self.handle).finish_non_exhaustive()
    }
}
