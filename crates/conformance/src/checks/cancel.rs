//! Cancelling: an op's early end, its handle still usable and nothing of the stream lost.

use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::{Act, Role};
use whywait_driver::{Fill, Handle, Op};

use crate::expect;
use crate::stage::Stage;

const LONG: Duration = Duration::from_secs(24 * 3600);

fn receive(handle: &Handle, into: Fill) -> Op {
    Op::Recv { handle: handle.clone(), into }
}

fn own() -> Fill {
    Fill::Own(Vec::with_capacity(64))
}

/// Cancelled between the submission and the first wait.
pub(super) fn before(stage: &mut Stage) {
    let acts = vec![Act::Await, Act::Send(Bytes::from_static(b"kept")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let (listener, _) = stage.listen(1);
    let tokens = [
        stage.start(receive(&handle, own())),
        stage.start(receive(&handle, Fill::Pool)),
        stage.start(Op::Accept { handle: listener }),
        stage.start(Op::Sleep { duration: LONG }),
    ];
    for token in tokens {
        stage.cancel(token);
        stage.cancel(token);
    }
    for token in tokens {
        assert_eq!(expect::errno(&stage.finish(token)), Errno::CANCELED);
    }
    stage.let_go_on(&peer);
    assert_eq!(stage.receive(&handle, 4), b"kept");
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// Cancelled while it waits for the other side.
pub(super) fn running(stage: &mut Stage) {
    let acts = vec![Act::Await, Act::Send(Bytes::from_static(b"kept")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let (listener, address) = stage.listen(1);
    let tokens = [
        stage.start(receive(&handle, own())),
        stage.start(receive(&handle, Fill::Pool)),
        stage.start(Op::Accept { handle: listener.clone() }),
        stage.start(Op::Sleep { duration: LONG }),
    ];
    for _ in 0..3 {
        // Something else completes, so that these have surely started.
        expect::done(&stage.run(Op::Sleep { duration: Duration::from_millis(2) }));
    }
    for token in tokens {
        stage.cancel(token);
        assert_eq!(expect::errno(&stage.finish(token)), Errno::CANCELED);
    }
    stage.let_go_on(&peer);
    assert_eq!(stage.receive(&handle, 4), b"kept", "a cancelled receive takes no bytes with it");
    let caller = stage.peer(Role::Connects(address), vec![Act::ReceiveToEnd]);
    let accepted = expect::opened(stage.run(Op::Accept { handle: listener }));
    drop((handle, accepted));
    assert_eq!(stage.join(peer).error, None);
    assert_eq!(stage.join(caller).error, None);
}

/// Cancelled while the other side's buffer is full: what was sent is what the counts say.
pub(super) fn blocked_send(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::Await, Act::ReceiveToEnd]);
    let data = Bytes::from(vec![1; 1 << 20]);
    let mut sent = 0;
    loop {
        let token = stage.start(Op::Send { handle: handle.clone(), data: data.clone().into() });
        expect::done(&stage.run(Op::Sleep { duration: Duration::from_millis(20) }));
        stage.cancel(token);
        let completion = stage.finish(token);
        if completion.result.is_err() {
            assert_eq!(expect::errno(&completion), Errno::CANCELED);
            break;
        }
        sent += expect::count(&completion);
        assert!(sent < 1 << 30, "the other side's buffer has no end");
    }
    stage.let_go_on(&peer);
    stage.send_all(&handle, b"the last");
    drop(handle);
    assert_eq!(stage.join(peer).received[0].len(), sent + 8);
}

/// A driver that does not interrupt what is running ends what is still queued.
pub(super) fn queued(stage: &mut Stage) {
    let (handle, peer) = stage.connect_to(vec![Act::ReceiveToEnd]);
    let runs = stage.start(Op::Sleep { duration: Duration::from_millis(5) });
    let path = stage.path("never");
    let tokens = [
        stage.start(receive(&handle, own())),
        stage.start(Op::Sleep { duration: LONG }),
        stage.start(Op::Mkdir { path: path.clone() }),
    ];
    for token in tokens {
        stage.cancel(token);
    }
    expect::done(&stage.finish(runs));
    for token in tokens {
        assert_eq!(expect::errno(&stage.finish(token)), Errno::CANCELED);
    }
    assert_eq!(expect::errno(&stage.run(Op::Stat { path })), Errno::NOENT, "it never started");
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// A cancel that comes too late does nothing.
pub(super) fn finished(stage: &mut Stage) {
    let token = stage.start(Op::Sleep { duration: Duration::from_millis(1) });
    expect::done(&stage.finish(token));
    stage.cancel(token);
    assert_eq!(stage.look(), 0, "an op has one completion");
    stage.make_file("file", b"the driver is well");
}

/// A late cancel does not hit the op that has its token's index now.
pub(super) fn spares_the_next_op(stage: &mut Stage) {
    let old = stage.start(Op::Sleep { duration: Duration::from_millis(1) });
    expect::done(&stage.finish(old));
    let new = stage.start(Op::Sleep { duration: Duration::from_millis(20) });
    assert_eq!(new.index, old.index, "the index is used again");
    stage.cancel(old);
    expect::done(&stage.finish(new));
}

/// Whoever wins, an op ends once, and either as cancelled or as it would have.
pub(super) fn races(stage: &mut Stage) {
    for round in 0..50 {
        let path = stage.path(&format!("file-{round}"));
        let data = Bytes::from(vec![1; 5000]);
        let tokens = [
            stage.start(Op::WriteFile { path: path.clone(), data }),
            stage.start(Op::Stat { path }),
            stage.start(Op::Sleep { duration: Duration::from_micros(10) }),
        ];
        if round % 2 == 0 {
            stage.look();
        }
        // What has completed is in flight no more; cancelling it is allowed.
        for token in tokens {
            stage.cancel(token);
        }
        for (token, fails_with) in tokens.into_iter().zip([None, Some(Errno::NOENT), None]) {
            let completion = stage.finish(token);
            if completion.result.is_err() {
                let error = expect::errno(&completion);
                assert!(
                    error == Errno::CANCELED || Some(error) == fails_with,
                    "neither cancelled nor finished: {error}"
                );
            }
        }
    }
}
