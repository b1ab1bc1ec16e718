//! TCP, UDP and Unix sockets under any model.
//!
//! Left out on purpose: name resolution, and removing a Unix socket's file, which is its owner's
//! to do.

mod accept_many;
mod datagrams;
mod duplex;
mod family;
pub(crate) mod listen;
mod listener;
mod many;
mod received;
mod recv_many;
mod send_all;
pub(crate) mod socket;
mod stream;
mod unix_listener;

pub use accept_many::AcceptMany;
pub use datagrams::{Datagrams, UdpSocket, UnixDatagram};
pub use family::{Family, Inet, Unix};
pub use listen::Listen;
pub use listener::TcpListener;
pub use received::Received;
pub use recv_many::RecvMany;
pub use stream::{Stream, TcpStream, UnixStream};
pub use unix_listener::UnixListener;
pub use whywait_driver::{Address, BindShare, Data};
