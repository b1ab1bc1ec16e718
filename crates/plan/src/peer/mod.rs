//! The other end of flows' connections, as whoever runs the plan emulates it.
//!
//! Left out on purpose: addresses. A plan names its peers, and where they are is known when they
//! have been started.

mod fault;
pub(crate) mod form;
mod protocol;
mod reply;
mod request;
mod transport;

use std::time::Duration;

pub use self::fault::Fault;
pub use self::protocol::Protocol;
pub use self::reply::Reply;
pub use self::request::Request;
pub use self::transport::Transport;

/// The other end of flows' connections: `[peer.NAME]` of a plan file.
///
/// A peer has one of two roles, by the steps that name it. To one that is *there* flows come, by
/// `connect` and `get`: it takes each connection, waits for a request, and answers after its
/// delay. One that *comes*, to `accept`, connects to the flow, sends its request after its
/// delay, ends what it sends, and reads what the flow sends until that ends.
///
/// A peer that is there answers each request, and when the flow has ended what it sends, ends
/// too. One without a [`request`](Self::request) takes whatever comes first for one, answers
/// that, ends what it sends, and reads on to the flow's end. Over UDP each datagram is a request.
#[derive(Clone, Debug)]
pub struct Peer {
    /// What carries the bytes.
    pub transport: Transport,
    /// What the bytes mean.
    pub protocol: Protocol,
    /// What a request is: waited for by a peer that is there, sent by one that comes. `None` for
    /// a peer over HTTP or UDP, or one that replies with what it gets.
    pub request: Option<Request>,
    /// How long the peer waits before it sends: after a whole request if it is there, after its
    /// connection if it comes.
    pub delay: Duration,
    /// What it answers. A peer that comes answers nothing, whatever stands here.
    pub reply: Reply,
    /// Bytes that it sends in a second, at most.
    pub bandwidth_bytes_per_s: Option<u64>,
    /// What goes wrong on each of its connections.
    pub fault: Option<Fault>,
}

impl Peer {
    /// The least time in which so many bytes come from the peer.
    #[must_use]
    pub fn transfer(&self, bytes: u64) -> Duration {
        let Some(bandwidth) = self.bandwidth_bytes_per_s else { return Duration::ZERO };
        let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(bandwidth.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// Bytes that the peer sends as its request, if it comes.
    pub(crate) fn request_bytes(&self) -> u64 {
        match &self.request {
            Some(Request::Content(content)) => content.len() as u64,
            Some(Request::Until(_)) | None => 0,
        }
    }
}
