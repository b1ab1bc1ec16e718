//! A loopback interface and Unix sockets in memory, with the answers that Linux gives.
//!
//! Left out on purpose: packets, latency, every address but the loopback's, and sockets that
//! speak both IPv4 and IPv6.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};

use rustix::io::{Errno, Result};

use super::mailbox::Mailbox;
use super::ports::{Ports, loopback_for};
use super::stream::{End, Transport};
use crate::{Address, BindShare, SocketFamily, SocketKind};

/// Names a socket of a [`Network`]; no other has or will have its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SocketId(u64);

/// Whom something is for, once a name has been looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Whoever has this address.
    Inet(SocketAddr),
    /// A Unix socket, which may be closed by now.
    Unix(SocketId),
}

/// All sockets of a simulated world.
#[derive(Debug)]
pub(super) struct Network {
    sockets: BTreeMap<SocketId, Socket>,
    listeners: Ports,
    mailboxes: Ports,
    abstract_names: BTreeMap<Box<[u8]>, SocketId>,
    next_id: u64,
}

#[derive(Debug)]
struct Socket {
    family: SocketFamily,
    local: Option<Address>,
    share: BindShare,
    state: State,
}

#[derive(Debug)]
enum State {
    Unconnected,
    Listening { backlog: usize, arrived: VecDeque<(SocketId, Address)> },
    Connected(End),
    Datagrams(Mailbox),
}

impl Network {
    pub(super) fn new() -> Self {
        Self {
            sockets: BTreeMap::new(),
            listeners: Ports::new(),
            mailboxes: Ports::new(),
            abstract_names: BTreeMap::new(),
            next_id: 0,
        }
    }

    /// `socket(2)`.
    pub(super) fn socket(&mut self, family: SocketFamily, kind: SocketKind) -> SocketId {
        let state = match kind {
            SocketKind::Stream => State::Unconnected,
            SocketKind::Datagram => State::Datagrams(Mailbox::default()),
        };
        self.insert(Socket { family, local: None, share: BindShare::Alone, state })
    }

    fn insert(&mut self, socket: Socket) -> SocketId {
        let id = SocketId(self.next_id);
        self.next_id += 1;
        self.sockets.insert(id, socket);
        id
    }

