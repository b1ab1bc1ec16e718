//! What went wrong in a step, and on what.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong in a step, and on what.
pub(super) enum Failure {
    /// On a path.
    Path { path: PathBuf, source: io::Error },
    /// With the peer, which is named, and what it did.
    Peer(String),
    /// What the plan's own check should have seen to.
    Impossible(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Peer(text) => f.write_str(text),
            Self::Impossible(what) => f.write_str(what),
        }
    }
}

/// Names the path that an operation worked on, if it failed.
pub(super) fn at<T>(path: impl AsRef<Path>, result: io::Result<T>) -> Result<T, Failure> {
    result.map_err(|source| Failure::Path { path: path.as_ref().to_path_buf(), source })
}
