//! What the processes of the load say to whoever started them.

use serde::{Deserialize, Serialize};

use super::LoadResult;

/// What a load process says. It is answered with [`GoOn`] after `Ready` and `Ended`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LoadMessage {
    /// All connections are open and were answered once; it waits for an answer.
    Ready,
    /// The window begins.
    Began,
    /// The window is over; connections stay open until an answer comes.
    Ended,
    /// The end, with all connections closed.
    Result(Box<LoadResult>),
}

/// Lets a load process go on, as does the end of whoever started it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GoOn;
