//! The way of a datagram from socket to socket in memory.
//!
//! One between internet sockets goes to whoever has the address, or is lost without a word; one
//! between Unix sockets waits for room, and fails where nobody is.
//!
//! Left out on purpose: buffers that are full on the way. What is lost is lost by the faults.

use std::net::SocketAddr;

use rustix::io::{Errno, Result};

use super::mailbox::Mailbox;
use super::network::{Network, SocketId, Target, one_of};
use super::ports::loopback_for;
use crate::Datagram;

/// Most bytes of a datagram by UDP over IPv4: 65,535 less the headers.
const LONGEST_UDP_BYTES: usize = 65_507;

/// Most bytes of a datagram between Unix sockets: `net.core.wmem_default` less 32.
const LONGEST_UNIX_BYTES: usize = 212_960;

impl Network {
    /// `connect(2)` of a socket for datagrams: whom it sends to, and the only one that it hears.
    pub(super) fn connect_mailbox(&mut self, id: SocketId, to: Target) -> Result<()> {
        let peer = match to {
            Target::Unix(other) => {
                self.unix_mailbox(id, other)?;
                if let Some(Target::Unix(old)) = self.mailbox(id).and_then(|near| near.peer())
                    && old != other
                {
                    self.leave(id, old);
                }
                to
            }
            Target::Inet(address) => {
                let address = self.reachable(id, address)?;
                let local = loopback_for(self.inet_local(id));
                let local = self.mailboxes().with_port(local);
                self.settle_at(id, local);
                Target::Inet(address)
            }
        };
        self.mailbox(id).ok_or(Errno::OPNOTSUPP)?.connect(peer);
        Ok(())
    }

    /// `recvfrom(2)`; `EAGAIN` while nothing has arrived.
    pub(super) fn receive_datagram(
        &mut self,
        id: SocketId,
        buffer: &mut Vec<u8>,
        room: usize,
    ) -> Result<Datagram> {
        self.mailbox(id).ok_or(Errno::OPNOTSUPP)?.receive(buffer, room)
    }

    /// `sendto(2)`, or `send(2)` without `to`; `EAGAIN` while a Unix socket's queue is full.
    pub(super) fn send_datagram(
        &mut self,
        id: SocketId,
        data: &[u8],
        to: Option<Target>,
        is_lost: impl FnOnce() -> bool,
    ) -> Result<usize> {
        let mailbox = self.mailbox(id).ok_or(Errno::OPNOTSUPP)?;
        mailbox.may_send()?;
        let peer = mailbox.peer();
        match to.or(peer) {
            Some(Target::Unix(other)) if to.is_none() && !self.exists(other) => {
                self.leave(id, other);
                return Err(Errno::CONNREFUSED);
            }
            Some(Target::Unix(other)) => self.send_unix(id, data, other)?,
            Some(Target::Inet(address)) => self.send_udp(id, data, address, is_lost)?,
            None if self.is_unix(id) => return Err(Errno::NOTCONN),
            None => return Err(Errno::DESTADDRREQ),
        }
        Ok(data.len())
    }

    fn send_udp(
        &mut self,
        id: SocketId,
        data: &[u8],
        to: SocketAddr,
        is_lost: impl FnOnce() -> bool,
    ) -> Result<()> {
        if data.len() > LONGEST_UDP_BYTES {
            return Err(Errno::MSGSIZE);
        }
        let to = self.reachable(id, to)?;
        let local = self.inet_local(id);
        if local.port() == 0 {
            let local = self.mailboxes().with_port(local);
            self.settle_at(id, local);
        }
        let from = loopback_for(self.inet_local(id));
        match self.whose_is(to, Target::Inet(from), from.port()) {
            Some(_) if is_lost() => {}
            Some(mailbox) => mailbox.arrive(from.into(), data),
            None => self.mailbox(id).ok_or(Errno::OPNOTSUPP)?.refused(Target::Inet(to)),
        }
        Ok(())
    }

    /// Where a datagram arrives: at one who is connected to the sender, else at one of those who
    /// have the address, before those who have its port at all addresses.
    fn whose_is(&mut self, to: SocketAddr, from: Target, port: u16) -> Option<&mut Mailbox> {
        let holders: Vec<Vec<SocketId>> = self.mailboxes().at(to).map(<[_]>::to_vec).collect();
        let mut heard_by = |ids: Vec<SocketId>| -> Vec<SocketId> {
            let hears =
                |id: &SocketId| self.mailbox(*id).is_some_and(|mailbox| mailbox.hears(from));
            ids.into_iter().filter(hears).collect()
        };
        let found = holders.into_iter().map(&mut heard_by).find(|ids| !ids.is_empty())?;
        let connected = found
            .iter()
            .copied()
            .find(|id| self.mailbox(*id).is_some_and(|mailbox| mailbox.peer() == Some(from)));
        self.mailbox(connected.unwrap_or_else(|| one_of(&found, port)))
    }

    fn send_unix(&mut self, id: SocketId, data: &[u8], other: SocketId) -> Result<()> {
        if data.len() > LONGEST_UNIX_BYTES {
            return Err(Errno::MSGSIZE);
        }
        let from = self.local_address(id);
        let mailbox = self.unix_mailbox(id, other)?;
        if mailbox.is_full() {
            return Err(Errno::AGAIN);
        }
        mailbox.arrive(from, data);
        Ok(())
    }

    /// A Unix socket is connected to `old` no more: what had arrived is lost, and if that was
    /// connected here it is told (`unix_dgram_disconnected`).
    fn leave(&mut self, id: SocketId, old: SocketId) {
        let lost = self.mailbox(id).is_some_and(Mailbox::disconnect);
        if let Some(far) = self.mailbox(old)
            && lost
            && far.peer() == Some(Target::Unix(id))
        {
            far.reset();
        }
    }

    /// The mailbox of a Unix socket that `id` speaks to.
    fn unix_mailbox(&mut self, id: SocketId, other: SocketId) -> Result<&mut Mailbox> {
        if !self.exists(other) {
            return Err(Errno::CONNREFUSED);
        }
        let mailbox = self.mailbox(other).ok_or(Errno::PROTOTYPE)?;
        if mailbox.hears(Target::Unix(id)) { Ok(mailbox) } else { Err(Errno::PERM) }
    }
}
