//! monoio: its io_uring driver, a task per connection, as the echo server in its README.
//!
//! Left out on purpose: its other driver. It has no multishot receive.

use ::monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use ::monoio::net::{TcpListener, TcpStream};
use ::monoio::{IoUringDriver, RuntimeBuilder};

use super::listen::{BUFFER_BYTES, listen};
use crate::failure::Failure;

/// Entries of its ring; its documentation raises the default of 1024 for many connections.
const ENTRIES: u32 = 32 << 10;

/// Serves until the process ends.
///
/// # Errors
/// When the runtime cannot start, or what the accept ended with.
pub(super) fn serve() -> Result<(), Failure> {
    let mut runtime = RuntimeBuilder::<IoUringDriver>::new().with_entries(ENTRIES).build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listen()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            ::monoio::spawn(echo(stream));
        }
    })
}

/// Ends with its connection, for whatever reason; the load knows if that was too early.
async fn echo(mut stream: TcpStream) {
    let mut buffer: Vec<u8> = Vec::with_capacity(BUFFER_BYTES);
    loop {
        let (received, data) = stream.read(buffer).await;
        if !matches!(received, Ok(1..)) {
            return;
        }
        let (sent, data) = stream.write_all(data).await;
        if sent.is_err() {
            return;
        }
        buffer = data;
        buffer.clear();
    }
}
