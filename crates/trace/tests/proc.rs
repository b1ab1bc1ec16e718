//! What `/proc` says of descriptors, asked of this very process.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::inotify;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{PidfdFlags, getpid, pidfd_open};
use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
use tempfile::tempdir;
use whywait_record::DescriptorKind;
use whywait_trace::proc::{Described, Descriptors, descendants, threads};

fn described(descriptor: impl AsFd) -> Described {
    let fd = descriptor.as_fd().as_raw_fd();
    Descriptors::new().describe(std::process::id(), fd).expect("it is open")
}

fn nameless(kind: DescriptorKind) -> Described {
    Described { kind, path: None, peer: None, local: None, nonblocking: None, listening: false }
}

#[test]
fn files_have_their_paths_even_when_deleted() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("a b\u{1b}[31m");
    let name = path.to_str().expect("UTF-8").to_owned();
    let file = File::create(&path).expect("a file");
    let open = described(&file);
    assert_eq!((open.kind, open.path.as_ref()), (DescriptorKind::File, Some(&name)));
    assert_eq!(open.nonblocking, Some(false));
    fs::remove_file(&path).expect("it is there");
    // What stands at the path now is not what is open.
    fs::create_dir(&path).expect("a directory");
    let deleted = described(&file);
    assert_eq!((deleted.kind, deleted.path), (DescriptorKind::File, Some(name + " (deleted)")));
    let directory = described(File::open(&path).expect("a directory"));
    assert_eq!(directory.kind, DescriptorKind::Directory);
}

#[test]
fn a_path_that_is_no_utf8_is_shown_all_the_same() {
    let directory = tempdir().expect("a directory");
    let name: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(b"\xffx".to_vec());
    let file = File::create(directory.path().join(PathBuf::from(name))).expect("a file");
    assert!(described(&file).path.expect("a path").ends_with("/\u{fffd}x"));
}

#[test]
fn devices_are_told_apart() {
    let kind = |path| described(File::open(path).expect(path)).kind;
    assert_eq!(kind("/dev/null"), DescriptorKind::CharDevice);
    assert_eq!(kind("/dev/ptmx"), DescriptorKind::Terminal);
}

#[test]
fn pipes_and_their_mode_are_known() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    rustix::io::ioctl_fionbio(&writer, true).expect("a pipe can be non-blocking");
    let pipe = nameless(DescriptorKind::Pipe);
    assert_eq!(described(&reader), Described { nonblocking: Some(false), ..pipe.clone() });
    assert_eq!(described(&writer), Described { nonblocking: Some(true), ..pipe });
}

#[test]
fn descriptors_without_files_are_what_they_are() {
    let kind = |descriptor: rustix::fd::OwnedFd| described(&descriptor).kind;
    assert_eq!(kind(eventfd(0, EventfdFlags::CLOEXEC).expect("one")), DescriptorKind::Eventfd);
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).expect("one");
    assert_eq!(kind(timer), DescriptorKind::Timerfd);
    let notifier = inotify::init(inotify::CreateFlags::CLOEXEC).expect("one");
    assert_eq!(kind(notifier), DescriptorKind::Inotify);
    let process = pidfd_open(getpid(), PidfdFlags::empty()).expect("one");
    assert_eq!(kind(process), DescriptorKind::Pidfd);
}

#[test]
fn an_epoll_is_not_asked_what_is_in_it() {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll");
    assert_eq!(described(&epoll), nameless(DescriptorKind::Epoll));
}

#[test]
fn both_ends_of_a_connection_name_each_other() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(address).expect("an address");
        let place = listener.local_addr().expect("it is bound").to_string();
        let client = TcpStream::connect(&place).expect("it listens");
        let (server, _) = listener.accept().expect("a connection");
        let client_place = client.local_addr().expect("it is bound").to_string();
        let tcp = nameless(DescriptorKind::Tcp);
        let blocking = Described { nonblocking: Some(false), ..tcp };
        let listening =
            Described { local: Some(place.clone()), listening: true, ..blocking.clone() };
        assert_eq!(described(&listener), listening);
        let ends = |local: &str, peer: &str| Described {
            local: Some(local.into()),
            peer: Some(peer.into()),
            ..blocking.clone()
        };
        assert_eq!(described(&client), ends(&client_place, &place));
        assert_eq!(described(&server), ends(&place, &client_place));
    }
}

