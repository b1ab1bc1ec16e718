//! TCP on a loopback interface in memory, with the answers that Linux gives.
//!
//! Left out on purpose: packets, latency and every address but the loopback's.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};

use rustix::io::{Errno, Result};

use super::stream::End;
use crate::SocketFamily;

/// The first port that the "kernel" chooses: Linux's `ip_local_port_range`.
const FIRST_EPHEMERAL_PORT: u16 = 32_768;

/// Names a socket of a [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SocketId(u64);

/// All sockets of a simulated world.
#[derive(Debug)]
pub(super) struct Network {
    sockets: BTreeMap<SocketId, Socket>,
    listeners: BTreeMap<SocketAddr, SocketId>,
    next_id: u64,
    next_port: u16,
}

#[derive(Debug)]
struct Socket {
    family: SocketFamily,
    local: Option<SocketAddr>,
    state: State,
}

#[derive(Debug)]
enum State {
    Unconnected,
    Listening { backlog: usize, arrived: VecDeque<(SocketId, SocketAddr)> },
    Connected(End),
}

impl Network {
    pub(super) fn new() -> Self {
        Self {
            sockets: BTreeMap::new(),
            listeners: BTreeMap::new(),
            next_id: 0,
            next_port: FIRST_EPHEMERAL_PORT,
        }
    }

    /// `socket(2)`.
    pub(super) fn socket(&mut self, family: SocketFamily) -> SocketId {
        self.insert(Socket { family, local: None, state: State::Unconnected })
    }

    fn insert(&mut self, socket: Socket) -> SocketId {
        let id = SocketId(self.next_id);
        self.next_id += 1;
        self.sockets.insert(id, socket);
        id
    }

    /// `getsockname(2)`: the unspecified address if the socket has none.
    pub(super) fn local_address(&self, id: SocketId) -> SocketAddr {
        let socket = &self.sockets[&id];
        socket.local.unwrap_or_else(|| match socket.family {
            SocketFamily::Ipv4 => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
            SocketFamily::Ipv6 => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
        })
    }

    /// `bind(2)` with `SO_REUSEADDR`: only a listener keeps an address to itself.
    pub(super) fn bind(&mut self, id: SocketId, address: SocketAddr) -> Result<()> {
        let socket = &self.sockets[&id];
        if SocketFamily::of(&address) != socket.family {
            return Err(Errno::AFNOSUPPORT);
        }
        if socket.local.is_some() {
            return Err(Errno::INVAL);
        }
        if !address.ip().is_loopback() && !address.ip().is_unspecified() {
            return Err(Errno::ADDRNOTAVAIL);
        }
        let address = self.with_port(address);
        if self.listener_that_overlaps(address).is_some() {
            return Err(Errno::ADDRINUSE);
        }
        self.socket_mut(id).local = Some(address);
        Ok(())
    }

    /// `listen(2)`; a socket without an address gets one.
    pub(super) fn listen(&mut self, id: SocketId, backlog: i32) -> Result<()> {
        let backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
        let local = match &mut self.socket_mut(id).state {
            State::Connected(_) => return Err(Errno::INVAL),
            State::Listening { backlog: current, .. } => {
                *current = backlog;
                return Ok(());
            }
            State::Unconnected => self.local_address(id),
        };
        let local = self.with_port(local);
        if self.listener_that_overlaps(local).is_some() {
            return Err(Errno::ADDRINUSE);
        }
        self.listeners.insert(local, id);
        let socket = self.socket_mut(id);
        socket.local = Some(local);
        socket.state = State::Listening { backlog, arrived: VecDeque::new() };
        Ok(())
    }

    /// `accept4(2)`; `EAGAIN` when nobody has connected yet.
    pub(super) fn accept(&mut self, id: SocketId) -> Result<(SocketId, SocketAddr)> {
        match &mut self.socket_mut(id).state {
            State::Listening { arrived, .. } => arrived.pop_front().ok_or(Errno::AGAIN),
            State::Unconnected | State::Connected(_) => Err(Errno::INVAL),
        }
    }

    /// `connect(2)`; `EAGAIN` while the listener's backlog is full.
    pub(super) fn connect(&mut self, id: SocketId, address: SocketAddr) -> Result<()> {
        let socket = &self.sockets[&id];
        if !matches!(socket.state, State::Unconnected) {
            return Err(Errno::ISCONN);
        }
        if SocketFamily::of(&address) != socket.family {
            return Err(Errno::AFNOSUPPORT);
        }
        let address = loopback_for(address);
        if !address.ip().is_loopback() {
            return Err(Errno::NETUNREACH);
        }
        let listener = self.listener_at(address).ok_or(Errno::CONNREFUSED)?;
        let family = socket.family;
        let local = match socket.local {
            Some(local) => loopback_for(local),
            None => self.with_port(SocketAddr::new(address.ip(), 0)),
        };
        if !self.has_room(listener) {
            return Err(Errno::AGAIN);
        }
        let served = State::Connected(End::towards(id));
        let server = self.insert(Socket { family, local: Some(address), state: served });
        let client = self.socket_mut(id);
        client.local = Some(local);
        client.state = State::Connected(End::towards(server));
        if let State::Listening { arrived, .. } = &mut self.socket_mut(listener).state {
            arrived.push_back((server, local));
        }
        Ok(())
    }

