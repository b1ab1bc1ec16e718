//! One connection of a flow with a peer, followed on paper.
//!
//! How much a peer will have sent, and how long it takes over it, follows from the plan. So a
//! flow that would wait for ever is found before it is run, and so is the least time that it
//! waits.

use std::time::Duration;

use crate::limits::DATAGRAM_BYTES_MAX;
use crate::mistake::Mistake;
use crate::{Amount, Fault, Peer, Reply, Request, Transport, size_text};

/// One connection of a flow with a peer.
pub(crate) struct Connection<'p> {
    name: &'p str,
    peer: &'p Peer,
    role: Role,
    /// Bytes that the flow has sent.
    sent: u64,
    /// And in how many steps.
    sends: u64,
    /// Bytes that it has received; `None` once the plan does not tell.
    received: Option<u64>,
    /// How many of the peer's delays lie behind what the flow has received.
    delays: u64,
    /// When the step begins that is followed now, by the least that the steps before it take.
    now: Duration,
    /// When the peer could begin with what the flow has not received yet.
    asked_at: Duration,
    /// When the peer has sent what the flow has received.
    free_at: Duration,
    /// Whether the flow has received something since it sent.
    answered: bool,
    /// Whether the flow has ended what it sends.
    shut: bool,
    /// Whether it has seen the end of what the peer sends.
    ended: bool,
}

/// Which of the two connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The flow: the peer is there.
    There,
    /// The peer: it comes.
    Comes,
}

/// What a step on the network takes and brings, as far as the plan tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// The least time for which the flow waits for the peer.
    pub(crate) wait: Duration,
    /// Bytes that the flow sends.
    pub(crate) sent: u64,
    /// Bytes that it receives.
    pub(crate) received: u64,
    /// Whether the peer's fault fails the flow here.
    pub(crate) fails: bool,
}

impl<'p> Connection<'p> {
    /// A connection that is made now.
    pub(crate) fn new(name: &'p str, peer: &'p Peer, role: Role, now: Duration) -> Self {
        Self {
            name,
            peer,
            role,
            sent: 0,
            sends: 0,
            received: Some(0),
            delays: 0,
            now,
            asked_at: now,
            free_at: now,
            answered: true,
            shut: false,
            ended: false,
        }
    }

    /// The connection at a later time.
    pub(crate) fn at(&mut self, now: Duration) -> &mut Self {
        self.now = now;
        self
    }

    pub(crate) fn send(&mut self, bytes: u64) -> Result<Exchange, Mistake> {
        if self.shut {
            return Err(wrong("`send` comes after `shutdown`".to_owned(), SEND_EARLIER));
        }
        if self.peer.transport == Transport::Udp && bytes > DATAGRAM_BYTES_MAX {
            return Err(Mistake::OutOfRange {
                what: "what is sent as one datagram".to_owned(),
                value: size_text(bytes),
                least: size_text(0),
                most: size_text(DATAGRAM_BYTES_MAX),
            });
        }
        self.sent = self.sent.saturating_add(bytes);
        self.sends += 1;
        // The peer works while the flow goes on: a delay is no wait for who comes late.
        if self.answered && self.role == Role::There {
            self.asked_at = self.now;
        }
        self.answered = false;
        Ok(Exchange { sent: bytes, ..Exchange::default() })
    }

    pub(crate) fn shutdown(&mut self) -> Result<Exchange, Mistake> {
        if self.shut {
            return Err(wrong("`shutdown` comes after `shutdown`".to_owned(), "leave one out"));
        }
        self.check_stream("shutdown")?;
        self.shut = true;
        Ok(Exchange::default())
    }

