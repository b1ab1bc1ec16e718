//! Names of Unix sockets: made by binding, and left where they are.

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::{Address, BindShare, FileKind, Op, SocketFamily, SocketKind};

use crate::expect;
use crate::stage::Stage;

const UNIX: SocketFamily = SocketFamily::Unix;

/// A path that exists is in use, whatever it is, and stays what it is.
pub(super) fn in_use(stage: &mut Stage) {
    stage.make_file("file", b"text");
    let (living, _) = stage.bound_as(UNIX, SocketKind::Stream, "living");
    let (gone, stale) = stage.bound_as(UNIX, SocketKind::Datagram, "stale");
    expect::done(&stage.run(Op::Close { handle: gone }));
    for kind in [SocketKind::Stream, SocketKind::Datagram] {
        let handle = stage.socket_of(UNIX, kind);
        for name in ["file", "living", "stale"] {
            let address = stage.socket_path(name);
            assert_eq!(expect::errno(&stage.bind(&handle, &address)), Errno::ADDRINUSE, "{name}");
        }
    }
    for name in ["living", "stale"] {
        let stat = expect::stat(&stage.run(Op::Stat { path: stage.path(name) }));
        assert_eq!(stat.kind, FileKind::Other, "{name} is there after its socket too");
    }
    let stat = expect::stat(&stage.run(Op::Stat { path: stage.path("file") }));
    assert_eq!((stat.kind, stat.len), (FileKind::File, 4));
    drop(living);

    // Who may remove a name is not the driver's to decide.
    expect::done(&stage.run(Op::Unlink { path: stage.path("stale") }));
    let handle = stage.socket_of(UNIX, SocketKind::Stream);
    expect::done(&stage.bind(&handle, &stale));
    let again = stage.socket_path("again");
    assert_eq!(expect::errno(&stage.bind(&handle, &again)), Errno::INVAL, "it has a name");
}

/// Names that cannot be.
pub(super) fn refused(stage: &mut Stage) {
    let handle = stage.socket_of(UNIX, SocketKind::Stream);
    let names = [
        (Address::unix("x".repeat(108)), Errno::NAMETOOLONG),
        (Address::Abstract(vec![b'x'; 108].into()), Errno::NAMETOOLONG),
        (Address::unix(""), Errno::INVAL),
        (Address::unix("a\0b"), Errno::INVAL),
        (stage.socket_path("missing/socket"), Errno::NOENT),
        (Address::Inet(([127, 0, 0, 1], 0).into()), Errno::INVAL),
    ];
    for (address, error) in names {
        assert_eq!(expect::errno(&stage.bind(&handle, &address)), error, "{address}");
    }
    let tcp = stage.socket();
    let address = stage.socket_path("tcp");
    assert_eq!(expect::errno(&stage.bind(&tcp, &address)), Errno::AFNOSUPPORT);
    let share = BindShare::WithOthers;
    let shared = stage.run(Op::Bind { handle, address, share });
    assert_eq!(expect::errno(&shared), Errno::OPNOTSUPP, "a path is one socket's");
}

/// Names that no file has: one that was asked for, and one that the kernel made up.
pub(super) fn without_a_file(stage: &mut Stage) {
    let asked_for = Address::Abstract(stage.path("abstract").as_bytes().into());
    for address in [asked_for, Address::Unnamed] {
        let handle = stage.socket_of(UNIX, SocketKind::Datagram);
        expect::done(&stage.bind(&handle, &address));
        let local = stage.local_address(&handle);
        assert!(matches!(local, Address::Abstract(_)), "{local:?}");
        assert!(address == Address::Unnamed || address == local, "{local:?}");

        let other = stage.socket_of(UNIX, SocketKind::Datagram);
        assert_eq!(expect::errno(&stage.bind(&other, &local)), Errno::ADDRINUSE);
        stage.send_to(&other, b"hello", &local);
        assert_eq!(stage.receive_from(&handle).0, b"hello");
        expect::done(&stage.run(Op::Close { handle }));
        let (data, to) = (Bytes::from_static(b"x").into(), Box::new(local.clone()));
        let nobody = stage.run(Op::SendTo { handle: other.clone(), data, address: to });
        assert_eq!(expect::errno(&nobody), Errno::CONNREFUSED);
        expect::done(&stage.bind(&other, &local));
    }
}
