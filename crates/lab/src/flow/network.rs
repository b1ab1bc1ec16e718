//! Steps on the network.
//!
//! Each has its timeout, and what goes wrong names the peer, its address, and how far it came.
//! Left out on purpose: HTTP, which is `download`'s.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use whywait::net::UdpSocket;
use whywait::time::timeout;
use whywait_plan::{Content, duration_text};

use super::Flow;
use super::failure::Failure;
use crate::PeerAddress;
use crate::connection::{Connection, Listener};
use crate::peer::Invitation;

/// The longest datagram.
const DATAGRAM_BYTES_MAX: usize = whywait_plan::limits::DATAGRAM_BYTES_MAX as usize;

/// The flow's connection.
pub(super) struct OpenConnection {
    link: Link,
    /// The peer and where it is, as messages name it.
    peer: String,
    /// What came and no step has taken yet.
    unread: Bytes,
    /// Bytes that the step in progress has sent or taken.
    done: u64,
    /// Bytes that it wants to, if that is known.
    wanted: Option<u64>,
}

/// What carries the bytes.
enum Link {
    Stream(Connection),
    Datagrams(UdpSocket),
}

/// Why a step on a connection ended early.
enum Mishap {
    Io(io::Error),
    /// The peer ended what it sends.
    Ended,
    /// So many bytes came without the delimiter.
    NoDelimiter(u64),
    /// A datagram has another length.
    Datagram(u64),
    /// The time was over.
    TimedOut(Duration),
}

impl From<io::Error> for Mishap {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Flow<'_> {
    pub(super) async fn connect(&mut self, peer: &str, limit: Duration) -> Result<(), Failure> {
        // The one before is closed, also when there will be none.
        self.connection = None;
        let address = self.address_of(peer)?;
        let name = format!("peer `{peer}` at {address}");
        match timeout(limit, link_to(address)).await {
            Ok(Ok(link)) => self.begin_connection(link, name),
            Ok(Err(error)) => Err(failed(format!("{name} could not be reached: {error}"))),
            Err(_) => Err(late(&name, "could not be reached", limit)),
        }
    }

    pub(super) async fn accept(&mut self, peer: &str, limit: Duration) -> Result<(), Failure> {
        self.connection = None;
        match timeout(limit, self.be_visited(peer)).await {
            Ok(Ok(connection)) => {
                let name = format!("peer `{peer}` at {}", connection.peer_text());
                self.begin_connection(Link::Stream(connection), name)
            }
            Ok(Err(error)) => Err(failed(format!("peer `{peer}` did not come: {error}"))),
            Err(_) => Err(late(&format!("peer `{peer}`"), "did not come", limit)),
        }
    }

    /// Listens, tells the peer to come, and takes its connection; over TCP, as plans have it.
    async fn be_visited(&self, peer: &str) -> io::Result<Connection> {
        let invitations = self.context.peers.invitations.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let listener = Listener::tcp().await?;
        let invitation = Invitation { peer: peer.to_owned(), address: listener.address()? };
        invitation.send(invitations).await?;
        listener.accept().await
    }

    fn begin_connection(&mut self, link: Link, peer: String) -> Result<(), Failure> {
        if let Link::Stream(connection) = &link {
            let nodelay = connection.set_nodelay();
            nodelay.map_err(|error| failed(format!("{peer}: the connection is gone: {error}")))?;
        }
        let open = OpenConnection { link, peer, unread: Bytes::new(), done: 0, wanted: None };
        self.connection = Some(Box::new(open));
        Ok(())
    }

    pub(super) async fn send(&mut self, content: &Content, limit: Duration) -> Result<(), Failure> {
        let data = self.data(content);
        let open = self.open_connection(Some(data.len() as u64))?;
        let sent = timeout(limit, open.send(data)).await;
        let sent = sent.unwrap_or(Err(Mishap::TimedOut(limit)));
        let result = sent.map_err(|mishap| open.failure(&mishap));
        self.moved.sent_bytes += self.done_bytes();
        result
    }

    pub(super) async fn recv(
        &mut self,
        bytes: Option<u64>,
        limit: Duration,
    ) -> Result<(), Failure> {
        self.open_connection(bytes)?;
        let received = timeout(limit, self.recv_all(bytes)).await;
        self.end_receiving(received.unwrap_or(Err(Mishap::TimedOut(limit))))
    }

    async fn recv_all(&mut self, bytes: Option<u64>) -> Result<(), Mishap> {
        let mut left = bytes.unwrap_or(u64::MAX);
        let missing = || io::Error::from(io::ErrorKind::NotConnected);
        let open = self.connection.as_ref().ok_or_else(missing)?;
        if let Link::Datagrams(socket) = &open.link {
            let came = datagram(socket, left).await?;
            self.note_first_bytes();
            self.take_received(&came);
            return if came.len() as u64 == left { Ok(()) } else { Err(Mishap::Datagram(left)) };
        }
        while left > 0 {
            let mut came = self.next_bytes().await?;
            if came.is_empty() {
                return if bytes.is_some() { Err(Mishap::Ended) } else { Ok(()) };
            }
            let taken = left.min(came.len() as u64);
            self.put_back(came.split_off(taken as usize));
            self.take_received(&came);
            left -= taken;
        }
        Ok(())
    }

    pub(super) async fn recv_until(
        &mut self,
        delimiter: &[u8],
        most_bytes: u64,
        limit: Duration,
    ) -> Result<(), Failure> {
        self.open_connection(None)?;
        let received = timeout(limit, self.recv_to(delimiter, most_bytes)).await;
        self.end_receiving(received.unwrap_or(Err(Mishap::TimedOut(limit))))
    }

