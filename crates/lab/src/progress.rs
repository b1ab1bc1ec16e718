//! What the lab is doing, for a progress bar.

use std::path::PathBuf;

use crate::DownloadNews;

/// What the lab is doing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are over.
    pub done: usize,
    /// Runs that are planned; fewer when models drop out.
    pub total: usize,
    /// What is being done.
    pub stage: Stage,
}

/// A part of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The page cache is touched once.
    WarmUp,
    /// The plan's setup is run.
    Setup,
    /// A model is measured, in a round counted from 1.
    Measure {
        /// The model as it was asked for.
        model: String,
        /// Which repeat.
        round: usize,
    },
    /// A model is run once more, untimed, for its result.
    Verify {
        /// The model as it was asked for.
        model: String,
    },
    /// A download of the run in progress has come so far. Only runs that are not measured tell.
    Download(DownloadNews),
    /// A body was kept, once for all models.
    Kept {
        /// Where it is.
        path: PathBuf,
    },
    /// A body could not be kept.
    NotKept {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Working files are removed.
    Remove,
}
