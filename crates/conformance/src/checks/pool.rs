//! Buffers of the driver's own: lent filled, intact while they are held, and taken back.

use std::collections::HashSet;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::Act;
use whywait_driver::{Buffer, Fill, Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

/// Receives into leases until the stream ends; gives all of them.
fn receive_leases(stage: &mut Stage, text: &Bytes) -> Vec<Buffer> {
    let (handle, peer) = stage.connect_to(vec![Act::Send(text.clone())]);
    let mut leases = Vec::new();
    loop {
        let completion = stage.run(Op::Recv { handle: handle.clone(), into: Fill::Pool });
        if expect::count(&completion) == 0 {
            break;
        }
        let lease = expect::buffer(completion);
        assert!(matches!(lease, Buffer::Lease(_)), "{lease:?} is not the pool's");
        leases.push(lease);
    }
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
    leases
}

fn text(stage: &mut Stage) -> Bytes {
    let length = 10 * stage.pool().buffer_bytes();
    (0..length).map(|index| (index % 255) as u8).collect::<Vec<_>>().into()
}

pub(super) fn leases(stage: &mut Stage) {
    let text = text(stage);
    let leases = receive_leases(stage, &text);
    assert!(leases.len() > 1, "a lease holds no more than a buffer");
    let whole: Vec<u8> = leases.iter().flat_map(|lease| lease.to_vec()).collect();
    assert!(whole == text, "leases that are held together keep their bytes");

    stage.make_file("file", b"text");
    let handle = stage.open("file", OpenMode::Read);
    let at = |offset| Op::ReadAt { handle: handle.clone(), into: Fill::Pool, offset };
    for offset in 0..4 {
        let completion = stage.run(at(offset));
        let count = expect::count(&completion);
        let from = offset as usize;
        assert_eq!(&*expect::buffer(completion), &b"text"[from..from + count]);
    }
}

pub(super) fn outlives(stage: &mut Stage) {
    let text = text(stage);
    let leases = receive_leases(stage, &text);
    stage.drop_driver();
    let whole: Vec<u8> = leases.iter().flat_map(|lease| lease.to_vec()).collect();
    assert!(whole == text, "a lease keeps its bytes when the driver is gone");
}

/// What was lent and came back is lent again: however much is received, it is in little memory.
pub(super) fn returned(stage: &mut Stage) {
    const ROUNDS: usize = 40;
    const PAGE: usize = 4096;
    let text = text(stage);
    let mut pages = HashSet::new();
    for _ in 0..ROUNDS {
        for lease in receive_leases(stage, &text) {
            let at = lease.as_ptr() as usize;
            pages.extend(at / PAGE..=(at + lease.len() - 1) / PAGE);
        }
    }
    let (used, received) = (pages.len() * PAGE, ROUNDS * text.len());
    assert!(used < received / 4, "{received} bytes were received into {used}");
}

/// Many receives wait, and the pool has lent nothing.
pub(super) fn waiting(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let receive = || Op::Recv { handle: handle.clone(), into: Fill::Pool };
    let tokens = [(); 20].map(|()| stage.start(receive()));
    stage.look();
    for token in tokens {
        stage.cancel(token);
        let completion = stage.finish(token);
        assert_eq!(expect::errno(&completion), Errno::CANCELED);
        assert!(completion.returned.buffer.is_none(), "{:?}", completion.returned.buffer);
    }
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}
