//! glommio: a `LocalExecutor`, a task per connection, as its documentation of `TcpListener` shows.
//!
//! Left out on purpose: pinning, which the harness has done already, and more than one executor.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use ::futures_lite::{AsyncReadExt, AsyncWriteExt};
use ::glommio::net::{TcpListener, TcpStream};
use ::glommio::{LocalExecutorBuilder, Placement};

use super::listen::{BUFFER_BYTES, announce};
use crate::failure::Failure;

/// Serves until the process ends.
///
/// # Errors
/// When the executor cannot start, or what the accept ended with.
pub(super) fn serve() -> Result<(), Failure> {
    let executor = LocalExecutorBuilder::new(Placement::Unbound).make().map_err(io::Error::from)?;
    let outcome: io::Result<()> = executor.run(async {
        // It listens by itself, with a queue of its own length.
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        announce(listener.local_addr()?)?;
        loop {
            let stream = listener.accept().await?;
            ::glommio::spawn_local(echo(stream)).detach();
        }
    });
    Ok(outcome?)
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
