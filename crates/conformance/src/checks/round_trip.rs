//! What is written is read, on files and on connections.

use bytes::Bytes;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

pub(super) fn file(stage: &mut Stage) {
    let text: Vec<u8> = (0..100_000u32).map(|index| (index % 251) as u8).collect();
    let handle = stage.open("file", OpenMode::Create);
    stage.transfer_all(&text, |data| Op::Write { handle: handle.clone(), data });
    let at = |into, done| Op::ReadAt { handle: handle.clone(), into, offset: done as u64 };
    assert!(stage.collect(usize::MAX, at) == text, "what is read at offsets is what was written");
    expect::done(&stage.run(Op::Close { handle }));

    let handle = stage.open("file", OpenMode::Read);
    let read = |into, _| Op::Read { handle: handle.clone(), into };
    assert!(stage.collect(usize::MAX, read) == text, "what is read is what was written");
    expect::done(&stage.run(Op::Close { handle }));
}

pub(super) fn connect(stage: &mut Stage) {
    let acts = vec![Act::Receive(5), Act::Send(Bytes::from_static(b"world")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    stage.send_all(&handle, b"hello");
    assert_eq!(stage.receive(&handle, 5), b"world");
    stage.send_all(&handle, b", again");
    expect::done(&stage.run(Op::Close { handle }));
    let played = stage.join(peer);
    assert_eq!(played.received, [b"hello, again".to_vec()]);
    assert_eq!(played.error, None);
}

pub(super) fn accept(stage: &mut Stage) {
    let (listener, address) = stage.listen(16);
    let acts = vec![Act::Send(Bytes::from_static(b"hello")), Act::Finish, Act::ReceiveToEnd];
    let peer = stage.peer(Role::Connects(address), acts);
    let accepted = stage.run(Op::Accept { handle: listener });
    if let Ok(whywait_driver::Value::Accepted(_, from)) = &accepted.result {
        assert!(from.ip().is_loopback() && from.port() != 0, "{from} connected");
    }
    let handle = expect::opened(accepted);
    let heard = stage.receive(&handle, usize::MAX);
    assert_eq!(heard, b"hello");
    stage.send_all(&handle, &heard);
    expect::done(&stage.run(Op::Close { handle }));
    let played = stage.join(peer);
    assert_eq!(played.received, [heard]);
    assert_eq!(played.error, None);
}
