//! One connection of the load: one message in flight at most, checked as it comes back.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, bind, connect, recv,
    send, shutdown, socket_with, sockopt,
};

use super::pattern::Pattern;

/// One connection.
pub(super) struct Connection {
    socket: OwnedFd,
    /// Its number among all connections of the load.
    number: usize,
    /// Messages that came back whole.
    answered: u64,
    /// Bytes of the message in flight that were sent, and that came back.
    sent: usize,
    received: usize,
    /// When the message in flight was sent or due; none while there is none.
    since: Option<Instant>,
    /// Takes in what comes back, instead of comparing it.
    digest: Option<Box<blake3::Hasher>>,
}

/// What became of the message in flight.
pub(super) enum Arrived {
    /// Nothing, or a part of it, came back: so many bytes.
    Part(usize),
    /// The last of it came back: so many bytes. It was sent or due then.
    Whole(usize, Instant),
    /// The server ended the connection between two messages.
    End,
}

impl Connection {
    /// Begins to connect; the socket reports that it is writable when that is done.
    pub(super) fn open(
        number: usize,
        server: SocketAddr,
        source: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let family = if server.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        if let Some(source) = source {
            bind(&socket, &source)?;
        }
        match connect(&socket, &server) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let (answered, sent, received) = (0, 0, 0);
        Ok(Self { socket, number, answered, sent, received, since: None, digest: None })
    }

    /// Digests what comes back from now on.
    pub(super) fn start_digest(&mut self) {
        self.digest = Some(Box::default());
    }

    /// The digest of what came back, once.
    pub(super) fn take_digest(&mut self) -> Option<blake3::Hash> {
        self.digest.take().map(|digest| digest.finalize())
    }

    pub(super) fn is_busy(&self) -> bool {
        self.since.is_some()
    }

    /// When the message in flight was sent or due.
    pub(super) fn busy_since(&self) -> Option<Instant> {
        self.since
    }

    /// Puts the next message in flight; none is yet.
    pub(super) fn begin(&mut self, since: Instant) {
        (self.sent, self.received, self.since) = (0, 0, Some(since));
    }

    /// Whether some of the message in flight is not sent yet.
    pub(super) fn has_unsent(&self, pattern: &Pattern) -> bool {
        self.is_busy() && self.sent < pattern.message_bytes()
    }

    /// Sends as much of the message in flight as the socket takes; gives how many bytes.
    pub(super) fn send(&mut self, pattern: &Pattern) -> Result<usize, String> {
        let message = pattern.message(self.number, self.answered);
        let before = self.sent;
        while self.sent < message.len() {
            match send(&self.socket, &message[self.sent..], SendFlags::NOSIGNAL) {
                Ok(count) => self.sent += count,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.failure(pattern, &format!("{error} on send"))),
            }
        }
        Ok(self.sent - before)
    }

    /// Takes what came back, as far as there is any.
    pub(super) fn receive(
        &mut self,
        pattern: &Pattern,
        scratch: &mut [u8],
    ) -> Result<Arrived, String> {
        let mut arrived = 0;
        loop {
            let count = match recv(&self.socket, &mut *scratch, RecvFlags::empty()) {
                Ok((0, _)) if self.since.is_none() => return Ok(Arrived::End),
                Ok((0, _)) => {
                    return Err(self.failure(pattern, "the server closed the connection"));
                }
                Ok((count, _)) => count,
                Err(Errno::AGAIN) => return Ok(Arrived::Part(arrived)),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(self.failure(pattern, &format!("{error} on receive"))),
            };
            self.check(pattern, &scratch[..count])?;
            arrived += count;
            self.received += count;
            if self.received == pattern.message_bytes()
                && let Some(since) = self.since.take()
            {
                self.answered += 1;
                return Ok(Arrived::Whole(arrived, since));
            }
            // A short read emptied the socket: the next byte is a new edge (`epoll(7)`).
            if count < scratch.len() {
                return Ok(Arrived::Part(arrived));
            }
        }
    }

    /// Checks bytes that came back against those that were sent.
    fn check(&mut self, pattern: &Pattern, came: &[u8]) -> Result<(), String> {
        let unanswered = if self.is_busy() { self.sent - self.received } else { 0 };
        if came.len() > unanswered {
            let more = came.len() - unanswered;
            return Err(self.failure(pattern, &format!("{more} bytes came that were never sent")));
        }
        if let Some(digest) = &mut self.digest {
            digest.update(came);
            return Ok(());
        }
        let message = pattern.message(self.number, self.answered);
        let sent = &message[self.received..self.received + came.len()];
        if sent == came {
            return Ok(());
        }
        let place = sent.iter().zip(came).take_while(|(sent, came)| sent == came).count();
        let place = self.received + place;
        Err(self.failure(pattern, &format!("byte {place} came back as another")))
    }

    /// Says to the server that no more messages come.
    pub(super) fn end(&self) {
        // A connection that is gone already needs no end.
        let _ = shutdown(&self.socket, Shutdown::Write);
    }

    /// What went wrong, where.
    pub(super) fn failure(&self, pattern: &Pattern, what: &str) -> String {
        let (number, of) = (self.number, pattern.message_bytes());
        match self.since {
            None => format!("connection {number}, between two messages: {what}"),
            Some(_) => format!(
                "connection {number}, message {}: {what}, when {} of {of} bytes were sent and {} \
                 were back",
                self.answered, self.sent, self.received
            ),
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