    /// `recv(2)` of at most `most` bytes; `EAGAIN` while there is nothing to receive.
    pub(super) fn receive(
        &mut self,
        id: SocketId,
        buffer: &mut Vec<u8>,
        most: usize,
    ) -> Result<usize> {
        self.end(id).ok_or(Errno::NOTCONN)?.receive(buffer, most)
    }

    /// Bytes that a receive would give now.
    pub(super) fn received(&mut self, id: SocketId) -> usize {
        self.end(id).map_or(0, |end| end.waiting())
    }

    /// `send(2)` with `MSG_NOSIGNAL`; `EAGAIN` while the other side's buffer is full.
    pub(super) fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize> {
        let end = self.end(id).ok_or(Errno::PIPE)?;
        let other = end.may_send()?;
        match other.and_then(|other| self.end(other)) {
            Some(far) => far.arrive(data),
            None => {
                // The other side is gone: it answers these bytes with a reset.
                if let Some(end) = self.end(id) {
                    end.reset();
                }
                Ok(data.len())
            }
        }
    }

    /// `shutdown(2)`.
    pub(super) fn shutdown(&mut self, id: SocketId, how: Shutdown) -> Result<()> {
        if let State::Listening { .. } = self.socket_mut(id).state {
            if how != Shutdown::Write {
                self.stop_listening(id);
            }
            return Ok(());
        }
        let end = self.end(id).ok_or(Errno::NOTCONN)?;
        let finished = end.shut(how)?;
        if let Some(far) = finished.and_then(|other| self.end(other)) {
            far.finish();
        }
        Ok(())
    }

    /// `close(2)`: the end of the stream for the other side, or a reset if bytes that it sent
    /// were never received.
    pub(super) fn close(&mut self, id: SocketId) {
        self.stop_listening(id);
        let unread = self.received(id) > 0;
        let other = self.end(id).and_then(|end| end.other());
        self.sockets.remove(&id);
        if let Some(far) = other.and_then(|other| self.end(other)) {
            far.lose_other();
            if unread { far.reset() } else { far.finish() }
        }
    }

    /// `close(2)` with `SO_LINGER` of zero, and what a broken network looks like: a reset for the
    /// other side.
    pub(super) fn reset(&mut self, id: SocketId) {
        let other = self.break_connection(id);
        self.sockets.remove(&id);
        if let Some(far) = other.and_then(|other| self.end(other)) {
            far.lose_other();
        }
    }

    /// Resets both ends of a connection; gives the other one.
    pub(super) fn break_connection(&mut self, id: SocketId) -> Option<SocketId> {
        let near = self.end(id)?;
        near.reset();
        let other = near.other()?;
        if let Some(far) = self.end(other) {
            far.reset();
        }
        Some(other)
    }

    fn stop_listening(&mut self, id: SocketId) {
        let socket = self.socket_mut(id);
        let State::Listening { arrived, .. } = &mut socket.state else { return };
        let orphans = std::mem::take(arrived);
        socket.state = State::Unconnected;
        self.listeners.retain(|_, listener| *listener != id);
        for (orphan, _) in orphans {
            self.reset(orphan);
        }
    }

    fn has_room(&self, listener: SocketId) -> bool {
        match &self.sockets[&listener].state {
            // Linux takes one more than the backlog says.
            State::Listening { backlog, arrived } => arrived.len() <= *backlog,
            State::Unconnected | State::Connected(_) => false,
        }
    }

    fn listener_at(&self, address: SocketAddr) -> Option<SocketId> {
        let any = SocketAddr::new(unspecified(address.ip()), address.port());
        self.listeners.get(&address).or_else(|| self.listeners.get(&any)).copied()
    }

    fn listener_that_overlaps(&self, address: SocketAddr) -> Option<SocketId> {
        if !address.ip().is_unspecified() {
            return self.listener_at(address);
        }
        let overlaps = |other: &SocketAddr| {
            other.port() == address.port() && other.is_ipv4() == address.is_ipv4()
        };
        self.listeners.iter().find(|(other, _)| overlaps(other)).map(|(_, id)| *id)
    }

    /// The address with a port: an unused one if it had none.
    fn with_port(&mut self, mut address: SocketAddr) -> SocketAddr {
        while address.port() == 0 {
            let candidate = SocketAddr::new(address.ip(), self.next_port);
            self.next_port = self.next_port.checked_add(1).unwrap_or(FIRST_EPHEMERAL_PORT);
            if self.listener_that_overlaps(candidate).is_none() {
                address = candidate;
            }
        }
        address
    }

    fn end(&mut self, id: SocketId) -> Option<&mut End> {
        match &mut self.sockets.get_mut(&id)?.state {
            State::Connected(end) => Some(end),
            State::Unconnected | State::Listening { .. } => None,
        }
    }

    fn socket_mut(&mut self, id: SocketId) -> &mut Socket {
        self.sockets.get_mut(&id).expect("a socket lives as long as its handle or player")
    }
}

/// To connect to the unspecified address is to connect to the loopback's.
fn loopback_for(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        specified => specified,
    };
    SocketAddr::new(ip, address.port())
}

fn unspecified(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}
