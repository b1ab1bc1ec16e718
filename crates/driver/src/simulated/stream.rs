//! One end of a connection in memory, by TCP or between Unix sockets.

use std::collections::VecDeque;
use std::net::Shutdown;

use rustix::io::{Errno, Result};

use super::network::SocketId;

/// Bytes that wait at one end before the other has to wait.
const RECEIVE_BUFFER_BYTES: usize = 256 << 10;

/// What a connection is made of; the two end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// Each side learns from segments that arrive what became of the other.
    Tcp,
    /// Each side sees the other, and knows at once.
    Unix,
}

/// One end of a connection: what arrived, and how each direction ended.
#[derive(Debug)]
pub(super) struct End {
    transport: Transport,
    arrived: VecDeque<u8>,
    /// The other end; none when it was closed.
    other: Option<SocketId>,
    /// The other side sends no more: its FIN has come.
    far_finished: bool,
    /// This side sends no more.
    near_finished: bool,
    /// This side receives no more.
    deaf: bool,
    /// The connection was reset.
    broken: bool,
    /// What the next call reports, once: `sk_err`.
    error: Option<Errno>,
}

impl End {
    /// A new end of a connection whose other end is `other`.
    pub(super) fn towards(other: SocketId, transport: Transport) -> Self {
        Self {
            transport,
            arrived: VecDeque::new(),
            other: Some(other),
            far_finished: false,
            near_finished: false,
            deaf: false,
            broken: false,
            error: None,
        }
    }

    /// The other end, if it was not closed.
    pub(super) fn other(&self) -> Option<SocketId> {
        self.other
    }

    /// Bytes that have arrived.
    pub(super) fn waiting(&self) -> usize {
        self.arrived.len()
    }

    /// Takes out at most `most` bytes. What arrived before a reset can still be had, as in
    /// `tcp_recvmsg`; `unix_stream_read_generic` then looks for an error before the end.
    pub(super) fn receive(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<usize> {
        if !self.arrived.is_empty() {
            let count = most.min(self.arrived.len());
            buffer.extend(self.arrived.drain(..count));
            return Ok(count);
        }
        if self.far_finished && self.transport == Transport::Tcp {
            return Ok(0);
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.broken || self.deaf || self.far_finished { Ok(0) } else { Err(Errno::AGAIN) }
    }

    /// Whom bytes sent here go to, if any may be sent at all.
    pub(super) fn may_send(&mut self) -> Result<Option<SocketId>> {
        if self.transport == Transport::Tcp
            && let Some(error) = self.error.take()
        {
            return Err(error);
        }
        if self.broken || self.near_finished { Err(Errno::PIPE) } else { Ok(self.other) }
    }

    /// Takes in what fits of what the other end sends.
    pub(super) fn arrive(&mut self, data: &[u8]) -> Result<usize> {
        let count = data.len().min(RECEIVE_BUFFER_BYTES - self.arrived.len());
        if count == 0 && !data.is_empty() {
            return Err(Errno::AGAIN);
        }
        self.arrived.extend(&data[..count]);
        Ok(count)
    }

    /// The other side ended directions.
    pub(super) fn finish(&mut self, how: Shutdown) {
        self.far_finished |= how != Shutdown::Read;
        // A Unix socket knows that nobody hears it; by TCP only an answer would tell.
        self.near_finished |= how != Shutdown::Write && self.transport == Transport::Unix;
    }

    /// The other end was closed.
    pub(super) fn lose_other(&mut self) {
        self.other = None;
    }

    /// The connection was reset. `tcp_reset` reports `EPIPE` to a side that had seen the end of
    /// the stream.
    pub(super) fn reset(&mut self) {
        if !self.broken {
            self.broken = true;
            let ended = self.far_finished && self.transport == Transport::Tcp;
            self.error = Some(if ended { Errno::PIPE } else { Errno::CONNRESET });
        }
    }

    /// Ends directions; gives the other end, which has to be told.
    pub(super) fn shut(&mut self, how: Shutdown) -> Result<Option<SocketId>> {
        let is_over = self.broken || (self.near_finished && self.far_finished);
        if is_over && self.transport == Transport::Tcp {
            return Err(Errno::NOTCONN);
        }
        self.deaf |= how != Shutdown::Write;
        self.near_finished |= how != Shutdown::Read;
        Ok(self.other)
    }
}
