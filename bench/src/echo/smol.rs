//! smol: async-net on a `LocalExecutor` of one thread, a task per connection.
//!
//! Left out on purpose: its global executor, whose tasks may change their thread.

use std::rc::Rc;

use ::smol::LocalExecutor;
use ::smol::io::{AsyncReadExt, AsyncWriteExt};
use ::smol::net::{TcpListener, TcpStream};

use super::listen::{BUFFER_BYTES, listen};
use crate::failure::Failure;

/// Serves until the process ends.
///
/// # Errors
/// What `accept4(2)` said.
pub(super) fn serve() -> Result<(), Failure> {
    let executor = Rc::new(LocalExecutor::new());
    ::smol::block_on(executor.run(async {
        let listener = TcpListener::try_from(listen()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            executor.spawn(echo(stream)).detach();
        }
    }))
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
