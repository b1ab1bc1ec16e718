//! TLS by `rustls` over any stream, under any model.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use whywait::net::TcpStream;
//! use whywait::tls::{TlsStream, rustls};
//!
//! async fn connect(config: Arc<rustls::ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
//!     let stream = TcpStream::connect("93.184.215.14:443".parse().expect("an address")).await?;
//!     let name = "example.com".try_into().expect("a name");
//!     TlsStream::connect(config, name, stream).await
//! }
//! ```
//!
//! Left out on purpose: which certificates are trusted, and all else that rustls' own
//! configuration says.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, BufRead as _, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};
pub use rustls;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

/// A stream that is encrypted by TLS.
///
/// A write is only known to be sent after a flush, and what TLS itself has to answer while reading
/// (a change of keys) goes with the next write. The end of the stream is one only if the
/// other side said so: a connection that just ends is [`io::ErrorKind::UnexpectedEof`], since
/// somebody on the way may have cut it.
pub struct TlsStream<T> {
    stream: T,
    session: Connection,
}

impl<T: AsyncRead + AsyncWrite + Unpin> TlsStream<T> {
    /// Shakes hands as a client with the server called `name`.
    ///
    /// # Errors
    /// What the stream failed with, and [`io::ErrorKind::InvalidData`] with rustls' error as its
    /// source, such as a certificate that is not trusted.
    pub async fn connect(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        stream: T,
    ) -> io::Result<Self> {
        let session = ClientConnection::new(config, name).map_err(invalid)?;
        Self { stream, session: session.into() }.shaken().await
    }

    /// Shakes hands as a server with whoever has connected.
    ///
    /// # Errors
    /// As [`TlsStream::connect`].
    pub async fn accept(config: Arc<ServerConfig>, stream: T) -> io::Result<Self> {
        let session = ServerConnection::new(config).map_err(invalid)?;
        Self { stream, session: session.into() }.shaken().await
    }

    /// What rustls knows of the connection.
    #[must_use]
    pub fn session(&self) -> &Connection {
        &self.session
    }

    /// Itself, once hands are shaken.
    async fn shaken(mut self) -> io::Result<Self> {
        poll_fn(|context| {
            while self.session.is_handshaking() {
                ready!(self.poll_send(context))?;
                if self.session.is_handshaking() && ready!(self.poll_take_in(context))? == 0 {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
            }
            // The last word of the handshake may be ours.
            self.poll_send(context)
        })
        .await?;
        Ok(self)
    }

    /// Sends what rustls has to send, and sees that it is on its way.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.session.wants_write() {
            let mut stream = Polled { stream: &mut self.stream, context };
            match self.session.write_tls(&mut stream) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Receives once and lets rustls work on it; gives how many bytes came.
    fn poll_take_in(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut stream = Polled { stream: &mut self.stream, context };
        let count = match self.session.read_tls(&mut stream) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
            result => result?,
        };
        if let Err(error) = self.session.process_new_packets() {
            // The other side is told why, if it can be told at once.
            let _ = self.poll_send(context);
            return Poll::Ready(Err(invalid(error)));
        }
        Poll::Ready(Ok(count))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for TlsStream<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        loop {
            match this.session.reader().fill_buf() {
                // Nothing that was decrypted, and no end yet.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(_) => break,
            }
            ready!(this.poll_take_in(context))?;
        }
        Poll::Ready(this.session.reader().into_first_chunk())
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        self.get_mut().session.reader().consume(count);
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let there = ready!(self.as_mut().poll_fill_buf(context))?;
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Poll::Ready(Ok(count))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            let taken = this.session.writer().write(data)?;
            let sent = this.poll_send(context)?;
            if taken > 0 || data.is_empty() {
                return Poll::Ready(Ok(taken));
            }
            // rustls has as much to send as it keeps.
            ready!(sent);
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_send(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Asking again is no second farewell.
        this.session.send_close_notify();
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.stream).poll_close(context)
    }
}

impl<T: fmt::Debug> fmt::Debug for TlsStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// A stream in the shape in which rustls asks for one; waiting is `WouldBlock`.
struct Polled<'a, 'b, T> {
    stream: &'a mut T,
    context: &'a mut Context<'b>,
}

impl<T: AsyncRead + Unpin> io::Read for Polled<'_, '_, T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        now(Pin::new(&mut *self.stream).poll_read(self.context, into))
    }
}

impl<T: AsyncWrite + Unpin> io::Write for Polled<'_, '_, T> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        now(Pin::new(&mut *self.stream).poll_write(self.context, data))
    }

    fn flush(&mut self) -> io::Result<()> {
        now(Pin::new(&mut *self.stream).poll_flush(self.context))
    }
}

fn now<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
