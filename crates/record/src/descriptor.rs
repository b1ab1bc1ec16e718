//! Descriptors: what a number that a program reads and writes stood for.
//!
//! Left out on purpose: how that is found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in [`Record::descriptors`](crate::Record::descriptors).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct DescriptorId(pub u32);

/// An open file of a process. A number that was closed and opened again is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Descriptor {
    /// The process in which it was first seen.
    pub pid: u32,
    /// Its number there; none where many were put together.
    pub fd: Option<i32>,
    /// What it is.
    pub kind: DescriptorKind,
    /// Its path, as the program's bytes without any escaping: **escape before showing**.
    pub path: Option<String>,
    /// With whom a socket speaks, such as `127.0.0.1:6379` or `unix:/run/x.sock`; as above.
    pub peer: Option<String>,
    /// Its own end, such as `0.0.0.0:80`; as above.
    pub local: Option<String>,
}

/// What a descriptor is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DescriptorKind {
    /// The call has none.
    None,
    /// A regular file: `O_NONBLOCK` does nothing.
    File,
    /// A directory.
    Directory,
    /// A pipe or FIFO.
    Pipe,
    /// A stream over IP.
    Tcp,
    /// Datagrams over IP.
    Udp,
    /// A Unix socket.
    Unix,
    /// A socket of a family that is not told apart.
    Socket,
    /// epoll(7).
    Epoll,
    /// eventfd(2).
    Eventfd,
    /// timerfd_create(2).
    Timerfd,
    /// signalfd(2).
    Signalfd,
    /// io_uring(7).
    Ring,
    /// inotify(7).
    Inotify,
    /// pidfd_open(2).
    Pidfd,
    /// A terminal.
    Terminal,
    /// Another character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// Something that is not told apart.
    Other,
}

impl DescriptorKind {
    /// Whether it is a socket of any family.
    #[must_use]
    pub fn is_socket(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp | Self::Unix | Self::Socket)
    }

    /// Whether reading and writing it can wait for somebody else, so that `O_NONBLOCK` means
    /// something.
    #[must_use]
    pub fn is_stream(self) -> bool {
        self.is_socket() || matches!(self, Self::Pipe | Self::Terminal)
    }
}
