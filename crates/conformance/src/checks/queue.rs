//! A driver takes as many ops as it says, and gives the next one back.

use std::time::Duration;

use bytes::Bytes;
use whywait_driver::{Config, Op};

use crate::expect;
use crate::stage::Stage;

pub(super) fn full(stage: &mut Stage) {
    stage.reopen(&Config { max_in_flight: 4, ..Config::default() });
    assert_eq!(stage.limits().max_in_flight, 4);
    let sleep = || Op::Sleep { duration: Duration::from_millis(1) };
    let (path, data) = (stage.path("file"), Bytes::from_static(b"text"));
    for _ in 0..3 {
        let tokens = [(); 4].map(|()| stage.start(sleep()));
        let write = Op::WriteFile { path: path.clone(), data: data.clone() };
        let full = stage.try_start(write, None).expect_err("the queue is full");
        match *full.0 {
            Op::WriteFile { path: returned, data: given } => {
                assert_eq!((returned, given), (path.clone(), data.clone()));
            }
            other => panic!("another op came back: {other:?}"),
        }
        expect::done(&stage.finish(tokens[0]));
        let write = Op::WriteFile { path: path.clone(), data: data.clone() };
        let accepted = stage.try_start(write, None).expect("there is room again");
        assert_eq!(expect::count(&stage.finish(accepted)), 4);
        for token in &tokens[1..] {
            expect::done(&stage.finish(*token));
        }
    }
}
