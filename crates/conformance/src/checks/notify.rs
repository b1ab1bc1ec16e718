//! What ends a wait.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use rustix::io::Errno;
use whywait_driver::simulated::Act;
use whywait_driver::{Fill, Handle, Op};

use crate::expect;
use crate::stage::Stage;

fn receive(handle: &Handle) -> Op {
    Op::Recv { handle: handle.clone(), into: Fill::Own(Vec::with_capacity(64)) }
}

/// A wait without a deadline, which only another thread's notification can end.
fn wait_for_other_thread(stage: &mut Stage) {
    let notifier = stage.notifier();
    let other = thread::spawn(move || {
        // Most likely the wait has begun by now; the check holds in either case.
        thread::sleep(Duration::from_millis(20));
        notifier.notify();
    });
    assert_eq!(stage.wait(None), 0);
    other.join().expect("notifying does not panic");
}

pub(super) fn before(stage: &mut Stage) {
    // More often than a driver skips a look at its poller.
    for _ in 0..20 {
        stage.notifier().notify();
        assert_eq!(stage.wait(None), 0);
    }
    stage.make_file("file", b"the driver is well");
}

pub(super) fn during(stage: &mut Stage) {
    for _ in 0..3 {
        wait_for_other_thread(stage);
    }
}

pub(super) fn with_recv_in_flight(stage: &mut Stage) {
    let acts = vec![Act::Await, Act::Send(Bytes::from_static(b"x")), Act::ReceiveToEnd];
    let (handle, peer) = stage.connect_to(acts);
    let token = stage.start(receive(&handle));
    wait_for_other_thread(stage);
    assert!(stage.take_finished(token).is_none(), "nobody has sent anything");
    stage.let_go_on(&peer);
    assert_eq!(expect::count(&stage.finish(token)), 1);
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}

/// A driver that does not interrupt what is running sees a notification before the next op.
pub(super) fn before_next_op(stage: &mut Stage) {
    let path = stage.path("directory");
    let token = stage.start(Op::Mkdir { path: path.clone() });
    stage.notifier().notify();
    assert_eq!(stage.wait(None), 0, "the notification comes first");
    expect::done(&stage.finish(token));
    assert_eq!(expect::errno(&stage.run(Op::Mkdir { path })), Errno::EXIST);
}

pub(super) fn merge(stage: &mut Stage) {
    let notifier = stage.notifier();
    for _ in 0..100 {
        notifier.notify();
    }
    assert_eq!(stage.wait(None), 0);
    let deadline = stage.now() + Duration::from_millis(10);
    stage.wait(Some(deadline));
    assert!(stage.now() >= deadline, "a hundred notifications ended two waits");
}

pub(super) fn wait_until_deadline(stage: &mut Stage) {
    let deadline = stage.now() + Duration::from_millis(20);
    assert_eq!(stage.wait(Some(deadline)), 0);
    assert!(stage.now() >= deadline, "the wait ended before its deadline");
    if stage.limits().overlap {
        let sleeps = stage.start(Op::Sleep { duration: Duration::from_secs(24 * 3600) });
        let deadline = stage.now() + Duration::from_millis(20);
        assert_eq!(stage.wait(Some(deadline)), 0);
        assert!(stage.now() >= deadline, "the wait ended before its deadline");
        stage.cancel(sleeps);
        assert_eq!(expect::errno(&stage.finish(sleeps)), Errno::CANCELED);
    }
}

/// With a deadline in the past a wait looks, so that who never waits still gets on.
pub(super) fn wait_in_the_past(stage: &mut Stage) {
    assert_eq!(stage.look(), 0);
    let (handle, peer) =
        stage.connect_to(vec![Act::Send(Bytes::from_static(b"x")), Act::ReceiveToEnd]);
    let path = stage.path("directory");
    let tokens = [stage.start(receive(&handle)), stage.start(Op::Mkdir { path })];
    let mut completed = 0;
    while completed < tokens.len() {
        // A look alone moves no simulated clock, and an op may have been delayed.
        let soon = stage.now() + Duration::from_millis(1);
        completed += stage.look() + stage.wait(Some(soon));
    }
    for token in tokens {
        let completion = stage.finish(token);
        assert!(completion.result.is_ok(), "{completion:?}");
    }
    drop(handle);
    assert_eq!(stage.join(peer).error, None);
}