    async fn recv_to(&mut self, delimiter: &[u8], most_bytes: u64) -> Result<(), Mishap> {
        // The end of what came so far, where the delimiter may have begun.
        let mut tail: Vec<u8> = Vec::new();
        let mut taken = 0;
        loop {
            let mut came = self.next_bytes().await?;
            if came.is_empty() {
                return Err(Mishap::Ended);
            }
            let before = tail.len();
            tail.extend_from_slice(&came);
            let place = tail.windows(delimiter.len()).position(|window| window == delimiter);
            let end = place.map(|place| place + delimiter.len() - before);
            let allowed = usize::try_from(most_bytes - taken).unwrap_or(usize::MAX);
            if end.unwrap_or(came.len()) > allowed || (end.is_none() && came.len() == allowed) {
                return Err(Mishap::NoDelimiter(most_bytes));
            }
            if let Some(end) = end {
                self.put_back(came.split_off(end));
            }
            self.take_received(&came);
            if end.is_some() {
                return Ok(());
            }
            taken += came.len() as u64;
            tail.drain(..(tail.len() + 1).saturating_sub(delimiter.len().max(1)));
        }
    }

    /// What is unread, or comes next; nothing at the stream's end.
    async fn next_bytes(&mut self) -> io::Result<Bytes> {
        let open = self.connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        if !open.unread.is_empty() {
            return Ok(std::mem::take(&mut open.unread));
        }
        let Link::Stream(connection) = &open.link else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let came = connection.recv().await?;
        self.note_first_bytes();
        Ok(Bytes::copy_from_slice(&came))
    }

    fn put_back(&mut self, unread: Bytes) {
        if let Some(open) = &mut self.connection {
            open.unread = unread;
        }
    }

    fn take_received(&mut self, received: &[u8]) {
        if let Some(open) = &mut self.connection {
            open.done += received.len() as u64;
        }
        self.digest(received);
    }

    fn end_receiving(&mut self, received: Result<(), Mishap>) -> Result<(), Failure> {
        self.moved.received_bytes += self.done_bytes();
        let open = self.connection.as_ref().ok_or(NO_CONNECTION)?;
        received.map_err(|mishap| open.failure(&mishap))
    }

    pub(super) async fn shutdown(&mut self) -> Result<(), Failure> {
        let open = self.open_connection(None)?;
        let Link::Stream(connection) = &open.link else {
            return Err(Failure::Impossible("datagrams have no end"));
        };
        let ended = connection.shutdown_write().await;
        ended.map_err(|error| failed(format!("{}: {error}", open.peer)))
    }

    /// The flow's connection, for a step that wants to move so many bytes.
    fn open_connection(&mut self, wanted: Option<u64>) -> Result<&mut OpenConnection, Failure> {
        let open = self.connection.as_mut().ok_or(NO_CONNECTION)?;
        (open.done, open.wanted) = (0, wanted);
        Ok(open)
    }

    fn done_bytes(&self) -> u64 {
        self.connection.as_ref().map_or(0, |open| open.done)
    }

    pub(super) fn address_of(&self, peer: &str) -> Result<&PeerAddress, Failure> {
        let address = self.context.peers.peers.get(peer);
        address.ok_or_else(|| failed(format!("peer `{peer}` has not been started")))
    }
}

impl OpenConnection {
    async fn send(&mut self, mut data: Bytes) -> Result<(), Mishap> {
        let connection = match &self.link {
            Link::Stream(connection) => connection,
            Link::Datagrams(socket) => {
                self.done += socket.send(data).await? as u64;
                return Ok(());
            }
        };
        while !data.is_empty() {
            let count = connection.send(data.clone()).await?;
            self.done += count as u64;
            data = data.slice(count..);
        }
        Ok(())
    }

    fn failure(&self, mishap: &Mishap) -> Failure {
        let Self { peer, .. } = self;
        let far = match self.wanted {
            Some(wanted) => format!("after {} of {wanted} bytes", self.done),
            None => format!("after {} bytes", self.done),
        };
        failed(match mishap {
            Mishap::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionReset => format!("{peer} reset the connection {far}"),
                io::ErrorKind::BrokenPipe => format!("{peer} had closed the connection {far}"),
                _ => format!("{peer}: {error} {far}"),
            },
            Mishap::Ended => format!("{peer} ended the stream {far}"),
            Mishap::NoDelimiter(most) => {
                format!("{peer} sent {most} bytes without the delimiter")
            }
            Mishap::Datagram(wanted) => {
                format!("{peer} sent a datagram of another length than {wanted} bytes")
            }
            Mishap::TimedOut(limit) => {
                format!("{peer} was waited for longer than {}, {far}", duration_text(*limit))
            }
        })
    }
}

/// Reaches a peer, by whatever carries the bytes.
async fn link_to(address: &PeerAddress) -> io::Result<Link> {
    let PeerAddress::Udp(address) = address else {
        return Connection::to(address).await.map(Link::Stream);
    };
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    socket.connect(*address).await?;
    Ok(Link::Datagrams(socket))
}

/// The next datagram, of which one byte more than wanted is enough to see that it is too long.
async fn datagram(socket: &UdpSocket, wanted: u64) -> io::Result<Vec<u8>> {
    let room = usize::try_from(wanted).unwrap_or(usize::MAX).min(DATAGRAM_BYTES_MAX) + 1;
    let (received, buffer) = socket.recv(Vec::with_capacity(room)).await;
    received.map(|_| buffer)
}

const NO_CONNECTION: Failure = Failure::Impossible("there is no connection");

fn failed(text: String) -> Failure {
    Failure::Peer(text)
}

fn late(peer: &str, what: &str, limit: Duration) -> Failure {
    failed(format!("{peer} {what} within {}", duration_text(limit)))
}
