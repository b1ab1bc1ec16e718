//! What comes back from a driver.

use std::io;

use crate::{Address, Buffer, Handle, Token};

/// The end of an op, or for a multishot op one of its results.
#[derive(Debug)]
pub struct Completion {
    /// The op's token.
    pub token: Token,
    /// What the op gave. A cancelled op's error is `ECANCELED`, an op past its deadline's is
    /// `ETIMEDOUT` ([`io::ErrorKind::TimedOut`]).
    pub result: io::Result<Value>,
    /// The op's own handle and buffer, on success and on error alike.
    pub returned: Returned,
    /// Whether more completions of this op follow; the one without is *final*.
    pub more: bool,
}

/// What an op had borrowed from its caller.
#[derive(Debug, Default)]
pub struct Returned {
    /// The handle on which the op worked; none for ops on paths, and for `Close`, which ends it.
    pub handle: Option<Handle>,
    /// The op's buffer; none if it had none, or asked for a pool's and needed none.
    pub buffer: Option<Buffer>,
}

/// What an op that succeeded gave.
#[derive(Debug)]
pub enum Value {
    /// Nothing but success.
    Done,
    /// How many bytes were transferred; 0 from an op that reads is the end of the stream.
    Count(usize),
    /// A file or socket that was opened.
    Opened(Handle),
    /// A connection that was accepted, and who made it.
    Accepted(Handle, Address),
    /// A connection that was accepted; the socket itself knows who made it.
    Connection(Handle),
    /// A datagram that was received.
    Datagram(Box<Datagram>),
    /// What a file is.
    Stat(Stat),
}

/// What `Op::RecvFrom` tells of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// How many of its bytes are in the buffer.
    pub count: usize,
    /// How long it was. What is more than `count` had no room and is lost.
    pub len: usize,
    /// Who sent it.
    pub sender: Address,
}

/// What `Op::Stat` tells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Length in bytes.
    pub len: u64,
    /// What kind of file it is.
    pub kind: FileKind,
    /// Permission bits, as in `st_mode & 0o7777`.
    pub permissions: u32,
}

/// What kind of file a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A pipe, socket, device or link.
    Other,
}
