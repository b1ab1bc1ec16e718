//! A process that was watched.
//!
//! Left out on purpose: its own numbers; those of its threads add up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ThreadEntry;

/// A process that was watched, or several that did alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessEntry {
    /// Its number, in whywait's namespace; of several, the first one's.
    pub pid: u32,
    /// The process that made it; null if that was not seen.
    pub parent_pid: Option<u32>,
    /// What it ran last: its arguments, program first, as the program had them.
    pub command: Vec<String>,
    /// How many processes it stands for: 1, or more of processes that did alike.
    pub alike: u64,
    /// Its threads, in the order in which they were seen; alike ones are one. Of several
    /// processes, the threads of all of them.
    pub threads: Vec<ThreadEntry>,
}
