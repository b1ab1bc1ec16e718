//! Dropping a driver ends what is in flight.

use std::time::Duration;

use bytes::Bytes;
use whywait_driver::simulated::Act;
use whywait_driver::{Config, Fill, Op, OpenMode, SocketFamily, SocketKind};

use crate::descriptors::{assert_no_more_than, open_descriptors};
use crate::expect;
use crate::stage::Stage;

/// Receives that wait, and sends and connects that wait for room.
fn waiting_ops(stage: &mut Stage, round: u32) -> Vec<Op> {
    let udp = stage.bound_as(SocketFamily::Ipv4, SocketKind::Datagram, "").0;
    let mut ops = vec![
        Op::RecvFrom { handle: udp.clone(), into: Fill::Own(Vec::with_capacity(64)) },
        Op::RecvFrom { handle: udp, into: Fill::Pool },
    ];
    let (name, unix) = (format!("datagrams-{round}"), SocketFamily::Unix);
    let (handle, address) = stage.bound_as(unix, SocketKind::Datagram, &name);
    ops.extend((0..600).map(|_| Op::SendTo {
        handle: handle.clone(),
        data: Bytes::from_static(b"x").into(),
        address: Box::new(address.clone()),
    }));
    let name = format!("listener-{round}");
    let (handle, address) = stage.bound_as(unix, SocketKind::Stream, &name);
    expect::done(&stage.run(Op::Listen { handle, backlog: 1 }));
    ops.extend((0..4).map(|_| Op::Connect {
        handle: stage.socket_of(unix, SocketKind::Stream),
        address: address.clone(),
    }));
    ops
}

pub(super) fn in_flight(stage: &mut Stage) {
    stage.drop_driver();
    let before = open_descriptors();
    for looks in 0..6 {
        stage.reopen(&Config::default());
        let (socket, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
        let (listener, _) = stage.listen(8);
        let file = stage.open("file", OpenMode::Create);
        let may_look = stage.limits().overlap;
        let waiting = waiting_ops(stage, looks);
        stage.start(Op::Recv { handle: socket.clone(), into: Fill::Own(Vec::with_capacity(64)) });
        stage.start(Op::Recv { handle: socket, into: Fill::Pool });
        stage.start(Op::Accept { handle: listener });
        stage.start(Op::Sleep { duration: Duration::from_secs(24 * 3600) });
        for index in 0..20 {
            let (path, data) = (stage.path(&format!("file-{index}")), Bytes::from(vec![1; 10_000]));
            stage.start(Op::WriteFile { path: path.clone(), data: data.clone() });
            stage.start(Op::ReadFile { path: path.clone(), into: Fill::Pool });
            stage.start(Op::Open { path, mode: OpenMode::Create });
            stage.start(Op::Write { handle: file.clone(), data });
        }
        drop(file);
        for op in waiting {
            stage.start(op);
        }
        // Without overlap the first look would never end.
        for _ in 0..if may_look { looks } else { 0 } {
            stage.look();
        }
        stage.drop_driver();
        stage.assert_let_go_of(peer);
        assert_no_more_than(before);
    }
}
