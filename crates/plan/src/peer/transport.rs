//! What carries the bytes between a flow and a peer.

/// What carries the bytes between a flow and a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// A TCP connection.
    #[default]
    Tcp,
    /// A Unix stream socket.
    Unix,
    /// UDP datagrams.
    Udp,
}

impl Transport {
    /// All of them, as a plan file spells them.
    pub(crate) const WORDS: &[&str] = &["tcp", "unix", "udp"];

    /// The one that a word names.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Tcp, Self::Unix, Self::Udp].into_iter().find(|one| one.word() == word)
    }

    /// How a plan file spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Unix => "unix",
            Self::Udp => "udp",
        }
    }
}
