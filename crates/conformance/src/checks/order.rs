//! Ops on one handle keep their order; those of two directions don't wait for each other.

use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Fill, Handle, Op, OpenMode, Token};

use crate::expect;
use crate::stage::Stage;

/// Distinct texts.
fn texts() -> Vec<Bytes> {
    (0..20u8).map(|index| Bytes::from(vec![b'a' + index; 1 + usize::from(index) * 7])).collect()
}

fn receive(handle: &Handle, room: usize) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(room)) }
}

/// What ops that read gave, in the order of their submission.
fn joined(stage: &mut Stage, tokens: Vec<Token>) -> Vec<u8> {
    let buffers = tokens.into_iter().map(|token| expect::buffer(stage.finish(token)).to_vec());
    buffers.collect::<Vec<_>>().concat()
}

/// What went out of ops that write: a short one's beginning.
fn sent(stage: &mut Stage, tokens: &[Token], texts: &[Bytes]) -> Vec<u8> {
    let parts = tokens.iter().zip(texts);
    let parts = parts.map(|(token, text)| text[..expect::count(&stage.finish(*token))].to_vec());
    parts.collect::<Vec<_>>().concat()
}

pub(super) fn writes(stage: &mut Stage) {
    let handle = stage.open("file", OpenMode::Create);
    let texts = texts();
    let write = |data: &Bytes| Op::Write { handle: handle.clone(), data: data.clone() };
    let tokens: Vec<_> = texts.iter().map(|data| stage.start(write(data))).collect();
    let written = sent(stage, &tokens, &texts);
    let at = |into, done| Op::ReadAt { handle: handle.clone(), into, offset: done as u64 };
    assert_eq!(stage.collect(usize::MAX, at), written);
}

pub(super) fn reads(stage: &mut Stage) {
    let text: Vec<u8> = (0..200).collect();
    stage.make_file("file", &text);
    let handle = stage.open("file", OpenMode::Read);
    let read = || Op::Read { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(10)) };
    let tokens: Vec<_> = (0..30).map(|_| stage.start(read())).collect();
    let read = joined(stage, tokens);
    assert_eq!(read, text[..read.len()]);
    assert!(!read.is_empty(), "reads read");
}

pub(super) fn receives(stage: &mut Stage) {
    let text: Vec<u8> = (0..100).collect();
    let acts = vec![Act::Await, Act::Send(Bytes::from(text.clone())), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let tokens: Vec<_> = (0..100).map(|_| stage.start(receive(&handle, 1))).collect();
    stage.let_go_on(&peer);
    assert_eq!(joined(stage, tokens), text);
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn sends(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let texts = texts();
    let send = |data: &Bytes| Op::Send { handle: handle.clone(), data: data.clone().into() };
    let tokens: Vec<_> = texts.iter().map(|data| stage.start(send(data))).collect();
    let sent = sent(stage, &tokens, &texts);
    drop(handle);
    assert_eq!(stage.join(peer).received, [sent]);
}

pub(super) fn accepts(stage: &mut Stage) {
    let (listener, address) = stage.listen(16);
    let tokens = [(); 2].map(|()| stage.start(Op::Accept { handle: listener.clone() }));
    let acts = vec![Act::Send(Bytes::from_static(b"hello")), Act::ReceiveToEnd];
    let peer = stage.peers(Role::Connects(address), 2, acts);
    let handles = tokens.map(|token| expect::opened(stage.finish(token)));
    for handle in handles {
        assert_eq!(stage.receive(&handle, 5), b"hello");
    }
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn both(stage: &mut Stage) {
    let acts = vec![Act::Receive(4), Act::Send(Bytes::from_static(b"answer")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let waits = stage.start(receive(&handle, 6));
    stage.look();
    stage.send_all(&handle, b"call");
    let mut heard = expect::buffer(stage.finish(waits)).to_vec();
    heard.extend(stage.receive(&handle, 6 - heard.len()));
    assert_eq!(heard, b"answer");
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// Without overlap the send's turn comes when the receive has ended, here by its deadline.
pub(super) fn both_in_turn(stage: &mut Stage) {
    let acts = vec![Act::Receive(4), Act::Send(Bytes::from_static(b"answer")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let waits = stage.start_within(Duration::from_millis(20), receive(&handle, 6));
    let data = Bytes::from_static(b"call");
    let send = stage.start(Op::Send { handle: handle.clone(), data: data.into() });
    assert_eq!(expect::errno(&stage.finish(waits)), Errno::TIMEDOUT);
    assert_eq!(expect::count(&stage.finish(send)), 4);
    assert_eq!(stage.receive(&handle, 6), b"answer");
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// An op that waits for another does not hold up one that comes after it.
pub(super) fn overlap(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let waits = stage.start(receive(&handle, 6));
    stage.make_file("file", b"text");
    expect::done(&stage.run(Op::Sleep { duration: Duration::from_millis(1) }));
    assert!(stage.take_finished(waits).is_none(), "nobody has sent anything");
    stage.cancel(waits);
    assert_eq!(expect::errno(&stage.finish(waits)), Errno::CANCELED);
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// Without overlap each wait carries out one op, in the order of submission.
pub(super) fn one_per_wait(stage: &mut Stage) {
    let path = stage.path("directory");
    let tokens = [
        stage.start(Op::Sleep { duration: Duration::from_millis(5) }),
        stage.start(Op::Mkdir { path: path.clone() }),
        stage.start(Op::Stat { path }),
    ];
    for token in tokens {
        assert_eq!(stage.wait(None), 1);
        let completion = stage.take_finished(token).expect("it was its turn");
        assert!(completion.result.is_ok(), "{completion:?}");
    }
}
