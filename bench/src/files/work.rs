//! What every contestant does: write or read many small files.
//!
//! Left out on purpose: how they do it.

use std::path::{Path, PathBuf};

use whywait_plan::{Content, ContentKind};

use super::{PEERS, Peer};
use crate::failure::Failure;

/// The three kinds of work for which there are targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Write files whose content is constant.
    Write,
    /// Read them from the page cache.
    Read,
    /// Make each file's random characters and write them.
    Random,
}

impl Work {
    /// In the order of the table.
    pub(crate) const ALL: [Self; 3] = [Self::Write, Self::Read, Self::Random];

    /// Those who can do it.
    pub(crate) fn peers(self) -> impl Iterator<Item = &'static Peer> {
        PEERS.iter().filter(move |peer| peer.works.contains(&self))
    }

    /// As the command line and the table name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
            Self::Random => "random",
        }
    }

    /// The work of that name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|work| work.name() == name);
        found.ok_or_else(|| format!("`{name}` is no work: expected write, read or random").into())
    }
}

/// One sample's work.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) directory: PathBuf,
    pub(crate) files: u32,
    pub(crate) content: Content,
}

/// Lines in a file, and characters in a line, as in the benchmark that this project began with.
const LINES: u32 = 100;
/// See [`LINES`].
const LINE_LENGTH: u32 = 100;
/// Bytes in a file: each line has a newline.
pub(crate) const FILE_BYTES: u64 = LINES as u64 * (LINE_LENGTH as u64 + 1);

impl Job {
    /// The work on `files` files in `directory`.
    ///
    /// # Errors
    /// When the content has a size that a plan cannot have.
    pub(crate) fn new(work: Work, directory: &Path, files: u32) -> Result<Self, Failure> {
        let kind = match work {
            Work::Write | Work::Read => ContentKind::Fixed,
            Work::Random => ContentKind::Random { seed: 1 },
        };
        let content = Content::lines(LINES, LINE_LENGTH, kind)
            .map_err(|bytes| format!("{bytes} bytes are more than a plan's file can have"))?;
        Ok(Self { work, directory: directory.to_path_buf(), files, content })
    }

    /// The path of a file, as the built-in plans name it.
    pub(crate) fn path(&self, file: u32) -> PathBuf {
        self.directory.join(format!("file_{file}.txt"))
    }
}

/// The bytes of so many files.
pub(crate) fn total_bytes(files: u32) -> u64 {
    u64::from(files) * FILE_BYTES
}
