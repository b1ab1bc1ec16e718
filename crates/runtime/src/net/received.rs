//! What is told of a datagram.

/// A datagram that was received; its bytes are in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received<A> {
    /// How many of its bytes are in the buffer.
    pub count: usize,
    /// How long it was. What is more than `count` had no room and is lost.
    pub len: usize,
    /// Who sent it.
    pub sender: A,
}
