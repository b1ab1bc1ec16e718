//! Why there is no comparison.

use crate::{DirectoryError, PeerError};

/// Why there is no comparison at all. What goes wrong in a run is in its row instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The working directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The plan's peers cannot be started.
    #[error(transparent)]
    Peers(#[from] PeerError),
}