    pub(crate) fn receive(
        &mut self,
        amount: Amount,
        timeout: Duration,
    ) -> Result<Exchange, Mistake> {
        self.check_not_ended("recv")?;
        let bytes = match amount {
            Amount::Bytes(bytes) => {
                self.check_available(bytes)?;
                bytes
            }
            Amount::ToEnd => {
                self.check_end()?;
                self.ended = true;
                let received = self.received.unwrap_or(u64::MAX);
                self.least_available().saturating_sub(received)
            }
        };
        let exchange = self.take(bytes, amount, timeout);
        self.received = self.received.map(|received| received.saturating_add(bytes));
        Ok(exchange)
    }

    pub(crate) fn receive_until(
        &mut self,
        delimiter: &[u8],
        timeout: Duration,
    ) -> Result<Exchange, Mistake> {
        self.check_stream("recv_until")?;
        self.check_not_ended("recv_until")?;
        self.check_available(delimiter.len() as u64)?;
        let sends = match (self.role, &self.peer.request, &self.peer.reply) {
            (Role::Comes, Some(Request::Content(content)), _)
            | (Role::There, _, Reply::Content(content)) => Some(content),
            _ => None,
        };
        if sends.is_some_and(|content| !content.may_contain(delimiter)) {
            let what = format!("what `{}` sends has no {:?}", self.name, text_of(delimiter));
            return Err(wrong(what, "say what it sends as a text: { text = \"PONG\\r\\n\" }"));
        }
        let exchange = self.take(delimiter.len() as u64, Amount::Bytes(0), timeout);
        self.received = None;
        Ok(Exchange { received: 0, ..exchange })
    }

    /// What receiving so many bytes takes, and whether a fault is in the way.
    fn take(&mut self, bytes: u64, amount: Amount, timeout: Duration) -> Exchange {
        let before_fault = match (self.peer.fault, self.received) {
            (Some(fault), Some(received)) => fault.after_bytes().saturating_sub(received),
            _ => u64::MAX,
        };
        let comes = bytes.min(before_fault);
        let delays = self.delays_until(comes);
        let delay = self.peer.delay.saturating_mul(u32::try_from(delays).unwrap_or(u32::MAX));
        self.delays += delays;
        self.answered = true;
        self.free_at = self.free_at.max(self.asked_at);
        self.free_at = self.free_at.saturating_add(delay).saturating_add(self.peer.transfer(comes));
        let wait = self.free_at.saturating_sub(self.now);
        // The end of the stream lies behind its last byte.
        let meets_fault = bytes > before_fault || amount == Amount::ToEnd && bytes == before_fault;
        match self.peer.fault {
            _ if wait > timeout => Exchange { wait: timeout, sent: 0, received: 0, fails: true },
            Some(Fault::StallAfter(_)) if meets_fault => {
                Exchange { wait: timeout, sent: 0, received: comes, fails: true }
            }
            // To all that there is, a connection that is closed is an end as any other.
            Some(Fault::CloseAfter(_)) if amount == Amount::ToEnd => {
                Exchange { wait, sent: 0, received: comes, fails: false }
            }
            _ => Exchange { wait, sent: 0, received: comes, fails: meets_fault },
        }
    }

    /// How many delays, beyond those that were waited for, lie before the next so many bytes.
    fn delays_until(&self, bytes: u64) -> u64 {
        let needed = match (self.role, &self.peer.reply, self.received) {
            (Role::There, Reply::Content(reply), Some(received)) if reply.len() > 0 => {
                received.saturating_add(bytes).div_ceil(reply.len() as u64)
            }
            // An echo's pieces are not known, nor what was received up to a delimiter.
            _ => 1,
        };
        needed.saturating_sub(self.delays)
    }

    /// Bytes that the peer will have sent by now, faults apart, if the plan tells.
    fn available(&self) -> Option<u64> {
        match (self.role, &self.peer.reply) {
            (Role::Comes, _) => Some(self.peer.request_bytes()),
            (Role::There, Reply::Echo) => Some(self.sent),
            (Role::There, Reply::Content(reply)) => {
                self.requests().map(|requests| requests.saturating_mul(reply.len() as u64))
            }
        }
    }

