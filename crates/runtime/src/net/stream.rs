//! A TCP connection.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_io::{AsyncRead, AsyncWrite};
use whywait_driver::{Buffer, Fill, Handle, Lease, Op, SocketFamily, Value};

use crate::executor::Operation;
use crate::fs::{leased, own};
use crate::wait;

/// Most bytes that one `poll_write` takes: it has to copy them, since the driver owns what it
/// sends.
const COPIED_AT_ONCE: usize = 64 << 10;

/// A TCP connection.
///
/// The methods that own their memory copy nothing. [`AsyncRead`] and [`AsyncWrite`] of the
/// `futures` traits are here for what is written against them; they copy, and a write is only
/// known to be sent after a flush.
pub struct TcpStream {
    handle: Handle,
    reading: Reading,
    sending: Option<(Operation, Bytes)>,
}

/// What `poll_read` has in hand.
enum Reading {
    Nothing,
    Waiting(Operation),
    /// Bytes that came and were not asked for yet, from the position on.
    Rest(Lease, usize),
}

impl TcpStream {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, reading: Reading::Nothing, sending: None }
    }

    /// Connects to `address`.
    ///
    /// # Errors
    /// What `socket(2)` or `connect(2)` said.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let handle = wait::opened(Op::Socket { family: SocketFamily::of(&address) }).await?;
        wait::done(Op::Connect { handle: handle.clone(), address }).await?;
        Ok(Self::new(handle))
    }

    /// Receives into `buffer`'s spare capacity; 0 bytes are the end of the stream.
    ///
    /// # Errors
    /// What `recv(2)` said, or `EINVAL` for a buffer without spare capacity. The buffer comes
    /// back in any case.
    pub async fn recv(&self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        own(Op::Recv { handle: self.handle.clone(), into: Fill::Own(buffer) }).await
    }

    /// Receives into a buffer of the driver's pool, which is taken only when there is something
    /// to receive; an empty one is the end of the stream.
    ///
    /// # Errors
    /// What `recv(2)` said.
    pub async fn recv_pooled(&self) -> io::Result<Lease> {
        let op = Op::Recv { handle: self.handle.clone(), into: Fill::Pool };
        let (count, buffer) = wait::transferred(op).await;
        count?;
        leased(buffer)
    }

    /// Sends what fits; gives how many bytes were taken.
    ///
    /// # Errors
    /// What `send(2)` said.
    pub async fn send(&self, data: impl Into<Bytes>) -> io::Result<usize> {
        let op = Op::Send { handle: self.handle.clone(), data: data.into() };
        wait::transferred(op).await.0
    }

    /// Sends all of `data`.
    ///
    /// # Errors
    /// What `send(2)` said; some of it may have been sent.
    pub async fn send_all(&self, data: impl Into<Bytes>) -> io::Result<()> {
        let mut data = data.into();
        while !data.is_empty() {
            let count = self.send(data.clone()).await?;
            data = data.slice(count..);
        }
        Ok(())
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
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        let peer = rustix::net::getpeername(&self.handle)?;
        let peer = peer.ok_or(io::ErrorKind::NotConnected)?;
        Ok(peer.try_into()?)
    }

    /// Whether small pieces are sent at once, without waiting for more (`TCP_NODELAY`).
    ///
    /// # Errors
    /// What `setsockopt(2)` said.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        Ok(rustix::net::sockopt::set_tcp_nodelay(&self.handle, nodelay)?)
    }

    /// Waits until what `poll_write` took is sent.
    fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((operation, data)) = &mut self.sending {
            let completion = ready!(Pin::new(operation).poll(context));
            let data = std::mem::take(data);
            self.sending = None;
            match completion.result? {
                Value::Count(count) if count < data.len() => {
                    self.start_sending(data.slice(count..));
                }
                _ => {}
            }
        }
        Poll::Ready(Ok(()))
    }

    fn start_sending(&mut self, data: Bytes) {
        let op = Op::Send { handle: self.handle.clone(), data: data.clone() };
        self.sending = Some((Operation::new(op), data));
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            match &mut this.reading {
                Reading::Nothing => {
                    let op = Op::Recv { handle: this.handle.clone(), into: Fill::Pool };
                    this.reading = Reading::Waiting(Operation::new(op));
                }
                Reading::Waiting(operation) => {
                    let completion = ready!(Pin::new(operation).poll(context));
                    this.reading = Reading::Nothing;
                    completion.result?;
                    match completion.returned.buffer {
                        Some(Buffer::Lease(lease)) if !lease.is_empty() => {
                            this.reading = Reading::Rest(lease, 0);
                        }
                        _ => return Poll::Ready(Ok(0)),
                    }
                }
                Reading::Rest(lease, position) => {
                    let rest = &lease[*position..];
                    let count = rest.len().min(into.len());
                    into[..count].copy_from_slice(&rest[..count]);
                    *position += count;
                    if *position == lease.len() {
                        this.reading = Reading::Nothing;
                    }
                    return Poll::Ready(Ok(count));
                }
            }
        }
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_sent(context))?;
        let taken = data.len().min(COPIED_AT_ONCE);
        if taken > 0 {
            this.start_sending(Bytes::copy_from_slice(&data[..taken]));
            // Submits it, so that it is on its way even if nobody flushes for a while.
            if let Poll::Ready(Err(error)) = this.poll_sent(context) {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_sent(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_sent(context))?;
        Poll::Ready(Ok(rustix::net::shutdown(&this.handle, rustix::net::Shutdown::Write)?))
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream").field("handle", &self.handle).finish_non_exhaustive()
    }
}
