//! The options of the plans on many files.

use crate::limits::{CONTENT_BYTES_MAX, FLOWS_MAX, SEED_MAX};
use crate::{Content, ContentKind};

/// How many files there are and what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilesOptions {
    /// How many files, 1 to [`FLOWS_MAX`].
    pub files: u32,
    /// Lines of each file.
    pub lines: u32,
    /// Characters of each line, the newline not counted.
    pub line_length: u32,
    /// How the characters are made.
    pub content: ContentKind,
}

/// An option of a built-in plan is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option} is {value}, and can be {least} to {most}")]
pub struct OptionsError {
    /// The option, in words.
    pub option: &'static str,
    /// What was asked for.
    pub value: u64,
    /// The least that it can be.
    pub least: u64,
    /// The most that it can be.
    pub most: u64,
}

impl FilesOptions {
    /// The notes' benchmark: 5000 files of 100 lines of 100 characters.
    pub(super) const fn of_the_notes(content: ContentKind) -> Self {
        Self { files: 5000, lines: 100, line_length: 100, content }
    }

    /// The content of each file, once every option is known to be in its range.
    pub(super) fn checked_content(&self) -> Result<Content, OptionsError> {
        if !(1..=FLOWS_MAX).contains(&self.files) {
            return Err(OptionsError {
                option: "the number of files",
                value: u64::from(self.files),
                least: 1,
                most: u64::from(FLOWS_MAX),
            });
        }
        if let ContentKind::Random { seed } = self.content
            && seed > SEED_MAX
        {
            return Err(OptionsError { option: "the seed", value: seed, least: 0, most: SEED_MAX });
        }
        Content::lines(self.lines, self.line_length, self.content).map_err(|bytes| OptionsError {
            option: "the size of a file in bytes",
            value: bytes,
            least: 0,
            most: CONTENT_BYTES_MAX,
        })
    }
}
