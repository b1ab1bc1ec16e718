//! A Unix socket that has no room makes others wait: to connect, or to send a datagram.

use std::time::Duration;

use rustix::io::Errno;
use whywait_driver::{Address, Handle, Op, SocketFamily, SocketKind, Token};

use crate::expect;
use crate::stage::Stage;

const UNIX: SocketFamily = SocketFamily::Unix;

/// How many connect, to a listener that has room for fewer.
const CALLERS: usize = 6;

/// More datagrams than `net.unix.max_dgram_qlen` lets wait, 10 by default, 512 on some systems.
const DATAGRAMS: usize = 600;

fn listener(stage: &mut Stage) -> (Handle, Address) {
    let (handle, address) = stage.bound_as(UNIX, SocketKind::Stream, "listener");
    expect::done(&stage.run(Op::Listen { handle: handle.clone(), backlog: 1 }));
    (handle, address)
}

fn connect(stage: &mut Stage, address: &Address) -> Op {
    let handle = stage.socket_of(UNIX, SocketKind::Stream);
    Op::Connect { handle, address: address.clone() }
}

fn pass_time(stage: &mut Stage) {
    for _ in 0..3 {
        expect::done(&stage.run(Op::Sleep { duration: Duration::from_millis(2) }));
    }
}

pub(super) fn connects(stage: &mut Stage) {
    let (listener, address) = listener(stage);
    let mut callers: Vec<Token> = (0..CALLERS)
        .map(|_| {
            let op = connect(stage, &address);
            stage.start(op)
        })
        .collect();
    pass_time(stage);
    // The last one waits, whichever those are that had room.
    let given_up = callers.pop().expect("there are callers");
    stage.cancel(given_up);
    assert_eq!(expect::errno(&stage.finish(given_up)), Errno::CANCELED);
    for _ in &callers {
        expect::opened(stage.run(Op::Accept { handle: listener.clone() }));
    }
    for caller in callers {
        expect::done(&stage.finish(caller));
    }
}

/// Without overlap a deadline is what ends the wait.
pub(super) fn connects_in_turn(stage: &mut Stage) {
    let (listener, address) = listener(stage);
    let mut waiting = 0;
    loop {
        let op = connect(stage, &address);
        let token = stage.start_within(Duration::from_millis(50), op);
        let completion = stage.finish(token);
        if completion.result.is_err() {
            assert_eq!(expect::errno(&completion), Errno::TIMEDOUT);
            break;
        }
        waiting += 1;
        assert!(waiting < CALLERS, "the backlog has no end");
    }
    for _ in 0..waiting {
        expect::opened(stage.run(Op::Accept { handle: listener.clone() }));
    }
}

fn send(handle: &Handle, number: usize, address: &Address) -> Op {
    let data = (number as u32).to_le_bytes().to_vec().into();
    Op::SendTo { handle: handle.clone(), data, address: Box::new(address.clone()) }
}

fn receive(stage: &mut Stage, handle: &Handle) -> usize {
    let (data, _) = stage.receive_from(handle);
    u32::from_le_bytes(data.try_into().expect("four bytes were sent")) as usize
}

/// By address, and by connection.
pub(super) fn sends(stage: &mut Stage) {
    sends_to(stage);
    sends_on_connection(stage);
}

fn sends_to(stage: &mut Stage) {
    let (near, near_address) = stage.bound_as(UNIX, SocketKind::Datagram, "near");
    let (far, address) = stage.bound_as(UNIX, SocketKind::Datagram, "far");
    let mut tokens: Vec<Token> =
        (0..DATAGRAMS).map(|number| stage.start(send(&near, number, &address))).collect();
    // Behind those that wait for room, to one who has room: its turn comes after theirs.
    let last = stage.start(send(&near, DATAGRAMS, &near_address));
    pass_time(stage);
    let given_up = tokens.remove(DATAGRAMS - 1);
    assert!(stage.take_finished(last).is_none(), "it must not overtake");
    stage.cancel(given_up);
    assert_eq!(expect::errno(&stage.finish(given_up)), Errno::CANCELED);
    for number in 0..tokens.len() {
        assert_eq!(receive(stage, &far), number);
    }
    for token in tokens {
        assert_eq!(expect::count(&stage.finish(token)), 4);
    }
    assert_eq!(receive(stage, &near), DATAGRAMS);
    assert_eq!(expect::count(&stage.finish(last)), 4);
}

fn sends_on_connection(stage: &mut Stage) {
    let (far, address) = stage.bound_as(UNIX, SocketKind::Datagram, "connected");
    let near = stage.socket_of(UNIX, SocketKind::Datagram);
    expect::done(&stage.run(Op::Connect { handle: near.clone(), address }));
    let tokens: Vec<Token> = (0..DATAGRAMS)
        .map(|number| {
            let data = (number as u32).to_le_bytes().to_vec().into();
            stage.start(Op::Send { handle: near.clone(), data })
        })
        .collect();
    pass_time(stage);
    for number in 0..tokens.len() {
        assert_eq!(receive(stage, &far), number);
    }
    for token in tokens {
        assert_eq!(expect::count(&stage.finish(token)), 4);
    }
}

/// Without overlap a deadline is what ends the wait.
pub(super) fn sends_in_turn(stage: &mut Stage) {
    let (near, _) = stage.bound_as(UNIX, SocketKind::Datagram, "near");
    let (far, address) = stage.bound_as(UNIX, SocketKind::Datagram, "far");
    let mut sent = 0;
    loop {
        let op = send(&near, sent, &address);
        let token = stage.start_within(Duration::from_millis(50), op);
        let completion = stage.finish(token);
        if completion.result.is_err() {
            assert_eq!(expect::errno(&completion), Errno::TIMEDOUT);
            break;
        }
        sent += 1;
        assert!(sent < DATAGRAMS, "the queue has no end");
    }
    for number in 0..sent {
        assert_eq!(receive(stage, &far), number);
    }
}
