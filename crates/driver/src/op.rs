//! What can be asked of a driver.

use std::ffi::CString;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;

use crate::{Buffer, Completion, Fill, Handle, Returned, Token, Value};

/// An operation: what to do, with the handle and the memory that it needs.
///
/// An op owns what it works with until its final completion, so nothing can change or go under
/// the kernel's hands. Reads and writes transfer what one syscall transfers: a short count is a
/// result, not an error. `ReadFile` and `WriteFile` transfer the whole file.
#[derive(Debug)]
pub enum Op {
    /// Opens a file: `openat(2)` with `O_CLOEXEC`. Gives [`Value::Opened`].
    Open {
        /// Absolute, or relative to the working directory.
        path: CString,
        /// For reading, writing, or both; `Create` makes or empties it.
        mode: OpenMode,
    },
    /// Reads at the file's position: `read(2)`. Gives [`Value::Count`].
    Read {
        /// An open file.
        handle: Handle,
        /// Where the bytes go.
        into: Fill,
    },
    /// Reads at an offset: `pread(2)`. Gives [`Value::Count`].
    ReadAt {
        /// An open file.
        handle: Handle,
        /// Where the bytes go.
        into: Fill,
        /// Bytes from the file's start.
        offset: u64,
    },
    /// Writes at the file's position: `write(2)`. Gives [`Value::Count`].
    Write {
        /// An open file.
        handle: Handle,
        /// What to write.
        data: Bytes,
    },
    /// Writes at an offset: `pwrite(2)`. Gives [`Value::Count`].
    WriteAt {
        /// An open file.
        handle: Handle,
        /// What to write.
        data: Bytes,
        /// Bytes from the file's start.
        offset: u64,
    },
    /// Waits until the file's data and metadata are on the device: `fsync(2)`.
    Fsync {
        /// An open file.
        handle: Handle,
    },
    /// Tells what a path names, following links: `statx(2)`. Gives [`Value::Stat`].
    Stat {
        /// Absolute, or relative to the working directory.
        path: CString,
    },
    /// Makes a directory with mode 0777 less the umask: `mkdirat(2)`.
    Mkdir {
        /// Absolute, or relative to the working directory.
        path: CString,
    },
    /// Removes a file, not a directory: `unlinkat(2)`.
    Unlink {
        /// Absolute, or relative to the working directory.
        path: CString,
    },
    /// Gives up a handle. The descriptor closes when no other op or owner holds it.
    Close {
        /// A file or socket.
        handle: Handle,
    },
    /// Opens a file, reads it to its end and closes it. Gives [`Value::Count`].
    ReadFile {
        /// Absolute, or relative to the working directory.
        path: CString,
        /// Where the bytes go; it grows if the file is longer than its spare capacity.
        into: Fill,
    },
    /// Makes or empties a file, writes all of `data` and closes it. Gives [`Value::Count`].
    WriteFile {
        /// Absolute, or relative to the working directory.
        path: CString,
        /// What to write.
        data: Bytes,
    },
    /// Makes a TCP socket in the mode that the driver wants: `socket(2)`. Gives
    /// [`Value::Opened`].
    Socket {
        /// IPv4 or IPv6.
        family: SocketFamily,
    },
    /// Gives a socket its local address: `bind(2)`, with `SO_REUSEADDR` set.
    Bind {
        /// A socket.
        handle: Handle,
        /// Port 0 lets the kernel choose.
        address: SocketAddr,
    },
    /// Makes a bound socket accept connections: `listen(2)`.
    Listen {
        /// A bound socket.
        handle: Handle,
        /// Connections that may wait to be accepted.
        backlog: i32,
    },
    /// Takes the next connection: `accept4(2)`. Gives [`Value::Accepted`].
    Accept {
        /// A listening socket.
        handle: Handle,
    },
    /// Connects: `connect(2)`.
    Connect {
        /// A socket.
        handle: Handle,
        /// Whom to.
        address: SocketAddr,
    },
    /// Receives: `recv(2)`. Gives [`Value::Count`], 0 at the end of the stream.
    Recv {
        /// A connected socket.
        handle: Handle,
        /// Where the bytes go.
        into: Fill,
    },
    /// Sends what fits: `send(2)` with `MSG_NOSIGNAL`. Gives [`Value::Count`].
    Send {
        /// A connected socket.
        handle: Handle,
        /// What to send.
        data: Bytes,
    },
    /// Ends one or both directions: `shutdown(2)`.
    Shutdown {
        /// A connected socket.
        handle: Handle,
        /// Which directions.
        how: Shutdown,
    },
    /// Waits for a time, counted from when the op *starts*: at once in a driver that overlaps,
    /// after the ops before it in one that does not.
    Sleep {
        /// How long.
        duration: Duration,
    },
}