    /// At least so many, in a flow that can work.
    fn least_available(&self) -> u64 {
        match &self.peer.reply {
            Reply::Content(reply) => self.available().unwrap_or(reply.len() as u64),
            Reply::Echo => self.available().unwrap_or(0),
        }
    }

    /// Whole requests that the flow has sent, if the plan tells.
    fn requests(&self) -> Option<u64> {
        match &self.peer.request {
            _ if self.sent == 0 => Some(0),
            _ if self.peer.transport == Transport::Udp => Some(self.sends),
            None => Some(1),
            Some(Request::Content(request)) => Some(self.sent / request.len().max(1) as u64),
            Some(Request::Until(_)) => None,
        }
    }

    fn check_available(&self, bytes: u64) -> Result<(), Mistake> {
        let (Some(available), Some(received)) = (self.available(), self.received) else {
            return Ok(());
        };
        let (name, comes) = (self.name, available.saturating_sub(received));
        if bytes > comes {
            let what = format!(
                "{} would never come: `{name}` will have sent {}",
                size_text(bytes),
                if comes == 0 {
                    "nothing more".to_owned()
                } else {
                    format!("{} more", size_text(comes))
                },
            );
            return Err(wrong(what, self.how_to_get_more()));
        }
        match &self.peer.reply {
            Reply::Content(reply)
                if self.peer.transport == Transport::Udp && bytes != reply.len() as u64 =>
            {
                let what = format!("a datagram of `{name}` has {}", size_text(reply.len() as u64));
                Err(wrong(what, "receive each datagram whole, with a `recv` of its size"))
            }
            _ => Ok(()),
        }
    }

    fn how_to_get_more(&self) -> &'static str {
        match (self.role, &self.peer.reply, &self.peer.request) {
            (Role::Comes, _, _) => "what a peer that comes sends is its `request`",
            (Role::There, _, _) if self.sent == 0 => "a peer answers what it gets: `send` first",
            (Role::There, Reply::Echo, _) => "an echo has as many bytes as were sent",
            (Role::There, _, None) => {
                "such a peer answers once on a connection; with `request = \"64 B\"`, or \
                 `request = { until = \"\\r\\n\" }`, it knows where the next request starts"
            }
            (Role::There, _, Some(_)) => "a reply comes for each whole request",
        }
    }

    fn check_end(&self) -> Result<(), Mistake> {
        self.check_stream("recv = \"all\"")?;
        let answers_once = self.peer.request.is_none() && !matches!(self.peer.reply, Reply::Echo);
        let ends = match self.role {
            Role::Comes => true,
            Role::There => self.shut || self.peer.fault.is_some() || answers_once && self.sent > 0,
        };
        if ends {
            return Ok(());
        }
        let what = format!("the end would never come: `{}` awaits more", self.name);
        Err(wrong(what, "put { shutdown = true } before it, or say how much to receive"))
    }

    fn check_not_ended(&self, step: &str) -> Result<(), Mistake> {
        if !self.ended {
            return Ok(());
        }
        let what =
            format!("`{step}` comes after `recv = \"all\"`, which received all that there was");
        Err(wrong(what, "leave one out"))
    }

    fn check_stream(&self, step: &str) -> Result<(), Mistake> {
        if self.peer.transport != Transport::Udp {
            return Ok(());
        }
        let what = format!("`{step}` is for streams, and `{}` is reached over udp", self.name);
        Err(wrong(what, "receive each datagram whole, with a `recv` of its size"))
    }
}

const SEND_EARLIER: &str = "put it before; the peer sees the end of what is sent there";

fn wrong(what: String, advice: &'static str) -> Mistake {
    Mistake::Contradiction { what, advice }
}

/// A delimiter is text in a plan.
fn text_of(delimiter: &[u8]) -> String {
    String::from_utf8_lossy(delimiter).into_owned()
}
