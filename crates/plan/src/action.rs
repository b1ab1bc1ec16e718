//! What whoever runs a plan is to do for one step of one flow.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Content, GetTarget, OpenMode, SaveAs};

/// What whoever runs a plan is to do for one step of one flow.
///
/// Paths are relative to the directory in which the plan is run, and have no NUL and no `..`.
/// "The file" is the one that the flow's last `Create` or `Open` opened; a flow has one at a
/// time, and gives it up at the flow's end if no `Close` did. "The connection" is the one that
/// the flow's last `Connect` or `Accept` made; a new one, and the flow's end, closes the one
/// before. Where an action names a number of bytes, short counts are continued until all are
/// through.
///
/// Peers are named as in [`Plan::peers`](crate::Plan::peers), which has them all. What is on the
/// network has a timeout: the longest that the whole action may take, after which the flow fails.
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
    /// Connects to the peer.
    Connect { peer: &'a str, timeout: Duration },
    /// Listens at an address of the flow's own, has the peer come there, and takes its connection.
    Accept { peer: &'a str, timeout: Duration },
    /// Sends the content on the connection; over UDP as one datagram.
    Send { content: &'a Content, timeout: Duration },
    /// Receives exactly `bytes`, an earlier end being the flow's error; `None` receives to the
    /// stream's end. Over UDP it takes one datagram, which has to be so long.
    Recv { bytes: Option<u64>, timeout: Duration },
    /// Receives up to the delimiter and with it. The flow fails when the stream ends before it,
    /// or when it is not within the first `most_bytes`. What came behind it is what the next
    /// `Recv` or `RecvUntil` gets.
    RecvUntil { delimiter: &'a [u8], most_bytes: u64, timeout: Duration },
    /// Ends what the flow sends: the peer reads the stream's end, and may go on sending.
    Shutdown,
    /// An HTTP/1.1 GET on a connection of its own, redirects followed. The body counts as read;
    /// any other status than 200 is the flow's error.
    Get { target: GetTarget<'a>, save: Option<SaveAs>, timeout: Duration },
}
