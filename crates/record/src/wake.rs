//! Who ends whose waits.
//!
//! Left out on purpose: single wakings; the timeline has those.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Syscall;

/// The sleeps of one thread that one waker ended, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wake {
    /// Who ended them.
    pub waker: Waker,
    /// Who slept.
    pub sleeper: u32,
    /// In which call; none for a sleep outside calls.
    pub syscall: Option<Syscall>,
    /// How many sleeps.
    pub count: u64,
    /// How long they were together.
    pub waited_ns: u64,
}

/// Who ended a sleep.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Waker {
    /// A watched thread, from within a system call or as it ended.
    Thread(u32),
    /// Anything else: an interrupt, a timer, the kernel, a process that is not watched.
    Outside,
}
