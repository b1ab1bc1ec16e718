//! What a peer answers.

use crate::Content;

/// What a peer answers.
#[derive(Clone, Debug, Default)]
pub enum Reply {
    /// What it gets, as it comes; its delay counts for each piece that comes.
    #[default]
    Echo,
    /// This for each request, as of flow 0. Over HTTP only how long it is counts: the bytes of a
    /// body depend on the path that is asked for.
    Content(Content),
}
