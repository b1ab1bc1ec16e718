//! What a step tells of itself before it is run.
//!
//! Everything that is checked or added up over a plan is computed from this, so that no check
//! has to know the steps that exist.

use std::time::Duration;

use crate::{OpenMode, PathTemplate};

/// What a step tells of itself before it is run.
///
/// The default is a step that does nothing; a step names what differs.
#[derive(Clone, Debug, Default)]
pub struct Declares<'a> {
    /// Syscalls on the filesystem; 0 makes it no file operation.
    pub file_calls: u32,
    /// The path that it works on.
    pub path: Option<(&'a PathTemplate, PathUse)>,
    /// What it does to the flow's open file.
    pub file: FileUse,
    /// Bytes that it reads from files.
    pub reads: Amount,
    /// Bytes that it writes to files.
    pub writes: u64,
    /// Where it reads or writes, if not at the file's position.
    pub offset: Option<u64>,
    /// What it does on the network.
    pub network: NetworkUse<'a>,
    /// The longest that it may take on the network.
    pub timeout: Duration,
    /// Characters of random content that it makes.
    pub random_bytes: u64,
    /// How long it waits without using a CPU.
    pub sleep: Duration,
    /// How much of a CPU's time it uses, without its random content.
    pub cpu: Duration,
}

/// What a step does to the path that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathUse {
    /// Reads or looks at what is there.
    Looks,
    /// Makes or empties a file.
    Creates,
    /// Writes to the file, which stays what it was otherwise.
    Changes,
    /// Makes a directory.
    MakesDirectory,
    /// Removes a file.
    Removes,
}

impl PathUse {
    /// Whether another flow that uses the path could tell if this step has been run.
    #[must_use]
    pub fn changes(self) -> bool {
        self != Self::Looks
    }
}

/// What a step does to the flow's open file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileUse {
    /// Nothing: it needs none, and one may be open.
    #[default]
    Untouched,
    /// Opens one; none may be open.
    Opens(OpenMode),
    /// Reads it.
    Reads,
    /// Writes to it.
    Writes,
    /// Needs it open in any mode.
    Needs,
    /// Closes it.
    Closes,
}

/// What a step does on the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkUse<'a> {
    /// Nothing.
    #[default]
    Untouched,
    /// Connects to a peer.
    Connects(&'a str),
    /// Has a peer come, and takes its connection.
    Accepts(&'a str),
    /// Sends so many bytes on the connection.
    Sends(u64),
    /// Receives from the connection: exactly so many bytes, or all to the stream's end.
    Receives(Amount),
    /// Receives from the connection up to a delimiter.
    ReceivesUntil(&'a [u8]),
    /// Ends what the flow sends on the connection.
    ShutsDown,
    /// Asks a peer, or a server out there, over a connection of its own.
    Gets(Option<&'a str>),
}

/// How many bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// At most so many.
    Bytes(u64),
    /// All that there are.
    ToEnd,
}

impl Default for Amount {
    fn default() -> Self {
        Self::Bytes(0)
    }
}
