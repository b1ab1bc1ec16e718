//! What the descriptors of a process stand for.
//!
//! Left out on purpose: opening or copying them; looking must not change anything.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, CWD, FileType, StatxFlags, statx};
use whywait_record::DescriptorKind;

use super::bounded_read::{bounded_read, small_read};
use super::sockets::Sockets;
use super::tree::numbers;
use super::{FdInfo, Link};

/// The numbers of devices that are terminals (`devices.txt` of the kernel): consoles and serial
/// lines, `/dev/tty`, pseudo terminals, and serial lines of boards and virtual machines.
const TERMINALS: &[std::ops::RangeInclusive<u32>] = &[4..=5, 136..=143, 204..=204, 229..=229];

/// What descriptors stand for. It remembers the kernel's tables of sockets for a while, at most
/// some tens of thousands of them.
#[derive(Debug)]
pub struct Descriptors {
    sockets: Sockets,
}

/// What a descriptor stands for. Names are the program's bytes: **escape before showing**.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it is.
    pub kind: DescriptorKind,
    /// Its path, if it has one; the kernel adds ` (deleted)` to that of a file that is no more.
    pub path: Option<String>,
    /// With whom it speaks, such as `127.0.0.1:80`, `[::1]:80`, `unix:/path` or `unix:@abstract`.
    pub peer: Option<String>,
    /// Its own end, written likewise.
    pub local: Option<String>,
    /// Whether `O_NONBLOCK` is set; none where it is not known, and of what it means nothing to.
    pub nonblocking: Option<bool>,
    /// Whether it is a socket that takes connections.
    pub listening: bool,
}

impl Descriptors {
    /// Nothing is read yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it takes the time, which is no default")]
    pub fn new() -> Self {
        Self { sockets: Sockets::new() }
    }

    /// What a descriptor of a process stands for now; none if it is closed, or may not be known.
    pub fn describe(&mut self, pid: u32, fd: i32) -> Option<Described> {
        let path = format!("/proc/{pid}/fd/{fd}");
        let target = fs::read_link(&path).ok()?;
        let mut described = Described {
            kind: DescriptorKind::Pipe,
            path: None,
            peer: None,
            local: None,
            nonblocking: None,
            listening: false,
        };
        match Link::parse(target.as_os_str().as_bytes()) {
            Link::Pipe => {}
            Link::Anonymous(kind) => described.kind = kind,
            Link::Path(name) => {
                described.kind = kind_of_file(&path);
                described.path = Some(name);
            }
            Link::Socket(inode) => {
                let protocol = protocol(&path);
                let socket = self.sockets.find(pid, inode, protocol.as_deref());
                described.kind = socket.kind;
                (described.local, described.peer) = (socket.local, socket.peer);
                described.listening = socket.is_listening;
            }
        }
        if is_cheap_to_ask(described.kind) {
            let info = small_read(&format!("/proc/{pid}/fdinfo/{fd}"));
            described.nonblocking = info.and_then(|info| FdInfo::parse(&info).is_nonblocking());
        }
        Some(described)
    }
}

/// The numbers of a process's descriptors, in order; empty if it is gone, or may not be known.
#[must_use]
pub fn open_descriptors(pid: u32) -> Vec<i32> {
    numbers(&format!("/proc/{pid}/fd"))
}

/// The descriptors that an epoll watches, so many at most. The kernel locks the epoll while it lists
/// them, so this is for once in its life.
#[must_use]
pub fn watched_by_epoll(pid: u32, fd: i32, most: usize) -> Vec<i32> {
    /// More than a line of an epoll's `fdinfo` has.
    const LINE_BYTES: u64 = 100;
    let most_bytes = LINE_BYTES * (most as u64 + 4);
    let info = bounded_read(&format!("/proc/{pid}/fdinfo/{fd}"), most_bytes);
    info.map_or_else(Vec::new, |info| FdInfo::epoll_targets(&info, most))
}

/// Of epolls, rings and inotify, the kernel lists all that is in them, and locks them meanwhile.
fn is_cheap_to_ask(kind: DescriptorKind) -> bool {
    !matches!(
        kind,
        DescriptorKind::Epoll
            | DescriptorKind::Ring
            | DescriptorKind::Inotify
            | DescriptorKind::Other
    )
}

/// What the open file is to which a link in `/proc/PID/fd` leads, whatever stands at its path by
/// now. A server of a network file system is not asked.
fn kind_of_file(link: &str) -> DescriptorKind {
    let Ok(status) = statx(CWD, link, AtFlags::STATX_DONT_SYNC, StatxFlags::TYPE) else {
        return DescriptorKind::Other;
    };
    match FileType::from_raw_mode(status.stx_mode.into()) {
        FileType::RegularFile => DescriptorKind::File,
        FileType::Directory => DescriptorKind::Directory,
        FileType::Fifo => DescriptorKind::Pipe,
        FileType::Socket => DescriptorKind::Socket,
        FileType::BlockDevice => DescriptorKind::BlockDevice,
        FileType::CharacterDevice => {
            let is_terminal = TERMINALS.iter().any(|range| range.contains(&status.stx_rdev_major));
            if is_terminal { DescriptorKind::Terminal } else { DescriptorKind::CharDevice }
        }
        _ => DescriptorKind::Other,
    }
}

/// What the kernel calls the protocol of the socket to which a link in `/proc/PID/fd` leads.
fn protocol(link: &str) -> Option<Vec<u8>> {
    let mut name = [0; 64];
    let bytes = rustix::fs::getxattr(link, "system.sockprotoname", &mut name).ok()?;
    name.get(..bytes)?.split(|byte| *byte == 0).next().map(<[u8]>::to_vec)
}
