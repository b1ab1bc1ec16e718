//! TCP under any model.
//!
//! Left out on purpose: name resolution, and Unix and datagram sockets.

mod listener;
mod stream;

pub use listener::TcpListener;
pub use stream::TcpStream;
