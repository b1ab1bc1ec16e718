//! What a file is opened for.

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Read an existing file: `O_RDONLY`.
    Read,
    /// Write to an existing file from its start: `O_WRONLY`.
    Write,
    /// Read and write an existing file: `O_RDWR`.
    ReadWrite,
    /// Make the file if need be and write at its end: `O_WRONLY | O_CREAT | O_APPEND`.
    Append,
}

impl OpenMode {
    /// Every mode, as a plan file spells it.
    pub(crate) const WORDS: &[&str] = &["read", "write", "read_write", "append"];

    /// The mode that a word names.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::ReadWrite, Self::Append]
            .into_iter()
            .find(|mode| mode.word() == word)
    }

    /// How a plan file spells the mode.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::ReadWrite => "read_write",
            Self::Append => "append",
        }
    }

    /// Whether the file may be read.
    #[must_use]
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    /// Whether the file may be written.
    #[must_use]
    pub fn writes(self) -> bool {
        !matches!(self, Self::Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_its_mode() {
        for word in OpenMode::WORDS {
            assert_eq!(OpenMode::from_word(word).map(OpenMode::word), Some(*word));
        }
        assert_eq!(OpenMode::from_word("r+"), None);
    }
}
