//! Ops that give one result after another, or one per op where the driver has no more to give.

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Buffer, Handle, Op, Value};

use crate::expect;
use crate::stage::Stage;

/// Receives to the end of the stream, submitting again after each final completion that is none.
fn receive_to_end(stage: &mut Stage, handle: &Handle) -> Vec<Buffer> {
    let mut leases = Vec::new();
    let mut token = stage.start(Op::RecvMany { handle: handle.clone() });
    loop {
        let completion = stage.next(token);
        let (is_final, count) = (!completion.more, expect::count(&completion));
        if count == 0 {
            assert!(is_final, "the end of the stream is final");
            return leases;
        }
        let lease = expect::buffer(completion);
        assert!(matches!(lease, Buffer::Lease(_)), "{lease:?} is not the driver's");
        assert_eq!(lease.len(), count);
        leases.push(lease);
        if is_final {
            token = stage.start(Op::RecvMany { handle: handle.clone() });
        }
    }
}

fn joined(leases: &[Buffer]) -> Vec<u8> {
    leases.iter().flat_map(|lease| lease.to_vec()).collect()
}

/// What comes in pieces, with time between them, comes in order and nothing is lost.
pub(super) fn receives(stage: &mut Stage) {
    let pieces: Vec<Bytes> = (1..50u8).map(|byte| vec![byte; usize::from(byte)].into()).collect();
    let acts = pieces.iter().map(|piece| Act::Send(piece.clone())).collect();
    let (handle, peer) = stage.connect_to(acts);
    let received = joined(&receive_to_end(stage, &handle));
    assert_eq!(received, pieces.concat());
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// More is received than the driver lends at first, and nothing is given back meanwhile.
pub(super) fn holds_leases(stage: &mut Stage) {
    let length = 100 * stage.pool().buffer_bytes();
    let text: Bytes = (0..length).map(|index| (index % 251) as u8).collect::<Vec<_>>().into();
    let (handle, peer) = stage.connect_to(vec![Act::Send(text.clone())]);
    let leases = receive_to_end(stage, &handle);
    assert!(joined(&leases) == text, "leases that are held together keep their bytes");
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// A cancelled op has its final completion, and leaves the rest of the stream to others.
pub(super) fn cancelled_receive(stage: &mut Stage) {
    let text = Bytes::from_static(b"text");
    let (handle, peer) = stage.connect_to(vec![Act::Await, Act::Send(text.clone())]);
    let token = stage.start(Op::RecvMany { handle: handle.clone() });
    if stage.limits().overlap {
        stage.look();
    }
    stage.cancel(token);
    assert_eq!(expect::errno(&stage.next(token)), Errno::CANCELED);
    stage.let_go_on(&peer);
    assert_eq!(stage.receive(&handle, text.len()), text);
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// All connections of a crowd are taken, each once.
pub(super) fn accepts(stage: &mut Stage) {
    const CROWD: usize = 50;
    let (listener, address) = stage.listen(CROWD as i32);
    let acts = vec![Act::Send(Bytes::from_static(b"x")), Act::ReceiveToEnd];
    let peer = stage.peers(Role::Connects(address), CROWD, acts);
    let mut token = stage.start(Op::AcceptMany { handle: listener.clone() });
    let mut connections = Vec::new();
    while connections.len() < CROWD {
        let completion = stage.next(token);
        let is_final = !completion.more;
        match completion.result {
            Ok(Value::Connection(handle) | Value::Accepted(handle, _)) => connections.push(handle),
            other => panic!("a connection is accepted, not {other:?}"),
        }
        if is_final && connections.len() < CROWD {
            token = stage.start(Op::AcceptMany { handle: listener.clone() });
        }
    }
    stage.cancel(token);
    stage.finish_all();
    for connection in connections {
        assert_eq!(stage.receive(&connection, 1), b"x");
    }
    assert_eq!(stage.join(peer).error, None);
}

/// A cancelled op has its final completion, and leaves the next connection to others.
pub(super) fn cancelled_accept(stage: &mut Stage) {
    let (listener, address) = stage.listen(16);
    let token = stage.start(Op::AcceptMany { handle: listener.clone() });
    if stage.limits().overlap {
        stage.look();
    }
    stage.cancel(token);
    assert_eq!(expect::errno(&stage.next(token)), Errno::CANCELED);
    let peer = stage.peer(Role::Connects(address), vec![Act::ReceiveToEnd]);
    drop(expect::opened(stage.run(Op::Accept { handle: listener })));
    assert_eq!(stage.join(peer).error, None);
}