#[test]
fn an_address_of_ipv4_in_ipv6s_clothing_is_shown_plainly() {
    let listener = TcpListener::bind("[::]:0").expect("an address");
    let port = listener.local_addr().expect("it is bound").port();
    let client = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let (server, _) = listener.accept().expect("a connection");
    let own = client.local_addr().expect("it is bound").to_string();
    assert_eq!(described(&server).peer, Some(own));
    assert_eq!(described(&server).local, Some(format!("127.0.0.1:{port}")));
}

#[test]
fn a_socket_that_connects_later_gets_its_peer() {
    let server = UdpSocket::bind("127.0.0.1:0").expect("an address");
    let client = UdpSocket::bind("127.0.0.1:0").expect("an address");
    let mut descriptors = Descriptors::new();
    let mut peer = || {
        let described = descriptors.describe(std::process::id(), client.as_raw_fd()).expect("open");
        assert_eq!(described.kind, DescriptorKind::Udp);
        described.peer
    };
    assert_eq!(peer(), None);
    let place = server.local_addr().expect("it is bound");
    client.connect(place).expect("datagrams connect");
    // The tables may not be read at any rate, so it may take a moment until it is seen.
    let begun = Instant::now();
    loop {
        match peer() {
            Some(found) => return assert_eq!(found, place.to_string()),
            None => assert!(begun.elapsed() < Duration::from_secs(60), "it is never seen"),
        }
    }
}

#[test]
fn sockets_that_are_in_no_table_still_have_a_kind() {
    let stream = |family| {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        described(socket_with(family, SocketType::STREAM, flags, None).expect("a socket"))
    };
    for family in [AddressFamily::INET, AddressFamily::INET6] {
        let unconnected = nameless(DescriptorKind::Tcp);
        assert_eq!(stream(family), Described { nonblocking: Some(true), ..unconnected });
    }
    let netlink = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None);
    assert_eq!(described(netlink.expect("a socket")).kind, DescriptorKind::Socket);
}

#[test]
fn unix_sockets_name_the_path_that_was_connected_to() {
    let directory = tempdir().expect("a directory");
    let path = directory.path().join("a socket");
    let named = format!("unix:{}", path.display());
    let listener = UnixListener::bind(&path).expect("a path");
    let client = UnixStream::connect(&path).expect("it listens");
    let (server, _) = listener.accept().expect("a connection");
    let unix = Described { nonblocking: Some(false), ..nameless(DescriptorKind::Unix) };
    let with_local = Described { local: Some(named.clone()), ..unix.clone() };
    assert_eq!(described(&listener), Described { listening: true, ..with_local.clone() });
    assert_eq!(described(&server), with_local);
    assert_eq!(described(&client), Described { peer: Some(named), ..unix });
}

#[test]
fn abstract_names_begin_with_an_at_sign() {
    let name = format!("whywait test {}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a name");
    let socket = UnixDatagram::bind_addr(&address).expect("it is free");
    assert_eq!(described(&socket).local, Some(format!("unix:@{name}")));
}

#[test]
fn a_descriptor_that_is_closed_is_nothing() {
    let pid = std::process::id();
    let mut descriptors = Descriptors::new();
    for (pid, fd) in [(pid, -1), (pid, i32::MAX), (u32::MAX, 0)] {
        assert_eq!(descriptors.describe(pid, fd), None, "{pid} {fd}");
    }
}

/// Processes come and go while they are read; nothing is worse for it than an empty answer.
#[test]
fn processes_that_vanish_are_no_trouble() {
    let mut descriptors = Descriptors::new();
    for _ in 0..20 {
        let mut child = std::process::Command::new("true").spawn().expect("true");
        let pid = child.id();
        let read = std::thread::spawn(move || {
            (descendants(std::process::id()), threads(pid), whywait_trace::proc::command(pid))
        });
        for fd in 0..3 {
            let _ = descriptors.describe(pid, fd);
        }
        child.wait().expect("its status");
        read.join().expect("no panic");
        assert_eq!(descriptors.describe(pid, 0), None);
        assert!(threads(pid).is_empty());
    }
}
