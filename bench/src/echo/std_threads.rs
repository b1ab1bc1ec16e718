//! The standard library: a thread per connection, blocking calls.
//!
//! Left out on purpose: a smaller stack. What a thread does not touch costs no memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use super::listen::{BUFFER_BYTES, listen};
use crate::failure::Failure;

/// Serves until the process ends.
///
/// # Errors
/// When a thread cannot start, or what `accept4(2)` said.
pub(super) fn serve() -> Result<(), Failure> {
    let listener = listen()?;
    listener.set_nonblocking(false)?;
    for stream in listener.incoming() {
        let stream = stream?;
        thread::Builder::new().spawn(move || echo(stream))?;
    }
    Ok(())
}

/// Ends with its connection, for whatever reason; the load knows if that was too early.
fn echo(mut stream: TcpStream) {
    let mut buffer = [0; BUFFER_BYTES];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
