//! What the descriptors of watched programs stand for, each found out once.
//!
//! The kernel's side sends what it knows of a descriptor when a thread first waits on it or uses
//! it in a new way: kind, socket addresses and names, the last parts of a file's name. That is exact,
//! and cannot come too late. What it cannot know, a whole path, is looked up in `/proc` while the
//! descriptor is open.
//!
//! Left out on purpose: following descriptors that are closed and opened; one that was opened anew
//! is another, by its place in the kernel's memory.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use whywait_record::{Descriptor, DescriptorId, DescriptorKind, OpenDescriptor};

use super::layout::{DescriptorEvent, NAME_PARTS};
use crate::proc::{self, Described};

/// How many descriptors are kept at most.
const MOST: usize = 16_384;

/// How many descriptors are read of a process that existed before, of all of them together, and of
/// what an epoll watches.
const MOST_OPEN: usize = 1024;
const MOST_OPEN_OF_ALL: usize = MOST / 2;
const MOST_WATCHED: usize = 1024;

/// The descriptors that were seen.
#[derive(Debug)]
pub(super) struct Descriptors {
    list: Vec<Descriptor>,
    by_place: HashMap<(u32, i32, u64), DescriptorId>,
    /// The last one seen under a number, for what is asked for without its place.
    by_number: HashMap<(u32, i32), DescriptorId>,
    /// Those that were open before watching began and were not used since: their places are not
    /// known.
    unplaced: HashMap<(u32, i32), DescriptorId>,
    /// How many were read of processes that existed before.
    read_open: usize,
    /// How many could not be named, or were too many.
    pub(super) unnamed: u64,
    proc: proc::Descriptors,
}

/// A descriptor as a row of the kernel's tables names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) pid: u32,
    /// Below 0: none, or too many to tell apart.
    pub(super) fd: i32,
    /// Its place in the kernel's memory; none where that is not known.
    pub(super) file: Option<u64>,
}

impl Descriptors {
    pub(super) fn new() -> Self {
        Self {
            list: Vec::new(),
            by_place: HashMap::new(),
            by_number: HashMap::new(),
            unplaced: HashMap::new(),
            read_open: 0,
            unnamed: 0,
            proc: proc::Descriptors::new(),
        }
    }

    /// Takes in what the kernel's side sent.
    pub(super) fn take(&mut self, event: &DescriptorEvent) {
        let place = (event.tgid, event.fd, event.file);
        if let Some(known) = self.by_place.get(&place) {
            // A socket may be connected and bound after it was used for the first time.
            if let Some(known) = self.list.get_mut(known.0 as usize) {
                known.peer = known.peer.take().or_else(|| peer(event));
                known.local = known.local.take().or_else(|| local(event));
            }
            return;
        }
        if self.take_up(event) {
            return;
        }
        if self.list.len() >= MOST {
            self.unnamed += 1;
            return;
        }
        let mut descriptor = described(event);
        // A descriptor that is open still has a path in /proc; one of another kind than the
        // kernel saw has been closed meanwhile, and its number is another's.
        if needs_proc(&descriptor)
            && let Some(found) = self.proc.describe(event.tgid, event.fd)
            && agrees(found.kind, found.path.as_deref(), &descriptor)
        {
            complete(&mut descriptor, found);
        }
        if descriptor.path.is_none() && descriptor.peer.is_none() && descriptor.local.is_none() {
            self.unnamed += u64::from(descriptor.kind == DescriptorKind::File);
        }
        self.insert(place, descriptor);
    }

    /// Whether a descriptor that was open before is the one that the kernel's side sent, whose place
    /// is then known.
    fn take_up(&mut self, event: &DescriptorEvent) -> bool {
        let number = (event.tgid, event.fd);
        let Some(id) = self.unplaced.remove(&number) else { return false };
        let Some(open) = self.list.get_mut(id.0 as usize) else { return false };
        let seen = described(event);
        let same_peer = open.peer.is_none() || seen.peer.is_none() || open.peer == seen.peer;
        if !same_peer || !agrees(open.kind, open.path.as_deref(), &seen) {
            return false;
        }
        open.peer = open.peer.take().or(seen.peer);
        open.local = open.local.take().or(seen.local);
        self.by_place.insert((event.tgid, event.fd, event.file), id);
        true
    }