/// What an opened file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Read an existing file: `O_RDONLY`.
    Read,
    /// Write to an existing file from its start: `O_WRONLY`.
    Write,
    /// Read and write an existing file: `O_RDWR`.
    ReadWrite,
    /// Make the file, or empty it, and read and write it: `O_RDWR | O_CREAT | O_TRUNC`, mode
    /// 0666 less the umask.
    Create,
    /// Make the file, which must not exist: `O_RDWR | O_CREAT | O_EXCL`.
    CreateNew,
    /// Make the file if need be and write at its end: `O_WRONLY | O_CREAT | O_APPEND`.
    Append,
}

/// Which addresses a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketFamily {
    /// `AF_INET`.
    Ipv4,
    /// `AF_INET6`.
    Ipv6,
}

impl SocketFamily {
    /// The family of an address.
    #[must_use]
    pub fn of(address: &SocketAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }
}

/// Which of a descriptor's two directions an op waits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Data, a connection or the end of the stream arrives.
    Read,
    /// The send buffer has room, or a connection was made.
    Write,
}

impl Op {
    /// The op's name, as traces and error messages show it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open { mode: OpenMode::Create | OpenMode::CreateNew, .. } => "create",
            Self::Open { .. } => "open",
            Self::Read { .. } => "read",
            Self::ReadAt { .. } => "read_at",
            Self::Write { .. } => "write",
            Self::WriteAt { .. } => "write_at",
            Self::Fsync { .. } => "fsync",
            Self::Stat { .. } => "stat",
            Self::Mkdir { .. } => "mkdir",
            Self::Unlink { .. } => "unlink",
            Self::Close { .. } => "close",
            Self::ReadFile { .. } => "read_file",
            Self::WriteFile { .. } => "write_file",
            Self::Socket { .. } => "socket",
            Self::Bind { .. } => "bind",
            Self::Listen { .. } => "listen",
            Self::Accept { .. } => "accept",
            Self::Connect { .. } => "connect",
            Self::Recv { .. } => "recv",
            Self::Send { .. } => "send",
            Self::Shutdown { .. } => "shutdown",
            Self::Sleep { .. } => "sleep",
        }
    }

    /// The direction in which the op may have to wait for the other side; none for ops on files
    /// and for those that the kernel answers at once.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Self::Accept { .. } | Self::Recv { .. } => Some(Direction::Read),
            Self::Connect { .. } | Self::Send { .. } => Some(Direction::Write),
            _ => None,
        }
    }

    /// Whether the op works on the filesystem, where `O_NONBLOCK` does nothing and a thread
    /// that must not block needs another one's help.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(
            self,
            Self::Open { .. }
                | Self::Read { .. }
                | Self::ReadAt { .. }
                | Self::Write { .. }
                | Self::WriteAt { .. }
                | Self::Fsync { .. }
                | Self::Stat { .. }
                | Self::Mkdir { .. }
                | Self::Unlink { .. }
                | Self::ReadFile { .. }
                | Self::WriteFile { .. }
        )
    }

    /// The handle on which the op works.
    #[must_use]
    pub fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Read { handle, .. }
            | Self::ReadAt { handle, .. }
            | Self::Write { handle, .. }
            | Self::WriteAt { handle, .. }
            | Self::Fsync { handle }
            | Self::Close { handle }
            | Self::Bind { handle, .. }
            | Self::Listen { handle, .. }
            | Self::Accept { handle }
            | Self::Connect { handle, .. }
            | Self::Recv { handle, .. }
            | Self::Send { handle, .. }
            | Self::Shutdown { handle, .. } => Some(handle),
            _ => None,
        }
    }

    /// Ends the op: its handle and buffer go back with `result`.
    #[must_use]
    pub fn complete(self, token: Token, result: io::Result<Value>) -> Completion {
        Completion { token, result, returned: self.into_returned(), more: false }
    }

    /// Ends the op as cancelled.
    #[must_use]
    pub fn cancelled(self, token: Token) -> Completion {
        self.complete(token, Err(Errno::CANCELED.into()))
    }

    /// Ends the op as past its deadline.
    #[must_use]
    pub fn timed_out(self, token: Token) -> Completion {
        self.complete(token, Err(Errno::TIMEDOUT.into()))
    }

    fn into_returned(self) -> Returned {
        let (handle, buffer) = match self {
            Self::Read { handle, into }
            | Self::ReadAt { handle, into, .. }
            | Self::Recv { handle, into } => (Some(handle), into.into_buffer()),
            Self::Write { handle, data }
            | Self::WriteAt { handle, data, .. }
            | Self::Send { handle, data } => (Some(handle), Some(Buffer::Data(data))),
            Self::ReadFile { into, .. } => (None, into.into_buffer()),
            Self::WriteFile { data, .. } => (None, Some(Buffer::Data(data))),
            Self::Fsync { handle }
            | Self::Bind { handle, .. }
            | Self::Listen { handle, .. }
            | Self::Accept { handle }
            | Self::Connect { handle, .. }
            | Self::Shutdown { handle, .. } => (Some(handle), None),
            Self::Open { .. }
            | Self::Stat { .. }
            | Self::Mkdir { .. }
            | Self::Unlink { .. }
            | Self::Close { .. }
            | Self::Socket { .. }
            | Self::Sleep { .. } => (None, None),
        };
        Returned { handle, buffer }
    }
}
