//! How often a thread left a CPU.
//!
//! Left out on purpose: moves from one CPU to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often a thread left a CPU while it was watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchCount {
    /// Because it had to wait.
    pub voluntary: u64,
    /// Because another thread was to run.
    pub involuntary: u64,
}
