//! compio: its io_uring driver with a multishot receive into its buffer pool, a task per
//! connection.
//!
//! The pool has as many buffers as connections may be in flight, since a receive that finds it
//! empty ends with an error and has to be made again. Left out on purpose: its other driver.

use std::io;
use std::num::NonZero;

use ::compio::driver::ProactorBuilder;
use ::compio::io::{AsyncReadMulti, AsyncWriteExt};
use ::compio::net::{TcpListener, TcpStream};
use ::compio::runtime::Runtime;
use ::futures_util::StreamExt;

use super::listen::{BUFFER_BYTES, listen};
use crate::failure::Failure;

/// Buffers of its pool.
const BUFFERS: NonZero<u16> = NonZero::new(16 << 10).unwrap();
/// Entries of its ring.
const ENTRIES: u32 = 4096;

/// Serves until the process ends.
///
/// # Errors
/// When the runtime cannot start, or what the accept ended with.
pub(super) fn serve() -> Result<(), Failure> {
    let mut proactor = ProactorBuilder::new();
    proactor.capacity(ENTRIES).buffer_pool_size(BUFFERS).buffer_pool_buffer_len(BUFFER_BYTES);
    proactor.single_issuer(true).defer_taskrun(true);
    let runtime = Runtime::builder().with_proactor(proactor).build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listen()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            ::compio::runtime::spawn(echo(stream)).detach();
        }
    })
}

/// Ends with its connection, for whatever reason; the load knows if that was too early.
async fn echo(stream: TcpStream) {
    while let Err(error) = echo_until_busy(&stream).await {
        if error.kind() != io::ErrorKind::ResourceBusy {
            return;
        }
    }
}

/// One multishot receive, to the end of the stream or until the pool is empty.
async fn echo_until_busy(mut stream: &TcpStream) -> io::Result<()> {
    let mut source = stream;
    let mut received = std::pin::pin!(source.read_multi(0));
    while let Some(data) = received.next().await.transpose()? {
        if data.is_empty() {
            break;
        }
        stream.write_all(data).await.0?;
    }
    Ok(())
}
