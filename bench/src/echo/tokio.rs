//! tokio: its current-thread runtime, a task per connection, as on the front page of its
//! documentation.
//!
//! Left out on purpose: its multi-thread runtime, as every server here has one thread.

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::net::{TcpListener, TcpStream};

use super::listen::{BUFFER_BYTES, listen};
use crate::failure::Failure;

/// Serves until the process ends.
///
/// # Errors
/// When the runtime cannot start, or what `accept4(2)` said.
pub(super) fn serve() -> Result<(), Failure> {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listen()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            ::tokio::spawn(echo(stream));
        }
    })
}

/// Ends with its connection, for whatever reason; the load knows if that was too early.
async fn echo(mut stream: TcpStream) {
    let mut buffer = vec![0; BUFFER_BYTES];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
