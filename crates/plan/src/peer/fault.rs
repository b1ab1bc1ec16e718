//! What goes wrong on a peer's connections.

/// What goes wrong on each of a peer's connections, and after how many bytes that the peer sent
/// on it.
///
/// Of HTTP the bytes of the body count: the header goes before them, but with a fault after 0
/// bytes nothing is sent at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset: the flow's next operation fails with `ECONNRESET`.
    ResetAfter(u64),
    /// The connection is closed, however much was announced.
    CloseAfter(u64),
    /// The connection stays, and the peer neither sends nor reads any more.
    StallAfter(u64),
}

impl Fault {
    /// How many bytes the peer sends before it.
    #[must_use]
    pub fn after_bytes(self) -> u64 {
        match self {
            Self::ResetAfter(bytes) | Self::CloseAfter(bytes) | Self::StallAfter(bytes) => bytes,
        }
    }
}
