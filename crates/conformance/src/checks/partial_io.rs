//! A transfer may be short; nothing of it is lost or doubled.

use bytes::Bytes;
use whywait_driver::simulated::Act;
use whywait_driver::{Fill, Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

/// More than Linux's largest send and receive buffers on loopback together.
const PAST_SOCKET_BUFFERS_BYTES: usize = 24 << 20;

pub(super) fn files(stage: &mut Stage) {
    stage.make_file("file", b"0123456789");
    let handle = stage.open("file", OpenMode::Read);
    let mut read = Vec::new();
    loop {
        let into = Fill::Own(Vec::with_capacity(3));
        let completion = stage.run(Op::Read { handle: handle.clone(), into });
        let count = expect::count(&completion);
        let part = expect::buffer(completion);
        assert!(count == part.len() && part.len() <= 3, "{count} bytes in {part:?}");
        if count == 0 {
            break;
        }
        read.extend_from_slice(&part);
    }
    assert_eq!(read, b"0123456789");
}

pub(super) fn receive(stage: &mut Stage) {
    let text: Vec<u8> = (0..50_000u32).map(|index| (index % 249) as u8).collect();
    let (handle, peer) = stage.connect_to(vec![Act::Send(Bytes::from(text.clone()))]);
    let mut received = Vec::new();
    for room in (1..).step_by(97) {
        let into = Fill::Own(Vec::with_capacity(room));
        let completion = stage.run(Op::Recv { handle: handle.clone(), into });
        if expect::count(&completion) == 0 {
            break;
        }
        received.extend_from_slice(&expect::buffer(completion));
    }
    assert!(received == text, "{} of {} bytes, or in disorder", received.len(), text.len());
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn send_all(stage: &mut Stage) {
    let text: Vec<u8> = (0..PAST_SOCKET_BUFFERS_BYTES).map(|index| (index % 247) as u8).collect();
    let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    stage.send_all(&handle, &text);
    expect::done(&stage.run(Op::Close { handle }));
    assert!(stage.join(peer).received[0] == text, "the peer received what was sent");
}

pub(super) fn short(stage: &mut Stage) {
    let text = Bytes::from(vec![7; PAST_SOCKET_BUFFERS_BYTES]);
    let (handle, peer) = stage.connect_to(vec![Act::Await, Act::ReceiveToEnd]);
    let completion = stage.run(Op::Send { handle: handle.clone(), data: text.clone().into() });
    let count = expect::count(&completion);
    assert!(0 < count && count < text.len(), "{count} bytes fit while nobody receives");
    expect::done(&stage.run(Op::Close { handle }));
    drop(completion);
    stage.let_go_on(&peer);
    assert_eq!(stage.join(peer).received[0].len(), count);
}

/// Without overlap a send waits inside the call until all of it fits.
pub(super) fn send_waits_inside(stage: &mut Stage) {
    let data = Bytes::from(vec![7; PAST_SOCKET_BUFFERS_BYTES]);
    let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let completion = stage.run(Op::Send { handle: handle.clone(), data: data.into() });
    assert_eq!(expect::count(&completion), PAST_SOCKET_BUFFERS_BYTES);
    drop((handle, completion));
    assert_eq!(stage.join(peer).received[0].len(), PAST_SOCKET_BUFFERS_BYTES);
}
