//! One end of a TCP connection in memory.

use std::collections::VecDeque;
use std::net::Shutdown;

use rustix::io::{Errno, Result};

use super::network::SocketId;

/// Bytes that wait at one end before the other has to wait.
const RECEIVE_BUFFER_BYTES: usize = 256 << 10;

/// One end of a connection: what arrived, and how each direction ended.
#[derive(Debug)]
pub(super) struct End {
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
    pub(super) fn towards(other: SocketId) -> Self {
        Self {
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
    /// `tcp_recvmsg`.
    pub(super) fn receive(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<usize> {
        if !self.arrived.is_empty() {
            let count = most.min(self.arrived.len());
            buffer.extend(self.arrived.drain(..count));
            return Ok(count);
        }
        if self.far_finished {
            return Ok(0);
        }
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.broken || self.deaf { Ok(0) } else { Err(Errno::AGAIN) }
    }

    /// Whom bytes sent here go to, if any may be sent at all.
    pub(super) fn may_send(&mut self) -> Result<Option<SocketId>> {
        if let Some(error) = self.error.take() {
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

    /// The other side sends no more.
    pub(super) fn finish(&mut self) {
        self.far_finished = true;
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
            self.error = Some(if self.far_finished { Errno::PIPE } else { Errno::CONNRESET });
        }
    }

    /// Ends directions; gives the other end if it has to be told that this one sends no more.
    pub(super) fn shut(&mut self, how: Shutdown) -> Result<Option<SocketId>> {
        if self.broken || (self.near_finished && self.far_finished) {
            return Err(Errno::NOTCONN);
        }
        if how != Shutdown::Write {
            self.deaf = true;
        }
        if how == Shutdown::Read {
            return Ok(None);
        }
        self.near_finished = true;
        Ok(self.other)
    }
}
