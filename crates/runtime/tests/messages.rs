//! What a user sees of the library's values and errors.

use std::io;
use std::time::Duration;

use whywait::time::{self, Elapsed};
use whywait::{
    Error, JoinHandle, Model, NoConcurrency, ParseModelError, Runtime, Unavailable,
    expect_external_wake, spawn,
};

#[test]
fn an_error_that_main_returns_is_a_sentence() {
    let error: ParseModelError = "iouring".parse::<Model>().unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("there is no model") && shown.contains("uring"), "{shown}");
    let panicked = Runtime::new(Model::BLOCKING).unwrap().block_on(async {
        let task: JoinHandle<()> = spawn(async { panic!("on purpose") });
        task.await.unwrap_err()
    });
    let stuck = Runtime::builder(Model::BLOCKING).detect_deadlock().build().unwrap();
    let deadlock = stuck.try_block_on(std::future::pending::<()>()).unwrap_err();
    let driver = Model::EPOLL.driver().unwrap();
    let source = io::Error::other("not today");
    let errors: [Box<dyn std::error::Error>; 6] = [
        Box::new(Error::NoWorkerEntry),
        Box::new(NoConcurrency { capacity: 1 }),
        Box::new(Elapsed),
        Box::new(panicked),
        Box::new(deadlock),
        Box::new(Unavailable { driver, source }),
    ];
    for error in errors {
        assert_eq!(format!("{error:?}"), error.to_string());
    }
}

#[test]
fn values_have_a_short_debug_text() {
    let runtime = Runtime::new(Model::EPOLL).unwrap();
    let shown = runtime.block_on(async {
        let (task, expected) = (spawn(async { 1 }), expect_external_wake());
        let sleep = time::sleep(Duration::ZERO);
        format!("{task:?} {expected:?} {sleep:?}")
    });
    assert!(shown.len() < 200 && shown.contains("not polled yet"), "{shown}");
    let shown = format!("{runtime:?}");
    assert!(shown.len() < 1000 && shown.contains("epoll"), "{shown}");
}
