//! How streams end: at the end of a file, by the other side's word, or broken.

use std::net::Shutdown;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::Act;
use whywait_driver::{Fill, Handle, Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

fn receive(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(64)) }
}

pub(super) fn file(stage: &mut Stage) {
    stage.make_file("file", b"text");
    let handle = stage.open("file", OpenMode::Read);
    let read = |into, _| Op::Read { handle: handle.clone(), into };
    assert_eq!(stage.collect(usize::MAX, read), b"text");
    for into in [Fill::Own(Vec::with_capacity(8)), Fill::Pool] {
        let completion = stage.run(Op::Read { handle: handle.clone(), into });
        assert_eq!(expect::count(&completion), 0, "the end stays the end");
    }
    for offset in [4, 5, 1 << 40] {
        let into = Fill::Own(Vec::with_capacity(8));
        let completion = stage.run(Op::ReadAt { handle: handle.clone(), into, offset });
        assert_eq!(expect::count(&completion), 0, "nothing is at {offset}");
    }
}

pub(super) fn stream(stage: &mut Stage) {
    let acts = vec![Act::Send(Bytes::from_static(b"last words")), Act::Finish, Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    assert_eq!(stage.receive(&handle, usize::MAX), b"last words");
    for into in [Fill::Own(Vec::with_capacity(8)), Fill::Pool] {
        let completion = stage.run(Op::Recv { handle: handle.clone(), into });
        assert_eq!(expect::count(&completion), 0, "the end stays the end");
    }
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn half_close(stage: &mut Stage) {
    let acts = vec![Act::ReceiveToEnd, Act::Send(Bytes::from_static(b"answer"))];
    let (handle, peer) = stage.connect_to(acts);
    stage.send_all(&handle, b"question");
    expect::done(&stage.run(Op::Shutdown { handle: handle.clone(), how: Shutdown::Write }));
    assert_eq!(stage.receive(&handle, usize::MAX), b"answer");
    let data = Bytes::from_static(b"more");
    let send = stage.run(Op::Send { handle: handle.clone(), data: data.into() });
    assert_eq!(expect::errno(&send), Errno::PIPE, "it said that it sends no more");
    assert_eq!(stage.join(peer).received, [b"question".to_vec()]);
}

pub(super) fn reset(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::Await, Act::Reset]);
    let token = stage.start(receive(&handle));
    stage.let_go_on(&peer);
    let completion = stage.finish(token);
    assert_eq!(expect::errno(&completion), Errno::CONNRESET);
    let data = Bytes::from_static(b"x");
    let send = stage.run(Op::Send { handle: handle.clone(), data: data.into() });
    assert_eq!(expect::errno(&send), Errno::PIPE);
    assert_eq!(expect::count(&stage.run(receive(&handle))), 0, "a reset is reported once");
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn data_before_reset(stage: &mut Stage) {
    let acts = vec![Act::Send(Bytes::from_static(b"data")), Act::Receive(2), Act::Reset];
    let (handle, peer) = stage.connect_to(acts);
    assert_eq!(stage.receive(&handle, 4), b"data");
    stage.send_all(&handle, b"ok");
    assert_eq!(expect::errno(&stage.run(receive(&handle))), Errno::CONNRESET);
    assert_eq!(stage.join(peer).received, [b"ok".to_vec()]);
}
