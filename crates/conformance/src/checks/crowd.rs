//! Ten thousand ops in flight, and descriptors with high numbers.

use std::os::fd::AsRawFd;
use std::time::Duration;

use bytes::Bytes;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Fill, Handle, Op, Token};

use crate::expect;
use crate::peer::Peer;
use crate::stage::Stage;

const SLEEPS: usize = 10_000;
/// Each has two descriptors in this process: the driver's and the peer's.
const CONNECTIONS: usize = 4_000;

/// Accepts connections from one peer that sends a byte on each when it is told to.
fn accept_crowd(stage: &mut Stage, connections: usize) -> (Vec<Handle>, Peer) {
    let (listener, address) = stage.listen(1024);
    let acts = vec![Act::Await, Act::Send(Bytes::from_static(b"x")), Act::ReceiveToEnd];
    let peer = stage.peers(Role::Connects(address), connections, acts);
    let accept = || Op::Accept { handle: listener.clone() };
    let handles = (0..connections).map(|_| expect::opened(stage.run(accept()))).collect();
    (handles, peer)
}

fn receive(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Pool }
}

fn start_sleeps(stage: &mut Stage, duration: Duration) -> Vec<Token> {
    (0..SLEEPS).map(|_| stage.start(Op::Sleep { duration })).collect()
}

/// Sleeps and receives, all in flight together.
pub(super) fn at_once(stage: &mut Stage) {
    let low = stage.limits().max_descriptor.is_some();
    // `high_descriptors` examines what a driver does with those that it cannot wait on.
    let (handles, peer) = accept_crowd(stage, if low { 200 } else { CONNECTIONS });
    let receives: Vec<_> = handles.iter().map(|handle| stage.start(receive(handle))).collect();
    let sleeps = start_sleeps(stage, Duration::from_millis(50));
    stage.look();
    stage.let_go_on(&peer);
    stage.finish_all();
    for token in receives {
        assert_eq!(expect::count(&stage.finish(token)), 1);
    }
    for token in sleeps {
        expect::done(&stage.finish(token));
    }
    drop(handles);
    assert_eq!(stage.join(peer).error, None);
}

/// Without overlap ten thousand wait in the queue, and end in the order of submission.
pub(super) fn in_turn(stage: &mut Stage) {
    let (handles, peer) = accept_crowd(stage, 200);
    stage.let_go_on(&peer);
    let mut tokens: Vec<_> = handles.iter().map(|handle| stage.start(receive(handle))).collect();
    tokens.extend(start_sleeps(stage, Duration::from_micros(1)));
    let mut order = stage.finish_all();
    order.retain(|token| tokens.contains(token));
    assert_eq!(order, tokens);
    for token in tokens {
        let completion = stage.finish(token);
        assert!(completion.result.is_ok(), "{completion:?}");
    }
    drop(handles);
    assert_eq!(stage.join(peer).error, None);
}

/// More connections than `select` has bits for.
const PAST_FD_SETSIZE: usize = 1200;

pub(super) fn high(stage: &mut Stage) {
    let (handles, peer) = accept_crowd(stage, PAST_FD_SETSIZE);
    stage.let_go_on(&peer);
    for handle in &handles {
        assert_eq!(expect::count(&stage.run(receive(handle))), 1);
    }
    drop(handles);
    assert_eq!(stage.join(peer).error, None);
}

/// An op that would have to wait on a descriptor past the limit fails; those below it work.
pub(super) fn refused(stage: &mut Stage) {
    let highest = stage.limits().max_descriptor.expect("the check is for drivers with a limit");
    let (handles, peer) = accept_crowd(stage, PAST_FD_SETSIZE);
    let (low, high): (Vec<_>, Vec<_>) =
        handles.into_iter().partition(|handle| handle.as_raw_fd() <= highest);
    assert!(!low.is_empty() && !high.is_empty(), "{} low, {} high", low.len(), high.len());
    for handle in &high {
        let error = stage.run(receive(handle)).result.expect_err("it would have to wait");
        assert!(error.to_string().contains(&highest.to_string()), "{error} names the limit");
    }
    let waiting: Vec<_> = low.iter().map(|handle| stage.start(receive(handle))).collect();
    stage.look();
    stage.let_go_on(&peer);
    for token in waiting {
        assert_eq!(expect::count(&stage.finish(token)), 1);
    }
    drop((low, high));
    // What was sent to high ones was never received, so that some of them end in a reset.
    stage.join(peer);
}
