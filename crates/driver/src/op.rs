//! What can be asked of a driver.

use std::ffi::CString;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;

use crate::{Address, Buffer, Completion, Data, Fill, Handle, Returned, Token, Value};

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
    /// Makes a socket in the mode that the driver wants: `socket(2)`. Gives [`Value::Opened`].
    Socket {
        /// IPv4, IPv6 or Unix.
        family: SocketFamily,
        /// Streams or datagrams.
        kind: SocketKind,
    },
    /// Gives a socket its local address: `bind(2)`. Internet sockets for streams get
    /// `SO_REUSEADDR` before. A path that exists is `EADDRINUSE`: nothing is removed to make
    /// room.
    Bind {
        /// A socket.
        handle: Handle,
        /// Port 0 lets the kernel choose.
        address: Address,
        /// Whether other sockets may have the address too.
        share: BindShare,
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
    /// Takes connection after connection. Each gives a [`Value::Connection`] with `more` set;
    /// the final completion is an error, or a last [`Value::Accepted`] from a driver that takes
    /// one per op: submit another for the next.
    AcceptMany {
        /// A listening socket.
        handle: Handle,
    },
    /// Connects: `connect(2)`. A datagram socket then sends there and hears nobody else. At a
    /// Unix socket whose backlog is full it waits for room.
    Connect {
        /// A socket.
        handle: Handle,
        /// Whom to.
        address: Address,
    },
    /// Receives: `recv(2)`. Gives [`Value::Count`], 0 at the end of the stream.
    ///
    /// From a datagram socket it takes one datagram, which may be empty; what of it has no room
    /// is lost and nothing says so: see [`Op::RecvFrom`].
    Recv {
        /// A connected socket, or a bound one for datagrams.
        handle: Handle,
        /// Where the bytes go.
        into: Fill,
    },
    /// Receives again and again, each time into a buffer of the driver's pool. What comes gives a
    /// [`Value::Count`] with `more` set. The final completion is the end of the stream, with 0, or
    /// an error; or, from a driver that receives once per op, what came: submit another for the
    /// next.
    ///
    /// It takes in what arrives even while nobody looks: whoever falls behind has to cancel it.
    RecvMany {
        /// A connected socket for streams.
        handle: Handle,
    },
    /// Receives one datagram: `recvfrom(2)`. Gives [`Value::Datagram`], which tells the sender
    /// and whether all of it had room. A socket for streams is `EOPNOTSUPP`.
    RecvFrom {
        /// A socket for datagrams.
        handle: Handle,
        /// Where the bytes go.
        into: Fill,
    },
    /// Sends what fits: `send(2)` with `MSG_NOSIGNAL`. Gives [`Value::Count`].
    Send {
        /// A connected socket.
        handle: Handle,
        /// What to send.
        data: Data,
    },
    /// Sends one datagram to somebody: `sendto(2)` with `MSG_NOSIGNAL`. Gives [`Value::Count`],
    /// all of it. Where a Unix socket's queue is full it waits for room. A socket for streams is
    /// `EOPNOTSUPP`.
    SendTo {
        /// A socket for datagrams.
        handle: Handle,
        /// What to send; may be empty.
        data: Data,
        /// Whom to. In a box, since this is the largest of ops otherwise.
        address: Box<Address>,
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
    /// `AF_UNIX`.
    Unix,
}

/// What a socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    /// Bytes in order, between two that are connected: `SOCK_STREAM`.
    Stream,
    /// Messages, each whole and by itself: `SOCK_DGRAM`.
    Datagram,
}

/// Whether other sockets may have an address too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindShare {
    /// The address is this socket's.
    Alone,
    /// Others of this user that ask for it too may have it, and the kernel spreads over them what
    /// arrives: `SO_REUSEPORT`. `EOPNOTSUPP` for a Unix socket.
    WithOthers,
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
            Self::Accept { .. } | Self::AcceptMany { .. } => "accept",
            Self::Connect { .. } => "connect",
            Self::Recv { .. } | Self::RecvMany { .. } => "recv",
            Self::Send { .. } => "send",
            Self::RecvFrom { .. } => "recv_from",
            Self::SendTo { .. } => "send_to",
            Self::Shutdown { .. } => "shutdown",
            Self::Sleep { .. } => "sleep",
        }
    }

    /// The direction in which the op may have to wait for the other side; none for ops on files
    /// and for those that the kernel answers at once.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        match self {
            Self::Accept { .. }
            | Self::AcceptMany { .. }
            | Self::Recv { .. }
            | Self::RecvMany { .. }
            | Self::RecvFrom { .. } => Some(Direction::Read),
            Self::Connect { .. } | Self::Send { .. } | Self::SendTo { .. } => {
                Some(Direction::Write)
            }
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
    #[inline]
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
            | Self::AcceptMany { handle }
            | Self::RecvMany { handle }
            | Self::Connect { handle, .. }
            | Self::Recv { handle, .. }
            | Self::Send { handle, .. }
            | Self::RecvFrom { handle, .. }
            | Self::SendTo { handle, .. }
            | Self::Shutdown { handle, .. } => Some(handle),
            _ => None,
        }
    }

    /// The handle out of which the op takes what no later call can take again: the next bytes, a
    /// datagram, a connection. None for an op that can simply be made again.
    #[inline]
    #[must_use]
    pub fn source(&self) -> Option<&Handle> {
        match self {
            Self::Recv { handle, .. }
            | Self::RecvMany { handle }
            | Self::RecvFrom { handle, .. }
            | Self::Accept { handle }
            | Self::AcceptMany { handle }
            | Self::Read { handle, .. } => Some(handle),
            _ => None,
        }
    }

    /// Whether the op ends only when a peer sends something or connects.
    #[inline]
    #[must_use]
    pub fn awaits_peer(&self) -> bool {
        matches!(
            self,
            Self::Recv { .. }
                | Self::RecvMany { .. }
                | Self::RecvFrom { .. }
                | Self::Accept { .. }
                | Self::AcceptMany { .. }
        )
    }

    /// The op that does once what this one does many times; itself, if it does it once.
    #[must_use]
    pub fn into_single_shot(self) -> Self {
        match self {
            Self::RecvMany { handle } => Self::Recv { handle, into: Fill::Pool },
            Self::AcceptMany { handle } => Self::Accept { handle },
            single => single,
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

    /// What the op has borrowed, for a caller that completes it without a driver.
    #[must_use]
    pub fn into_returned(self) -> Returned {
        let (handle, buffer) = match self {
            Self::Read { handle, into }
            | Self::ReadAt { handle, into, .. }
            | Self::Recv { handle, into }
            | Self::RecvFrom { handle, into } => (Some(handle), into.into_buffer()),
            Self::Write { handle, data } | Self::WriteAt { handle, data, .. } => {
                (Some(handle), Some(Buffer::Data(data)))
            }
            Self::Send { handle, data } | Self::SendTo { handle, data, .. } => {
                (Some(handle), Some(data.into()))
            }
            Self::ReadFile { into, .. } => (None, into.into_buffer()),
            Self::WriteFile { data, .. } => (None, Some(Buffer::Data(data))),
            Self::Fsync { handle }
            | Self::Bind { handle, .. }
            | Self::Listen { handle, .. }
            | Self::Accept { handle }
            | Self::AcceptMany { handle }
            | Self::RecvMany { handle }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Ops and completions are moved by value, one of each per op in flight: whatever is large and
    /// rare has to be in a box.
    #[test]
    fn an_op_and_its_completion_stay_small() {
        assert_eq!(size_of::<Op>(), 56);
        assert_eq!(size_of::<Completion>(), 104);
    }
}
