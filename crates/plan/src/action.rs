//! What whoever runs a plan is to do for one step of one flow.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Content, OpenMode};

/// What whoever runs a plan is to do for one step of one flow.
///
/// Paths are relative to the directory in which the plan is run, and have no NUL and no `..`.
/// "The file" is the one that the flow's last `Create` or `Open` opened; a flow has one at a
/// time, and gives it up at the flow's end if no `Close` did. Where an action names a number of
/// bytes, short counts are continued until all are through.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields of each action are said in its own sentence")]
pub enum Action<'a> {
    /// Makes or empties a file and opens it for reading and writing.
    Create { path: PathBuf },
    /// Opens a file.
    Open { path: PathBuf, mode: OpenMode },
    /// Reads `bytes` from the file's position, or less at its end; `None` reads to its end.
    Read { bytes: Option<u64> },
    /// Reads `bytes` from `offset`, or less at the file's end. The position stays.
    ReadAt { offset: u64, bytes: u64 },
    /// Writes the content at the file's position.
    Write(&'a Content),
    /// Writes the content at an offset. The position stays.
    WriteAt(&'a Content, u64),
    /// Waits until the file is on the device.
    Fsync,
    /// Asks what the path names.
    Stat { path: PathBuf },
    /// Makes a directory, which must not exist.
    Mkdir { path: PathBuf },
    /// Removes a file.
    Unlink { path: PathBuf },
    /// Gives the file up.
    Close,
    /// Opens a file, reads it to its end, and closes it.
    ReadFile { path: PathBuf },
    /// Makes or empties a file, writes the content, and closes it.
    WriteFile { path: PathBuf, content: &'a Content },
    /// Waits, without using a CPU.
    Sleep(Duration),
    /// Uses so much of a CPU's time, measured by the thread's own clock.
    Cpu(Duration),
}
