//! Deadlines of ops: never before their time, and what timed out can be asked for again.

use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Completion, Fill, Handle, Op, OpenMode};

use crate::expect;
use crate::stage::Stage;

const SOON: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(24 * 3600);

fn receive(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(64)) }
}

/// Runs `op` with a deadline; asserts that it does not end before.
fn run_within(stage: &mut Stage, time: Duration, op: Op) -> Completion {
    let deadline = stage.now() + time;
    let token = stage.try_start(op, Some(deadline)).expect("the queue has room");
    let completion = stage.finish(token);
    if completion.result.is_err() {
        assert!(stage.now() >= deadline, "an op does not time out before its deadline");
    }
    completion
}

fn assert_timed_out(completion: &Completion) {
    assert_eq!(expect::errno(completion), Errno::TIMEDOUT);
}

fn receive_into(stage: &mut Stage, into: Fill) {
    let acts = vec![Act::Await, Act::Send(Bytes::from_static(b"late")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let completion = run_within(stage, SOON, Op::Recv { handle: handle.clone(), into });
    assert_timed_out(&completion);
    drop(completion);
    stage.let_go_on(&peer);
    assert_eq!(stage.receive(&handle, 4), b"late", "a receive that timed out took no bytes");
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn receive_again(stage: &mut Stage) {
    receive_into(stage, Fill::Own(Vec::with_capacity(64)));
    receive_into(stage, Fill::Pool);
}

pub(super) fn accept(stage: &mut Stage) {
    let (listener, address) = stage.listen(1);
    assert_timed_out(&run_within(stage, SOON, Op::Accept { handle: listener.clone() }));
    let peer = stage.peer(Role::Connects(address), vec![Act::ReceiveToEnd]);
    drop(stage.run(Op::Accept { handle: listener }));
    assert_eq!(stage.join(peer).error, None);
}

pub(super) fn connect(stage: &mut Stage) {
    // Nobody accepts, so that the backlog fills and a connection has to wait.
    let (_listener, address) = stage.listen(0);
    let mut sockets = Vec::new();
    for _ in 0..8 {
        let handle = stage.socket();
        let completion =
            run_within(stage, 10 * SOON, Op::Connect { handle, address: address.into() });
        sockets.push(completion.returned.handle.clone());
        if completion.result.is_err() {
            return assert_timed_out(&completion);
        }
    }
    panic!("8 connections were made to a backlog of none");
}

pub(super) fn send(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::Await, Act::ReceiveToEnd]);
    let data = Bytes::from(vec![1; 1 << 20]);
    let mut sent = 0;
    loop {
        let op = Op::Send { handle: handle.clone(), data: data.clone().into() };
        let completion = run_within(stage, 3 * SOON, op);
        match completion.result {
            Ok(_) => sent += expect::count(&completion),
            Err(_) => {
                assert_timed_out(&completion);
                break;
            }
        }
        assert!(sent < 1 << 30, "the other side's buffer has no end");
    }
    stage.let_go_on(&peer);
    stage.send_all(&handle, b"the last");
    drop(handle);
    assert_eq!(stage.join(peer).received[0].len(), sent + 8);
}

pub(super) fn sleep(stage: &mut Stage) {
    assert_timed_out(&run_within(stage, SOON, Op::Sleep { duration: LONG }));
}

pub(super) fn past(stage: &mut Stage) {
    stage.make_file("file", b"text");
    let file = stage.open("file", OpenMode::ReadWrite);
    let (socket, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let own = || Fill::Own(Vec::with_capacity(64));
    let (path, data) = (stage.path("file"), Bytes::from_static(b"text"));
    let new = stage.path("new");
    let ops = [
        Op::Read { handle: file.clone(), into: own() },
        Op::ReadAt { handle: file.clone(), into: Fill::Pool, offset: 0 },
        Op::Write { handle: file.clone(), data: data.clone() },
        Op::WriteAt { handle: file.clone(), data: data.clone(), offset: 0 },
        Op::Fsync { handle: file },
        Op::ReadFile { path: path.clone(), into: own() },
        Op::WriteFile { path: path.clone(), data: data.clone() },
        Op::Stat { path: path.clone() },
        Op::Unlink { path: path.clone() },
        Op::Mkdir { path: new.clone() },
        Op::Recv { handle: socket.clone(), into: Fill::Pool },
        Op::Send { handle: socket.clone(), data: data.into() },
        Op::Sleep { duration: Duration::ZERO },
    ];
    let deadline = stage.now();
    let started =
        ops.map(|op| (op.name(), stage.try_start(op, Some(deadline)).expect("the queue has room")));
    for (name, token) in started {
        let completion = stage.finish(token);
        assert_eq!(
            completion.result.map_err(|error| error.kind()).err(),
            Some(std::io::ErrorKind::TimedOut),
            "{name} past its deadline"
        );
    }
    assert_eq!(expect::errno(&stage.run(Op::Stat { path: new })), Errno::NOENT);
    assert_eq!(expect::stat(&stage.run(Op::Stat { path })).len, 4, "nothing was done to the file");
    drop(socket);
    assert_eq!(stage.join(peer).received, [Vec::<u8>::new()], "nothing was sent");
}

pub(super) fn not_reached(stage: &mut Stage) {
    let acts = vec![Act::Await, Act::Send(Bytes::from_static(b"in time")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let token = stage.start_within(LONG, receive(&handle));
    stage.let_go_on(&peer);
    let mut heard = expect::buffer(stage.finish(token)).to_vec();
    heard.extend(stage.receive(&handle, 7 - heard.len()));
    assert_eq!(heard, b"in time");
    let sleep = stage.start_within(LONG, Op::Sleep { duration: Duration::from_millis(1) });
    expect::done(&stage.finish(sleep));
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// A deadline ends with its op: the next one, which has none, waits past it.
pub(super) fn ends_with_its_op(stage: &mut Stage) {
    let word = Bytes::from_static(b"1");
    let acts = vec![Act::Send(word.clone()), Act::Await, Act::Send(word), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    // On a busy machine the first word may be late; then the deadline passes, and it is asked for
    // again.
    while run_within(stage, SOON, receive(&handle)).result.is_err() {}
    let token = stage.start(receive(&handle));
    stage.let_go_on_after(4 * SOON, &peer);
    assert_eq!(expect::count(&stage.finish(token)), 1);
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}
