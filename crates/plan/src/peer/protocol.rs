//! What the bytes between a flow and a peer mean.

/// What the bytes between a flow and a peer mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Nothing: a request is so many bytes, or what comes up to a delimiter.
    #[default]
    Bytes,
    /// HTTP/1.1. The body of each answer depends on the path that was asked for.
    Http,
}

impl Protocol {
    /// All of them, as a plan file spells them.
    pub(crate) const WORDS: &[&str] = &["bytes", "http"];

    /// The one that a word names.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Bytes, Self::Http].into_iter().find(|one| one.word() == word)
    }

    /// How a plan file spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Http => "http",
        }
    }
}
