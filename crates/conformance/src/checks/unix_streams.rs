//! Streams between Unix sockets: what is sent arrives, and how they end.

use std::net::Shutdown;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::{Address, Fill, Handle, Op, SocketFamily, SocketKind, Value};

use crate::expect;
use crate::stage::Stage;

/// A listener at a path of this name.
fn listener(stage: &mut Stage, name: &str) -> (Handle, Address) {
    let (handle, address) = stage.bound_as(SocketFamily::Unix, SocketKind::Stream, name);
    expect::done(&stage.run(Op::Listen { handle: handle.clone(), backlog: 8 }));
    (handle, address)
}

fn connection(stage: &mut Stage, name: &str) -> (Handle, Handle) {
    let (listener, address) = listener(stage, name);
    stage.connect_at(&listener, &address)
}

fn receive(stage: &mut Stage, handle: &Handle) -> Result<usize, Errno> {
    let into = Fill::Own(Vec::with_capacity(64));
    let completion = stage.run(Op::Recv { handle: handle.clone(), into });
    match completion.result {
        Ok(_) => Ok(expect::count(&completion)),
        Err(_) => Err(expect::errno(&completion)),
    }
}

fn send_fails_with(stage: &mut Stage, handle: &Handle, error: Errno) {
    let data = Bytes::from_static(b"x").into();
    let send = stage.run(Op::Send { handle: handle.clone(), data });
    assert_eq!(expect::errno(&send), error);
}

pub(super) fn round_trip(stage: &mut Stage) {
    let (listener, address) = listener(stage, "socket");
    let near = stage.socket_of(SocketFamily::Unix, SocketKind::Stream);
    let connect = Op::Connect { handle: near.clone(), address: address.clone() };
    expect::done(&stage.run(connect));
    let accepted = stage.run(Op::Accept { handle: listener });
    match &accepted.result {
        Ok(Value::Accepted(_, from)) => assert_eq!(*from, Address::Unnamed),
        other => panic!("expected a connection, got {other:?}"),
    }
    let far = expect::opened(accepted);
    assert_eq!(stage.local_address(&far), address);
    let text: Vec<u8> = (0..20_000).map(|index| (index % 251) as u8).collect();
    stage.send_all(&near, &text);
    assert!(stage.receive(&far, text.len()) == text, "what is received is what was sent");
    stage.send_all(&far, &text);
    assert!(stage.receive(&near, text.len()) == text, "what is received is what was sent");
}

/// One side ends; the other hears the end, and may go on.
pub(super) fn half_close(stage: &mut Stage) {
    let (near, far) = connection(stage, "socket");
    stage.send_all(&near, b"question");
    expect::done(&stage.run(Op::Shutdown { handle: near.clone(), how: Shutdown::Write }));
    assert_eq!(stage.receive(&far, usize::MAX), b"question");
    assert_eq!(receive(stage, &far), Ok(0), "the end stays the end");
    stage.send_all(&far, b"answer");
    assert_eq!(stage.receive(&near, 6), b"answer");
    send_fails_with(stage, &near, Errno::PIPE);

    let (near, far) = connection(stage, "another");
    expect::done(&stage.run(Op::Shutdown { handle: near, how: Shutdown::Read }));
    send_fails_with(stage, &far, Errno::PIPE);
}

/// The other side closes: the end, or an error if it had not received all.
pub(super) fn peer_closes(stage: &mut Stage) {
    let (near, far) = connection(stage, "heard");
    stage.send_all(&far, b"last words");
    expect::done(&stage.run(Op::Close { handle: far }));
    assert_eq!(stage.receive(&near, usize::MAX), b"last words");
    assert_eq!(receive(stage, &near), Ok(0));
    send_fails_with(stage, &near, Errno::PIPE);

    let (near, far) = connection(stage, "unheard");
    stage.send_all(&near, b"unheard");
    expect::done(&stage.run(Op::Close { handle: far }));
    assert_eq!(receive(stage, &near), Err(Errno::CONNRESET));
    assert_eq!(receive(stage, &near), Ok(0), "it is reported once");
    send_fails_with(stage, &near, Errno::PIPE);
}

/// Whom nobody can connect to, and what needs a connection.
pub(super) fn errors(stage: &mut Stage) {
    let handle = stage.socket_of(SocketFamily::Unix, SocketKind::Stream);
    assert_eq!(receive(stage, &handle), Err(Errno::INVAL));
    send_fails_with(stage, &handle, Errno::NOTCONN);
    let listen = stage.run(Op::Listen { handle: handle.clone(), backlog: 1 });
    assert_eq!(expect::errno(&listen), Errno::INVAL, "it has no address");

    stage.make_file("file", b"text");
    let (gone, stale) = listener(stage, "stale");
    expect::done(&stage.run(Op::Close { handle: gone }));
    let (_deaf, deaf) = stage.bound_as(SocketFamily::Unix, SocketKind::Stream, "deaf");
    let kind = SocketKind::Datagram;
    let (_datagrams, datagrams) = stage.bound_as(SocketFamily::Unix, kind, "datagrams");
    let whom = [
        (stage.socket_path("missing"), Errno::NOENT),
        (stage.socket_path("file"), Errno::CONNREFUSED),
        (stale, Errno::CONNREFUSED),
        (deaf, Errno::CONNREFUSED),
        (datagrams, Errno::PROTOTYPE),
        (Address::Unnamed, Errno::INVAL),
        (Address::unix(""), Errno::INVAL),
        (Address::Inet(([127, 0, 0, 1], 1).into()), Errno::INVAL),
    ];
    for (address, error) in whom {
        let connect = Op::Connect { handle: handle.clone(), address: address.clone() };
        assert_eq!(expect::errno(&stage.run(connect)), error, "connecting to {address}");
    }
}
