//! Calls of one system call by one thread.
//!
//! Left out on purpose: how long they took; those that slept are in the waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often a thread made one system call, added up over all kinds of descriptors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallCount {
    /// Calls that returned while the thread was watched.
    pub count: u64,
    /// Those of them that failed with `EAGAIN`, `EWOULDBLOCK` or `EINPROGRESS`: asked in vain.
    pub would_block: u64,
}
