//! The program that was watched.
//!
//! Left out on purpose: the processes that it made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The process that was started or named on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// Its number.
    pub pid: u32,
    /// Its arguments, program first, as the program had them.
    pub command: Vec<String>,
    /// The status with which it exited; null if it did not.
    pub exit_status: Option<i32>,
    /// The signal that ended it; null if none did. Without this and a status it still ran when
    /// watching ended.
    pub signal: Option<i32>,
}