    /// What a process that existed before has open now, and how many more descriptors.
    pub(super) fn read_open(&mut self, pid: u32) -> (Vec<OpenDescriptor>, u64) {
        let numbers = proc::open_descriptors(pid);
        let room = MOST_OPEN
            .min(MOST_OPEN_OF_ALL.saturating_sub(self.read_open))
            .min(MOST.saturating_sub(self.list.len()));
        let left_out = numbers.len().saturating_sub(room) as u64;
        let mut open = Vec::new();
        for fd in numbers.into_iter().take(room) {
            // None of one that was closed meanwhile.
            let Some(found) = self.proc.describe(pid, fd) else { continue };
            let watches = match found.kind {
                DescriptorKind::Epoll => proc::watched_by_epoll(pid, fd, MOST_WATCHED),
                _ => Vec::new(),
            };
            let listening = found.listening;
            let Some(id) = self.push(looked_up(pid, fd, found)) else { break };
            self.unplaced.insert((pid, fd), id);
            open.push(OpenDescriptor { fd, descriptor: id, listening, watches });
        }
        self.read_open += open.len();
        (open, left_out)
    }

    /// Adds one to the list; none if that is full.
    fn push(&mut self, descriptor: Descriptor) -> Option<DescriptorId> {
        if self.list.len() >= MOST {
            return None;
        }
        let id = DescriptorId(u32::try_from(self.list.len()).ok()?);
        self.by_number.extend(descriptor.fd.map(|fd| ((descriptor.pid, fd), id)));
        self.list.push(descriptor);
        Some(id)
    }

    fn insert(&mut self, place: (u32, i32, u64), descriptor: Descriptor) -> Option<DescriptorId> {
        let id = self.push(descriptor);
        match id {
            Some(id) => _ = self.by_place.insert(place, id),
            None => self.unnamed += 1,
        }
        id
    }

    /// The descriptor, if the kernel's side sent it.
    pub(super) fn find(&self, seen: &Seen) -> Option<DescriptorId> {
        match seen.file {
            Some(file) => self.by_place.get(&(seen.pid, seen.fd, file)).copied(),
            None => self.by_number.get(&(seen.pid, seen.fd)).copied(),
        }
    }

    /// The descriptor; one that the kernel's side did not send is looked up.
    pub(super) fn find_or_look_up(&mut self, seen: &Seen) -> Option<DescriptorId> {
        if seen.fd < 0 {
            return None;
        }
        if let Some(id) = self.find(seen) {
            return Some(id);
        }
        if let Some(id) = self.unplaced.remove(&(seen.pid, seen.fd)) {
            self.by_place.extend(seen.file.map(|file| ((seen.pid, seen.fd, file), id)));
            return Some(id);
        }
        let found = self.proc.describe(seen.pid, seen.fd)?;
        let descriptor = looked_up(seen.pid, seen.fd, found);
        self.insert((seen.pid, seen.fd, seen.file.unwrap_or(0)), descriptor)
    }

    /// The kind of a descriptor, or at least what its class says.
    pub(super) fn kind(&self, id: Option<DescriptorId>, class: u8) -> DescriptorKind {
        id.and_then(|id| self.list.get(id.0 as usize))
            .map_or_else(|| kind_of_class(class), |descriptor| descriptor.kind)
    }

    pub(super) fn into_list(self) -> Vec<Descriptor> {
        self.list
    }
}

/// What is only known from `/proc`.
fn looked_up(pid: u32, fd: i32, found: Described) -> Descriptor {
    let kind = found.kind;
    let mut descriptor =
        Descriptor { pid, fd: Some(fd), kind, path: None, peer: None, local: None };
    complete(&mut descriptor, found);
    descriptor
}

