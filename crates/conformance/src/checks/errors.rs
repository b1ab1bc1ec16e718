//! Errors come as completions, with the kernel's own error number, and leave the handle usable.

use bytes::Bytes;
use rustix::io::Errno;
use std::net::Shutdown;
use whywait_driver::simulated::Act;
use whywait_driver::{BindShare, Fill, Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

fn spare() -> Fill {
    Fill::Own(Vec::with_capacity(8))
}

pub(super) fn connect_refused(stage: &mut Stage) {
    // Bound, so that nobody else gets the port, but deaf.
    let (silent, address) = stage.bound();
    let handle = stage.socket();
    for _ in 0..3 {
        let completion = stage.run(Op::Connect { handle: handle.clone(), address: address.into() });
        assert_eq!(expect::errno(&completion), Errno::CONNREFUSED);
    }
    drop(silent);
}

pub(super) fn sockets(stage: &mut Stage) {
    let (handle, data) = (stage.socket(), Bytes::from_static(b"x"));
    let ops = [
        (Op::Recv { handle: handle.clone(), into: spare() }, Errno::NOTCONN),
        (Op::Recv { handle: handle.clone(), into: Fill::Pool }, Errno::NOTCONN),
        (Op::Send { handle: handle.clone(), data: data.clone().into() }, Errno::PIPE),
        (Op::Shutdown { handle: handle.clone(), how: Shutdown::Both }, Errno::NOTCONN),
        (Op::Accept { handle: handle.clone() }, Errno::INVAL),
    ];
    for (op, error) in ops {
        let name = op.name();
        assert_eq!(expect::errno(&stage.run(op)), error, "{name} on an unconnected socket");
    }

    let (_listener, address) = stage.listen(1);
    let completion =
        stage.run(Op::Bind { handle, address: address.into(), share: BindShare::Alone });
    assert_eq!(expect::errno(&completion), Errno::ADDRINUSE, "another listens there");

    let (connected, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let again = stage.run(Op::Connect { handle: connected, address: address.into() });
    assert_eq!(expect::errno(&again), Errno::ISCONN);
    drop(again);
    assert_eq!(stage.join(peer).error, None);

    let file = stage.open("file", OpenMode::Create);
    let ops = [
        Op::Recv { handle: file.clone(), into: spare() },
        Op::Send { handle: file.clone(), data: data.into() },
        Op::Accept { handle: file.clone() },
        Op::Connect { handle: file.clone(), address: address.into() },
        Op::Listen { handle: file.clone(), backlog: 1 },
        Op::Shutdown { handle: file, how: Shutdown::Both },
    ];
    for op in ops {
        let name = op.name();
        assert_eq!(expect::errno(&stage.run(op)), Errno::NOTSOCK, "{name} on a file");
    }
}

/// The highest offset, which means "at the file's position" to preadv2(2) and io_uring.
pub(super) fn offset_of_no_file(stage: &mut Stage) {
    let handle = stage.open("file", OpenMode::Create);
    stage.transfer_all(b"text", |data| Op::Write { handle: handle.clone(), data });
    for offset in [u64::MAX, 1 << 63] {
        let ops = [
            Op::ReadAt { handle: handle.clone(), into: spare(), offset },
            Op::ReadAt { handle: handle.clone(), into: Fill::Pool, offset },
            Op::WriteAt { handle: handle.clone(), data: Bytes::from_static(b"x"), offset },
        ];
        for op in ops {
            let name = op.name();
            assert_eq!(expect::errno(&stage.run(op)), Errno::INVAL, "{name} at {offset}");
        }
    }
    let at = |into, done| Op::ReadAt { handle: handle.clone(), into, offset: done as u64 };
    assert_eq!(stage.collect(usize::MAX, at), b"text");
}

pub(super) fn full_buffer(stage: &mut Stage) {
    stage.make_file("file", b"text");
    let file = stage.open("file", OpenMode::Read);
    let (socket, peer) = stage.connect_to(vec![Act::Send(Bytes::from_static(b"x"))]);
    let full = || Fill::Own(Vec::new());
    let ops = [
        Op::Read { handle: file.clone(), into: full() },
        Op::ReadAt { handle: file, into: full(), offset: 0 },
        Op::Recv { handle: socket, into: full() },
    ];
    for op in ops {
        let name = op.name();
        assert_eq!(expect::errno(&stage.run(op)), Errno::INVAL, "{name} without room");
    }
    assert_eq!(stage.join(peer).error, None);
}