    /// `getsockname(2)`: the unspecified address if the socket has none.
    pub(super) fn local_address(&self, id: SocketId) -> Address {
        let socket = &self.sockets[&id];
        let unspecified = || match socket.family {
            SocketFamily::Ipv4 => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0).into(),
            SocketFamily::Ipv6 => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0).into(),
            SocketFamily::Unix => Address::Unnamed,
        };
        socket.local.clone().unwrap_or_else(unspecified)
    }

    /// Whether an address is of a family that the socket can have, and it has none yet.
    pub(super) fn may_bind(&self, id: SocketId, address: &Address) -> Result<()> {
        let socket = &self.sockets[&id];
        if address.family() != socket.family {
            return Err(mismatch(socket.family));
        }
        if socket.local.is_some() { Err(Errno::INVAL) } else { Ok(()) }
    }

    /// `bind(2)` to a name that the filesystem has given this socket.
    pub(super) fn bind_path(&mut self, id: SocketId, address: Address) {
        self.socket_mut(id).local = Some(address);
    }

    /// `bind(2)` to an abstract name; one is found for a socket that asks for none.
    pub(super) fn bind_abstract(&mut self, id: SocketId, name: Option<&[u8]>) -> Result<()> {
        let name: Box<[u8]> = match name {
            Some(name) => name.into(),
            None => format!("{:05x}", id.0).into_bytes().into(),
        };
        if self.abstract_names.contains_key(&name) {
            return Err(Errno::ADDRINUSE);
        }
        self.abstract_names.insert(name.clone(), id);
        self.socket_mut(id).local = Some(Address::Abstract(name));
        Ok(())
    }

    /// Whose an abstract name is.
    pub(super) fn abstract_socket(&self, name: &[u8]) -> Result<SocketId> {
        self.abstract_names.get(name).copied().ok_or(Errno::CONNREFUSED)
    }

    /// `bind(2)` to an internet address. Streams have `SO_REUSEADDR`, so that of them only a
    /// listener keeps an address to itself.
    pub(super) fn bind_inet(
        &mut self,
        id: SocketId,
        address: SocketAddr,
        share: BindShare,
    ) -> Result<()> {
        if !address.ip().is_loopback() && !address.ip().is_unspecified() {
            return Err(Errno::ADDRNOTAVAIL);
        }
        let address = self.ports_of(id).with_port(address);
        self.socket_mut(id).share = share;
        if self.is_taken(id, address) {
            return Err(Errno::ADDRINUSE);
        }
        self.socket_mut(id).local = Some(address.into());
        if self.mailbox(id).is_some() {
            self.mailboxes.add(address, id);
        }
        Ok(())
    }

    /// Whether somebody has an address who does not share it with this socket.
    fn is_taken(&mut self, id: SocketId, address: SocketAddr) -> bool {
        let shares = |id: &SocketId| self.sockets[id].share == BindShare::WithOthers;
        let ports = match self.sockets[&id].state {
            State::Datagrams(_) => &self.mailboxes,
            _ => &self.listeners,
        };
        ports.overlapping(address).any(|other| !(shares(&id) && shares(&other)))
    }

    fn ports_of(&mut self, id: SocketId) -> &mut Ports {
        match self.sockets[&id].state {
            State::Datagrams(_) => &mut self.mailboxes,
            _ => &mut self.listeners,
        }
    }

    /// `listen(2)`; an internet socket without an address gets one.
    pub(super) fn listen(&mut self, id: SocketId, backlog: i32) -> Result<()> {
        let backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
        let is_bound = self.sockets[&id].local.is_some();
        let local = match &mut self.socket_mut(id).state {
            State::Datagrams(_) => return Err(Errno::OPNOTSUPP),
            State::Connected(_) => return Err(Errno::INVAL),
            State::Listening { backlog: current, .. } => {
                *current = backlog;
                return Ok(());
            }
            State::Unconnected => self.local_address(id),
        };
        let local = match local {
            Address::Inet(address) => {
                let address = self.listeners.with_port(address);
                if self.is_taken(id, address) {
                    return Err(Errno::ADDRINUSE);
                }
                self.listeners.add(address, id);
                address.into()
            }
            name if is_bound => name,
            _ => return Err(Errno::INVAL),
        };
        let socket = self.socket_mut(id);
        socket.local = Some(local);
        socket.state = State::Listening { backlog, arrived: VecDeque::new() };
        Ok(())
    }

    /// `accept4(2)`; `EAGAIN` when nobody has connected yet.
    pub(super) fn accept(&mut self, id: SocketId) -> Result<(SocketId, Address)> {
        match &mut self.socket_mut(id).state {
            State::Listening { arrived, .. } => arrived.pop_front().ok_or(Errno::AGAIN),
            State::Unconnected | State::Connected(_) => Err(Errno::INVAL),
            State::Datagrams(_) => Err(Errno::OPNOTSUPP),
        }
    }

    /// `connect(2)`; `EAGAIN` while the listener's backlog is full.
    pub(super) fn connect(&mut self, id: SocketId, to: Target) -> Result<()> {
        let socket = &self.sockets[&id];
        match (&socket.state, to, socket.family) {
            (State::Connected(_) | State::Listening { .. }, ..) => Err(Errno::ISCONN),
            (_, Target::Unix(_), SocketFamily::Ipv4 | SocketFamily::Ipv6)
            | (_, Target::Inet(_), SocketFamily::Unix) => Err(mismatch(socket.family)),
            (State::Datagrams(_), ..) => self.connect_mailbox(id, to),
            (_, Target::Inet(address), _) => self.connect_tcp(id, address),
            (_, Target::Unix(listener), _) => self.connect_unix(id, listener),
        }
    }

    fn connect_tcp(&mut self, id: SocketId, address: SocketAddr) -> Result<()> {
        let address = self.reachable(id, address)?;
        let local = loopback_for(self.inet_local(id));
        let local = self.listeners.with_port(local);
        let listener = self.listeners.at(address).next().map(|ids| one_of(ids, local.port()));
        self.join(id, listener.ok_or(Errno::CONNREFUSED)?, Transport::Tcp, |client, server| {
            client.local = Some(local.into());
            server.local = Some(address.into());
        })
    }

    fn connect_unix(&mut self, id: SocketId, listener: SocketId) -> Result<()> {
        let name = match self.sockets.get(&listener) {
            Some(Socket { state: State::Listening { .. }, local, .. }) => local.clone(),
            Some(Socket { state: State::Datagrams(_), .. }) => return Err(Errno::PROTOTYPE),
            _ => return Err(Errno::CONNREFUSED),
        };
        self.join(id, listener, Transport::Unix, |_, server| server.local = name)
    }

    /// Makes a connection that waits at a listener to be accepted.
    fn join(
        &mut self,
        id: SocketId,
        listener: SocketId,
        transport: Transport,
        name: impl FnOnce(&mut Socket, &mut Socket),
    ) -> Result<()> {
        if !self.has_room(listener) {
            return Err(Errno::AGAIN);
        }
        let family = self.sockets[&id].family;
        let state = State::Connected(End::towards(id, transport));
        let mut served = Socket { family, local: None, share: BindShare::Alone, state };
        name(self.socket_mut(id), &mut served);
        let server = self.insert(served);
        self.socket_mut(id).state = State::Connected(End::towards(server, transport));
        let from = self.local_address(id);
        if let State::Listening { arrived, .. } = &mut self.socket_mut(listener).state {
            arrived.push_back((server, from));
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
        let unconnected = self.unconnected(id, Errno::NOTCONN, Errno::INVAL);
        self.end(id).ok_or(unconnected)?.receive(buffer, most)
    }

    /// Bytes that a receive would give now.
    pub(super) fn received(&mut self, id: SocketId) -> usize {
        self.end(id).map_or(0, |end| end.waiting())
    }

    /// `send(2)` with `MSG_NOSIGNAL`; `EAGAIN` while the other side's buffer is full.
    pub(super) fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize> {
        let unconnected = self.unconnected(id, Errno::PIPE, Errno::NOTCONN);
        let end = self.end(id).ok_or(unconnected)?;
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
        let is_unix = self.is_unix(id);
        match &mut self.socket_mut(id).state {
            State::Listening { .. } => {
                if how != Shutdown::Write {
                    self.stop_listening(id);
                }
                return Ok(());
            }
            State::Datagrams(mailbox) if is_unix || mailbox.peer().is_some() => mailbox.shut(how),
            State::Connected(_) => {}
            State::Unconnected if is_unix => {}
            State::Datagrams(_) | State::Unconnected => return Err(Errno::NOTCONN),
        }
        let Some(end) = self.end(id) else { return Ok(()) };
        let other = end.shut(how)?;
        if let Some(far) = other.and_then(|other| self.end(other)) {
            far.finish(how);
        }
        Ok(())
    }

    /// `close(2)`: the end of the stream for the other side, or a reset if bytes that it sent
    /// were never received.
    pub(super) fn close(&mut self, id: SocketId) {
        self.stop_listening(id);
        self.mailboxes.remove(id);
        self.abstract_names.retain(|_, holder| *holder != id);
        let unread = self.received(id) > 0;
        let other = self.end(id).and_then(|end| end.other());
        self.sockets.remove(&id);
        if let Some(far) = other.and_then(|other| self.end(other)) {
            far.lose_other();
            if unread { far.reset() } else { far.finish(Shutdown::Both) }
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
        self.listeners.remove(id);
        for (orphan, _) in orphans {
            self.reset(orphan);
        }
    }

    fn has_room(&self, listener: SocketId) -> bool {
        match &self.sockets[&listener].state {
            // Linux takes one more than the backlog says.
            State::Listening { backlog, arrived } => arrived.len() <= *backlog,
            _ => false,
        }
    }

    /// Where an internet address leads to, for this socket: all that there is, is the loopback.
    pub(super) fn reachable(&self, id: SocketId, address: SocketAddr) -> Result<SocketAddr> {
        if Address::from(address).family() != self.sockets[&id].family {
            return Err(Errno::AFNOSUPPORT);
        }
        let address = loopback_for(address);
        if address.ip().is_loopback() { Ok(address) } else { Err(Errno::NETUNREACH) }
    }

    /// The address of an internet socket; the unspecified one if it has none.
    pub(super) fn inet_local(&self, id: SocketId) -> SocketAddr {
        let local = self.local_address(id).inet();
        local.unwrap_or_else(|| unreachable!("internet addresses are for internet sockets"))
    }

    /// Whether a socket is open.
    pub(super) fn exists(&self, id: SocketId) -> bool {
        self.sockets.contains_key(&id)
    }

    pub(super) fn is_unix(&self, id: SocketId) -> bool {
        self.sockets[&id].family == SocketFamily::Unix
    }

    /// The error of a stream's socket that has no connection, by TCP and between Unix sockets.
    fn unconnected(&self, id: SocketId, tcp: Errno, unix: Errno) -> Errno {
        if self.is_unix(id) { unix } else { tcp }
    }

    /// The mailbox of a socket for datagrams.
    pub(super) fn mailbox(&mut self, id: SocketId) -> Option<&mut Mailbox> {
        match &mut self.sockets.get_mut(&id)?.state {
            State::Datagrams(mailbox) => Some(mailbox),
            _ => None,
        }
    }

    /// Who has which internet address among sockets for datagrams.
    pub(super) fn mailboxes(&mut self) -> &mut Ports {
        &mut self.mailboxes
    }

    /// Gives a socket for datagrams an internet address, in place of one that it had.
    pub(super) fn settle_at(&mut self, id: SocketId, address: SocketAddr) {
        self.mailboxes.remove(id);
        self.mailboxes.add(address, id);
        self.socket_mut(id).local = Some(address.into());
    }

    fn end(&mut self, id: SocketId) -> Option<&mut End> {
        match &mut self.sockets.get_mut(&id)?.state {
            State::Connected(end) => Some(end),
            _ => None,
        }
    }

    fn socket_mut(&mut self, id: SocketId) -> &mut Socket {
        self.sockets.get_mut(&id).expect("a socket lives as long as its handle or player")
    }
}

/// Which of those that share an address something from `port` is for.
pub(super) fn one_of(sharers: &[SocketId], port: u16) -> SocketId {
    sharers[usize::from(port) % sharers.len()]
}

/// The error for an address that a socket of this family cannot have or speak to.
fn mismatch(family: SocketFamily) -> Errno {
    if family == SocketFamily::Unix { Errno::INVAL } else { Errno::AFNOSUPPORT }
}
