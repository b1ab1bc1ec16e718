//! What is watched.
//!
//! Left out on purpose: how much of it; see `Options`.

use std::ffi::OsString;

/// What is watched: a program that is started for it, or one that runs. Its children and threads
/// are watched with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A program to start, with its arguments; the program first. Without a `/` in it, it is
    /// looked for in `PATH`.
    Command(Vec<OsString>),
    /// The process of that number, in the namespace of whywait.
    Process(u32),
}
