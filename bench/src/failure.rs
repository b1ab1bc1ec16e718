//! Why a sample, or the harness, could not go on.
//!
//! Left out on purpose: kinds of failure; whoever reads one reads its text.

/// Any error, as its text is all that is shown of it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
