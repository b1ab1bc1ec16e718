//! Connections over any of a plan's transports that has such.
//!
//! Flows and the emulated peers use them alike. Left out on purpose: UDP, which has none.

use std::io;
use std::net::{Ipv4Addr, Shutdown};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use bytes::Bytes;
use whywait::Lease;
use whywait::net::{Address, Listen, TcpListener, TcpStream, UnixListener, UnixStream};

use crate::PeerAddress;

/// Connections that may wait to be accepted: as many as Linux takes unless told otherwise
/// (`net.core.somaxconn`), since flows come all at once.
const BACKLOG: i32 = 4096;

/// A connection.
pub(crate) enum Connection {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix stream socket.
    Unix(UnixStream),
}

/// Takes connections.
pub(crate) enum Listener {
    /// TCP, at a free port of the loopback address.
    Tcp(TcpListener),
    /// A Unix stream socket with a name that the kernel chose. It has no file that could stay.
    Unix(UnixListener),
}

impl Listener {
    /// Listens for TCP.
    pub(crate) async fn tcp() -> io::Result<Self> {
        let listen = Listen { backlog: BACKLOG, ..Listen::default() };
        TcpListener::bind_with((Ipv4Addr::LOCALHOST, 0).into(), listen).await.map(Self::Tcp)
    }

    /// Listens at a Unix socket.
    pub(crate) async fn unix() -> io::Result<Self> {
        let listen = Listen { backlog: BACKLOG, ..Listen::default() };
        UnixListener::bind_with(Address::Unnamed, listen).await.map(Self::Unix)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> io::Result<PeerAddress> {
        match self {
            Self::Tcp(listener) => listener.local_address().map(PeerAddress::Tcp),
            Self::Unix(listener) => match listener.local_address()? {
                Address::Abstract(name) => {
                    Ok(PeerAddress::Unix(String::from_utf8_lossy(&name).into_owned()))
                }
                other => Err(io::Error::other(format!("the kernel gave the name {other:?}"))),
            },
        }
    }

    /// Takes the next connection.
    pub(crate) async fn accept(&self) -> io::Result<Connection> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(it, _)| Connection::Tcp(it)),
            Self::Unix(listener) => listener.accept().await.map(|(it, _)| Connection::Unix(it)),
        }
    }
}

impl Connection {
    /// Connects to an address that takes connections.
    pub(crate) async fn to(address: &PeerAddress) -> io::Result<Self> {
        match address {
            PeerAddress::Tcp(address) => TcpStream::connect(*address).await.map(Self::Tcp),
            PeerAddress::Unix(name) => {
                let address = Address::Abstract(name.as_bytes().into());
                UnixStream::connect_to(address).await.map(Self::Unix)
            }
            PeerAddress::Udp(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// What came; nothing is the end of the stream.
    pub(crate) async fn recv(&self) -> io::Result<Lease> {
        match self {
            Self::Tcp(stream) => stream.recv_pooled().await,
            Self::Unix(stream) => stream.recv_pooled().await,
        }
    }

    /// Sends what fits; gives how many bytes were taken.
    pub(crate) async fn send(&self, data: Bytes) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.send(data).await,
            Self::Unix(stream) => stream.send(data).await,
        }
    }

    /// Sends all of it.
    pub(crate) async fn send_all(&self, mut data: Bytes) -> io::Result<()> {
        while !data.is_empty() {
            let count = self.send(data.clone()).await?;
            data = data.slice(count..);
        }
        Ok(())
    }

    /// Ends what is sent.
    pub(crate) async fn shutdown_write(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write).await,
            Self::Unix(stream) => stream.shutdown(Shutdown::Write).await,
        }
    }

    /// Sends small pieces at once, where there is a choice.
    pub(crate) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nodelay(true),
            Self::Unix(_) => Ok(()),
        }
    }

    /// Closes it so that the other side sees a reset, where there is such a thing.
    pub(crate) fn reset(self) -> io::Result<()> {
        match self {
            // `SO_LINGER` of no time: socket(7).
            Self::Tcp(stream) => stream.set_linger(Some(Duration::ZERO)),
            Self::Unix(_) => Ok(()),
        }
    }

    /// Where the other side is, for messages.
    pub(crate) fn peer_text(&self) -> String {
        match self {
            Self::Tcp(stream) => stream.peer_address().map_or("?".into(), |at| at.to_string()),
            Self::Unix(_) => "a Unix socket".into(),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}
