//! What differs between sockets of the internet and those of this machine.
//!
//! Left out on purpose: what they do, which is the same.

use std::io;
use std::net::SocketAddr;

use whywait_driver::Address;

use super::socket;

/// Whom sockets speak to: [`Inet`] or [`Unix`].
pub trait Family: sealed::Sealed + 'static {
    /// What an address is to them.
    type Address: Into<Address>;

    /// What a stream of theirs is called.
    const STREAM: &'static str;

    /// What a socket for datagrams of theirs is called.
    const DATAGRAMS: &'static str;

    /// The address as theirs.
    ///
    /// # Errors
    /// When it is not of this family.
    fn own(address: Address) -> io::Result<Self::Address>;
}

/// IPv4 and IPv6: TCP for streams, UDP for datagrams.
#[derive(Clone, Copy, Debug)]
pub enum Inet {}

/// Unix sockets: on this machine, mostly named by paths.
#[derive(Clone, Copy, Debug)]
pub enum Unix {}

impl Family for Inet {
    type Address = SocketAddr;
    const STREAM: &'static str = "TcpStream";
    const DATAGRAMS: &'static str = "UdpSocket";

    fn own(address: Address) -> io::Result<SocketAddr> {
        socket::inet(address)
    }
}

impl Family for Unix {
    type Address = Address;
    const STREAM: &'static str = "UnixStream";
    const DATAGRAMS: &'static str = "UnixDatagram";

    fn own(address: Address) -> io::Result<Address> {
        Ok(address)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Inet {}
    impl Sealed for super::Unix {}
}
