//! hyper's bytes over a stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::hyper::rt::{Read, ReadBufCursor, Write};
use futures_io::{AsyncBufRead, AsyncWrite};

/// Carries hyper's bytes over a stream: `TcpStream`, `TlsStream`, or another that has
/// `AsyncBufRead` and `AsyncWrite` of the `futures` traits (`futures::io::BufReader` gives a
/// stream the first).
#[derive(Debug)]
pub struct Io<T>(T);

impl<T> Io<T> {
    /// Speaks over `stream`.
    pub fn new(stream: T) -> Self {
        Self(stream)
    }

    /// The stream, when hyper is done with it.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsyncBufRead + Unpin> Read for Io<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = Pin::new(&mut self.0);
        let there = ready!(stream.as_mut().poll_fill_buf(context))?;
        let count = there.len().min(into.remaining());
        into.put_slice(&there[..count]);
        stream.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> Write for Io<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}
