//! Where datagrams arrive at a socket in memory.
//!
//! Left out on purpose: the way there, which the network knows.

use std::collections::VecDeque;
use std::net::Shutdown;

use rustix::io::{Errno, Result};

use super::network::Target;
use crate::{Address, Datagram};

/// Datagrams that wait at a Unix socket before who sends one has to wait: one more than
/// `net.unix.max_dgram_qlen` says, as in Linux.
const UNIX_QUEUE: usize = 11;

/// A socket for datagrams: what arrived, and whom it is connected to.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    arrived: VecDeque<(Address, Vec<u8>)>,
    peer: Option<Target>,
    /// What the next call reports, once: `sk_err`.
    error: Option<Errno>,
    /// It sends no more.
    mute: bool,
    /// It receives no more.
    deaf: bool,
}

impl Mailbox {
    /// Whom it is connected to.
    pub(super) fn peer(&self) -> Option<Target> {
        self.peer
    }

    pub(super) fn connect(&mut self, peer: Target) {
        self.peer = Some(peer);
    }

    /// Forgets whom a Unix socket was connected to, and what arrived; says whether that was any.
    pub(super) fn disconnect(&mut self) -> bool {
        self.peer = None;
        !std::mem::take(&mut self.arrived).is_empty()
    }

    /// The Unix socket that this is connected to has turned away, and lost what was sent to it.
    pub(super) fn reset(&mut self) {
        self.error = Some(Errno::CONNRESET);
    }

    /// Whether what `from` sends may come in here: a connected one hears nobody else.
    pub(super) fn hears(&self, from: Target) -> bool {
        self.peer.is_none_or(|peer| peer == from)
    }

    /// Whether a Unix socket's queue has no room.
    pub(super) fn is_full(&self) -> bool {
        self.arrived.len() >= UNIX_QUEUE
    }

    pub(super) fn arrive(&mut self, from: Address, data: &[u8]) {
        if !self.deaf {
            self.arrived.push_back((from, data.to_vec()));
        }
    }

    /// Takes out one datagram, of which `room` bytes go into `buffer`.
    pub(super) fn receive(&mut self, buffer: &mut Vec<u8>, room: usize) -> Result<Datagram> {
        self.report()?;
        match self.arrived.pop_front() {
            Some((sender, data)) => {
                let count = data.len().min(room);
                buffer.extend_from_slice(&data[..count]);
                Ok(Datagram { count, len: data.len(), sender })
            }
            None if self.deaf => Ok(Datagram { count: 0, len: 0, sender: Address::Unnamed }),
            None => Err(Errno::AGAIN),
        }
    }

    /// Whether it may send.
    pub(super) fn may_send(&mut self) -> Result<()> {
        if self.mute { Err(Errno::PIPE) } else { self.report() }
    }

    /// Nobody is where it sent to: the ICMP message that comes back reaches a socket that is
    /// connected there.
    pub(super) fn refused(&mut self, by: Target) {
        if self.peer == Some(by) {
            self.error = Some(Errno::CONNREFUSED);
        }
    }

    pub(super) fn shut(&mut self, how: Shutdown) {
        self.mute |= how != Shutdown::Read;
        self.deaf |= how != Shutdown::Write;
    }

    fn report(&mut self) -> Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }
}
