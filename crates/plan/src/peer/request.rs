//! What a request to or from a peer is.

use crate::Content;

/// What a request to or from a peer is.
#[derive(Clone, Debug)]
pub enum Request {
    /// So many bytes as the content has. A peer that comes sends the content, as of flow 0; one
    /// that is there only counts.
    Content(Content),
    /// All up to these bytes and with them. For peers that are there.
    Until(String),
}
