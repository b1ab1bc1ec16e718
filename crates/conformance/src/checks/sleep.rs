//! Sleeps last as long as they say, together or in turn.

use std::time::Duration;

use rustix::io::Errno;
use whywait_driver::Op;

use crate::expect;
use crate::stage::Stage;

pub(super) fn lasts(stage: &mut Stage) {
    for duration in [Duration::ZERO, Duration::from_micros(1), Duration::from_millis(20)] {
        let before = stage.now();
        expect::done(&stage.run(Op::Sleep { duration }));
        assert!(stage.now() >= before + duration, "it ended before {duration:?} had passed");
    }
}

pub(super) fn overlap(stage: &mut Stage) {
    let endless = stage.start(Op::Sleep { duration: Duration::from_secs(24 * 3600) });
    let before = stage.now();
    let duration = Duration::from_millis(30);
    let tokens = [(); 200].map(|()| stage.start(Op::Sleep { duration }));
    for token in tokens {
        expect::done(&stage.finish(token));
        assert!(stage.now() >= before + duration, "one ended before its time");
    }
    assert!(stage.take_finished(endless).is_none(), "a day has not passed");
    stage.cancel(endless);
    assert_eq!(expect::errno(&stage.finish(endless)), Errno::CANCELED);
}

/// Without overlap a sleep counts from when those before it have ended.
pub(super) fn in_turn(stage: &mut Stage) {
    let before = stage.now();
    let durations = [15, 10, 5].map(Duration::from_millis);
    let tokens = durations.map(|duration| stage.start(Op::Sleep { duration }));
    let mut passed = Duration::ZERO;
    for (token, duration) in tokens.into_iter().zip(durations) {
        assert_eq!(stage.wait(None), 1);
        passed += duration;
        expect::done(&stage.take_finished(token).expect("it was its turn"));
        assert!(stage.now() >= before + passed, "it started before its turn");
    }
}
