//! A peer as its server knows it: what the plan says, and the bytes that it sends, made once.

use bytes::Bytes;
use whywait_plan::{Content, Peer, Protocol, Reply, Request};

use super::answer::Answer;

/// A peer, with the bytes that it sends.
pub(super) struct Emulated {
    pub(super) peer: Peer,
    /// What it answers with, if that is the same each time.
    reply: Bytes,
    /// What it says when it comes.
    pub(super) greeting: Bytes,
}

impl Emulated {
    pub(super) fn new(peer: Peer) -> Self {
        let reply = match (&peer.reply, peer.protocol) {
            (Reply::Content(content), Protocol::Bytes) => bytes_of(content),
            _ => Bytes::new(),
        };
        let greeting = match &peer.request {
            Some(Request::Content(content)) => bytes_of(content),
            _ => Bytes::new(),
        };
        Self { peer, reply, greeting }
    }

    /// The answer to a request, where that is not an echo.
    pub(super) fn reply(&self) -> Answer {
        Answer::Given(self.given())
    }

    /// Its bytes.
    pub(super) fn given(&self) -> Bytes {
        self.reply.clone()
    }
}

/// As of flow 0, which is how the plan has it.
fn bytes_of(content: &Content) -> Bytes {
    content.shared().unwrap_or_else(|| {
        let mut made = Vec::new();
        content.fill(0, &mut made);
        made.into()
    })
}
