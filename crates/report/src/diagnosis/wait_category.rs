//! What a wait is for.
//!
//! Left out on purpose: time on a CPU or ready for one, which is no wait.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a wait is for: the part of [`LedgerSeconds`](super::LedgerSeconds) of the same name, which
/// defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitCategory {
    /// Data from or to somebody else.
    Data,
    /// A disk or its filesystem.
    Disk,
    /// Any of several descriptors.
    Multiplexer,
    /// A thread that does this one's work.
    Handoff,
    /// Another futex.
    Lock,
    /// A time.
    Sleep,
    /// A child process.
    Child,
    /// Anything else.
    Other,
}
