//! No descriptor stays open, and a number that is used again is a stranger's.

use std::collections::HashSet;
use std::os::fd::AsRawFd;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Fill, Op, OpenMode, SocketFamily, SocketKind};

use crate::descriptors::{assert_no_more_than, open_descriptors};
use crate::expect;
use crate::stage::Stage;

pub(super) fn files(stage: &mut Stage) {
    stage.make_file("warm", b"up");
    let before = open_descriptors();
    for index in 0..200 {
        let name = format!("file-{index}");
        stage.make_file(&name, b"text");
        let handle = stage.open(&name, OpenMode::Read);
        expect::done(&stage.run(Op::Close { handle }));
        drop(stage.open(&name, OpenMode::ReadWrite));
        let read = Op::ReadFile { path: stage.path(&name), into: Fill::Pool };
        assert_eq!(expect::count(&stage.run(read)), 4);
        for name in ["missing/file", ""] {
            let (path, data) = (stage.path(name), Bytes::from_static(b"x"));
            expect::errno(&stage.run(Op::WriteFile { path: path.clone(), data }));
            expect::errno(&stage.run(Op::ReadFile { path, into: Fill::Pool }));
        }
    }
    assert_no_more_than(before);
}

pub(super) fn connections(stage: &mut Stage) {
    let (listener, address) = stage.listen(16);
    let before = open_descriptors();
    for _ in 0..100 {
        let peer = stage.peer(Role::Connects(address), vec![Act::Send(Bytes::from_static(b"x"))]);
        let handle = expect::opened(stage.run(Op::Accept { handle: listener.clone() }));
        assert_eq!(stage.receive(&handle, usize::MAX), b"x");
        expect::done(&stage.run(Op::Close { handle }));
        assert_eq!(stage.join(peer).error, None);
        let (_deaf, nobody) = stage.bound();
        let handle = stage.socket();
        let refused = stage.run(Op::Connect { handle, address: nobody.into() });
        assert_eq!(expect::errno(&refused), Errno::CONNREFUSED);
    }
    assert_no_more_than(before);
}

pub(super) fn datagrams(stage: &mut Stage) {
    let unix = SocketFamily::Unix;
    let (listener, address) = stage.bound_as(unix, SocketKind::Stream, "listener");
    expect::done(&stage.run(Op::Listen { handle: listener.clone(), backlog: 4 }));
    let before = open_descriptors();
    for index in 0..100 {
        for family in [SocketFamily::Ipv4, unix] {
            let name = format!("socket-{index}");
            let (handle, address) = stage.bound_as(family, SocketKind::Datagram, &name);
            let other = stage.socket_of(family, SocketKind::Datagram);
            stage.send_to(&other, b"x", &address);
            assert_eq!(stage.receive_from(&handle).0, b"x");
            expect::done(&stage.run(Op::Close { handle }));
        }
        let (near, far) = stage.connect_at(&listener, &address);
        stage.send_all(&near, b"x");
        drop(near);
        assert_eq!(stage.receive(&far, usize::MAX), b"x");
        let missing = Op::Connect {
            handle: stage.socket_of(unix, SocketKind::Stream),
            address: stage.socket_path("missing"),
        };
        assert_eq!(expect::errno(&stage.run(missing)), Errno::NOENT);
    }
    assert_no_more_than(before);
}

/// A socket closes while the driver may still remember its number; another gets the number.
pub(super) fn reuse(stage: &mut Stage) {
    let mut numbers = HashSet::new();
    let mut reused = 0;
    for _ in 0..30 {
        let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
        reused += usize::from(!numbers.insert(handle.as_raw_fd()));
        if stage.limits().overlap {
            let waits = stage.start(Op::Recv { handle: handle.clone(), into: Fill::Pool });
            stage.look();
            stage.cancel(waits);
            assert_eq!(expect::errno(&stage.finish(waits)), Errno::CANCELED);
        }
        expect::done(&stage.run(Op::Close { handle }));
        assert_eq!(stage.join(peer).error, None);

        let acts = vec![Act::Receive(4), Act::Send(Bytes::from_static(b"pong"))];
        let (handle, peer) = stage.connect_to(acts);
        reused += usize::from(!numbers.insert(handle.as_raw_fd()));
        stage.send_all(&handle, b"ping");
        assert_eq!(stage.receive(&handle, usize::MAX), b"pong");
        drop(handle);
        assert_eq!(stage.join(peer).error, None);
    }
    assert!(reused > 0, "no number was used again, so nothing was examined");
}
