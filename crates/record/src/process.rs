//! A process that was watched.
//!
//! Left out on purpose: what it is for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OpenDescriptor, Thread};

/// A process that was watched, or several that were put together because there were too many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// Its number, in the namespace of whywait.
    pub pid: u32,
    /// Who made it, if that was watched.
    pub parent_pid: Option<u32>,
    /// How many processes this one stands for: 1, or more for processes that had ended and were
    /// put together to bound memory.
    pub merged_count: u64,
    /// What it ran, last.
    pub command: Command,
    /// How often it executed another program while it was watched.
    pub execs: u64,
    /// When it was first seen, from the beginning of watching.
    pub began_at_ns: u64,
    /// When its last thread ended; none if it was alive at the end.
    pub ended_at_ns: Option<u64>,
    /// How it ended; none if it was alive at the end.
    pub ending: Option<Ending>,
    /// Its session (setsid(2)), by the number of the process that leads it; none where that is not
    /// known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_pid: Option<u32>,
    /// How long it had existed when it was first seen; 0 of one whose beginning was seen. Off by at
    /// most 10 ms.
    #[serde(default)]
    pub age_ns: u64,
    /// What it had open when it was first seen, in the order of its numbers, at most 1,024; empty of
    /// one whose beginning was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub descriptors: Vec<OpenDescriptor>,
    /// How many more descriptors it had open then.
    #[serde(default)]
    pub descriptors_left_out: u64,
    /// Its threads, in the order in which they were seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
}

impl Process {
    /// A process of which nothing but its beginning was seen.
    #[must_use]
    pub fn begun(pid: u32, command: Command, began_at_ns: u64) -> Self {
        Self {
            pid,
            parent_pid: None,
            merged_count: 1,
            command,
            execs: 0,
            began_at_ns,
            ended_at_ns: None,
            ending: None,
            session_pid: None,
            age_ns: 0,
            descriptors: Vec::new(),
            descriptors_left_out: 0,
            threads: Vec::new(),
        }
    }
}

/// What a process runs, as the program's bytes: **escape before showing**.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Command {
    /// Its arguments, program first; those of `/proc/PID/cmdline`, or just the name of the process
    /// when it had ended before they could be read.
    pub arguments: Vec<String>,
    /// The path of the file that is executed.
    pub executable: Option<String>,
}

impl Command {
    /// The file that is executed or, where that is not known, the first argument.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.executable.as_ref().or(self.arguments.first()).map(String::as_str)
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// With that status.
    Exited(i32),
    /// By that signal.
    Signalled(i32),
}