fn described(event: &DescriptorEvent) -> Descriptor {
    Descriptor {
        pid: event.tgid,
        fd: Some(event.fd),
        kind: kind(event),
        path: path(event),
        peer: peer(event),
        local: local(event),
    }
}

/// With whom a socket speaks; none while it is not connected.
fn peer(event: &DescriptorEvent) -> Option<String> {
    match event.family {
        AF_UNIX => unix_name(event, 0, event.remote_port),
        _ => address(event, &event.remote, event.remote_port),
    }
}

/// A socket's own end; none while it has no address.
fn local(event: &DescriptorEvent) -> Option<String> {
    match event.family {
        AF_UNIX => unix_name(event, NAME_PARTS / 2, event.local_port),
        _ => address(event, &event.local, event.local_port),
    }
}

/// The name of a Unix socket, of which so many bytes were sent from that part on; none of one that
/// is not bound. The first byte of an abstract name is 0.
fn unix_name(event: &DescriptorEvent, first: usize, bytes: u16) -> Option<String> {
    let sent = event.names.get(first..first + NAME_PARTS / 2)?.as_flattened();
    let name = sent.get(..usize::from(bytes))?;
    match name {
        [] => None,
        [0, rest @ ..] => Some(format!("unix:@{}", String::from_utf8_lossy(rest))),
        path => {
            let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
            Some(format!("unix:{}", String::from_utf8_lossy(&path[..end])))
        }
    }
}

/// What the kernel knows only by asking `/proc` is added; what it saw itself stays.
fn complete(descriptor: &mut Descriptor, found: Described) {
    if let Some(path) = found.path {
        descriptor.path = Some(path);
    }
    descriptor.peer = descriptor.peer.take().or(found.peer);
    descriptor.local = descriptor.local.take().or(found.local);
    if matches!(descriptor.kind, DescriptorKind::Other | DescriptorKind::CharDevice) {
        descriptor.kind = found.kind;
    }
}

/// Of what the kernel's side cannot send all.
fn needs_proc(descriptor: &Descriptor) -> bool {
    match descriptor.kind {
        DescriptorKind::Tcp | DescriptorKind::Udp | DescriptorKind::Socket => false,
        DescriptorKind::Unix => descriptor.peer.is_none() && descriptor.local.is_none(),
        _ => true,
    }
}

/// Whether what is open under the number now can be what the kernel's side saw.
fn agrees(kind: DescriptorKind, path: Option<&str>, seen: &Descriptor) -> bool {
    let last =
        |path: Option<&str>| path.and_then(|path| path.rsplit('/').next()).map(str::to_owned);
    let is_rough = matches!(seen.kind, DescriptorKind::Other | DescriptorKind::CharDevice);
    let same_kind = is_rough || kind == seen.kind;
    let same_name = match (last(path), last(seen.path.as_deref())) {
        // Names longer than what is sent are cut, and deleted files are marked.
        (Some(now), Some(then)) => now.starts_with(&then),
        _ => true,
    };
    same_kind && same_name
}

fn kind(event: &DescriptorEvent) -> DescriptorKind {
    /// `SOCK_STREAM` and `SOCK_DGRAM`, include/linux/net.h.
    const STREAM: u16 = 1;
    const DATAGRAM: u16 = 2;
    match (kind_of_class(event.class as u8), event.family, event.socket_type) {
        (DescriptorKind::Socket, AF_UNIX, _) => DescriptorKind::Unix,
        (DescriptorKind::Socket, AF_INET | AF_INET6, STREAM) => DescriptorKind::Tcp,
        (DescriptorKind::Socket, AF_INET | AF_INET6, DATAGRAM) => DescriptorKind::Udp,
        (DescriptorKind::Other, ..) => kind_by_name(&part(event, 0)),
        (kind, ..) => kind,
    }
}

/// Address families, include/linux/socket.h.
const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// Files without a mode, which the kernel tells apart by the names that it gives them.
fn kind_by_name(name: &str) -> DescriptorKind {
    match name {
        "[eventpoll]" => DescriptorKind::Epoll,
        "[eventfd]" => DescriptorKind::Eventfd,
        "[timerfd]" => DescriptorKind::Timerfd,
        "[signalfd]" => DescriptorKind::Signalfd,
        "[io_uring]" => DescriptorKind::Ring,
        "[pidfd]" => DescriptorKind::Pidfd,
        "inotify" => DescriptorKind::Inotify,
        _ => DescriptorKind::Other,
    }
}

pub(super) fn kind_of_class(class: u8) -> DescriptorKind {
    match class {
        0 => DescriptorKind::None,
        1 => DescriptorKind::File,
        2 => DescriptorKind::Directory,
        3 => DescriptorKind::Pipe,
        4 => DescriptorKind::Socket,
        5 => DescriptorKind::CharDevice,
        6 => DescriptorKind::BlockDevice,
        _ => DescriptorKind::Other,
    }
}

fn part(event: &DescriptorEvent, index: usize) -> String {
    let bytes = &event.names[index];
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// The path as far as the kernel's side sent it: `…/` in front of one that goes on.
fn path(event: &DescriptorEvent) -> Option<String> {
    if !matches!(event.class, 1 | 2 | 3 | 5 | 6) {
        return None;
    }
    let parts: Vec<String> = (0..event.names.len())
        .map(|index| part(event, index))
        .take_while(|part| !part.is_empty())
        .collect();
    let reaches_root = parts.last().is_some_and(|part| part == "/");
    let names: Vec<&str> =
        parts.iter().rev().map(String::as_str).filter(|part| *part != "/").collect();
    (!names.is_empty())
        .then(|| format!("{}/{}", if reaches_root { "" } else { "…" }, names.join("/")))
}

fn address(event: &DescriptorEvent, bytes: &[u8; 16], port: u16) -> Option<String> {
    let [a, b, c, d, ..] = *bytes;
    let ip = match event.family {
        AF_INET => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        AF_INET6 => IpAddr::V6(Ipv6Addr::from(*bytes)).to_canonical(),
        _ => return None,
    };
    (port != 0).then(|| SocketAddr::new(ip, port).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::layout::{NAME_BYTES, NAME_PARTS};

    fn event(class: u32, names: &[&str]) -> DescriptorEvent {
        let mut parts = [[0; NAME_BYTES]; NAME_PARTS];
        for (part, name) in parts.iter_mut().zip(names) {
            part[..name.len()].copy_from_slice(name.as_bytes());
        }
        DescriptorEvent {
            kind: 4,
            tgid: u32::MAX,
            fd: 3,
            class,
            file: 7,
            family: 0,
            socket_type: 0,
            remote_port: 0,
            local_port: 0,
            remote: [0; 16],
            local: [0; 16],
            names: parts,
        }
    }

    #[test]
    fn a_path_is_put_together_from_its_parts() {
        assert_eq!(path(&event(1, &["x", "data", "/"])).as_deref(), Some("/data/x"));
        assert_eq!(path(&event(1, &["a"; NAME_PARTS])).as_deref(), Some("…/a/a/a/a/a/a/a/a"));
        assert_eq!(path(&event(3, &[])), None);
    }

    #[test]
    fn a_socket_has_its_addresses() {
        let mut socket = event(4, &[]);
        (socket.family, socket.socket_type) = (AF_INET, 1);
        socket.remote[..4].copy_from_slice(&[127, 0, 0, 1]);
        socket.remote_port = 6379;
        let descriptor = described(&socket);
        assert_eq!(descriptor.kind, DescriptorKind::Tcp);
        assert_eq!(descriptor.peer.as_deref(), Some("127.0.0.1:6379"));
        assert_eq!(descriptor.local, None);
    }

    #[test]
    fn a_socket_that_is_connected_after_its_first_use_gets_its_addresses() {
        // As libpq does: fcntl(2) of a new socket comes first, and connect(2) later.
        let mut unconnected = event(4, &[]);
        (unconnected.family, unconnected.socket_type) = (AF_INET, 1);
        let mut connected = unconnected;
        connected.remote[..4].copy_from_slice(&[127, 0, 0, 1]);
        connected.local[..4].copy_from_slice(&[127, 0, 0, 1]);
        (connected.remote_port, connected.local_port) = (5432, 40_000);
        let mut descriptors = Descriptors::new();
        descriptors.take(&unconnected);
        assert_eq!(descriptors.list[0].peer, None);
        descriptors.take(&connected);
        descriptors.take(&unconnected);
        assert_eq!(descriptors.list.len(), 1);
        assert_eq!(descriptors.list[0].peer.as_deref(), Some("127.0.0.1:5432"));
        assert_eq!(descriptors.list[0].local.as_deref(), Some("127.0.0.1:40000"));
    }

    #[test]
    fn what_was_open_before_is_one_descriptor_with_what_is_used_later() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
        let fd = std::os::fd::AsRawFd::as_raw_fd(&listener);
        let pid = std::process::id();
        let mut descriptors = Descriptors::new();
        let (open, left_out) = descriptors.read_open(pid);
        assert_eq!(left_out, 0);
        let found = open.iter().find(|open| open.fd == fd).expect("it is open");
        assert!(found.listening);
        let known = descriptors.list.len();
        let mut used = DescriptorEvent { tgid: pid, fd, ..event(4, &[]) };
        (used.family, used.socket_type) = (AF_INET, 1);
        descriptors.take(&used);
        assert_eq!(descriptors.list.len(), known);
        let seen = Seen { pid, fd, file: Some(7) };
        assert_eq!(descriptors.find(&seen), Some(found.descriptor));
        // Another file under the same number is another descriptor.
        descriptors.take(&DescriptorEvent { tgid: pid, fd, file: 8, ..event(1, &["x", "/"]) });
        assert_eq!(descriptors.list.len(), known + 1);
    }

    #[test]
    fn a_unix_socket_has_the_names_that_the_kernels_side_sent() {
        let mut socket = event(4, &[]);
        (socket.family, socket.socket_type) = (AF_UNIX, 1);
        let long = format!("/run/{}", "x".repeat(90));
        let mut put = |first: usize, name: &[u8]| {
            let sent = socket.names[first..first + NAME_PARTS / 2].as_flattened_mut();
            sent[..name.len()].copy_from_slice(name);
            name.len() as u16
        };
        let lengths = (put(0, long.as_bytes()), put(NAME_PARTS / 2, b"\0mine"));
        (socket.remote_port, socket.local_port) = lengths;
        let descriptor = described(&socket);
        assert_eq!(descriptor.peer, Some(format!("unix:{long}")));
        assert_eq!(descriptor.local.as_deref(), Some("unix:@mine"));
        assert_eq!(described(&event(4, &[])).peer, None);
        // More bytes than there is room for are not read.
        socket.remote_port = u16::MAX;
        assert_eq!(described(&socket).peer, None);
    }

    #[test]
    fn one_that_was_opened_anew_is_another() {
        let mut descriptors = Descriptors::new();
        let first = event(1, &["a", "/"]);
        let second = DescriptorEvent { file: 8, ..event(1, &["b", "/"]) };
        descriptors.take(&first);
        descriptors.take(&second);
        let seen = |file| Seen { pid: u32::MAX, fd: 3, file };
        let name = |id: Option<DescriptorId>| {
            descriptors.list[id.expect("it was sent").0 as usize].path.clone()
        };
        assert_eq!(name(descriptors.find(&seen(Some(7)))).as_deref(), Some("/a"));
        assert_eq!(name(descriptors.find(&seen(Some(8)))).as_deref(), Some("/b"));
        assert_eq!(name(descriptors.find(&seen(None))).as_deref(), Some("/b"));
    }
}
