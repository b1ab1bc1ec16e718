//! That the simulation is one: it repeats itself, takes no time, and does harm where asked to.

use std::ffi::CString;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::{Fill, OpenMode, TokenAllocator};

fn simulated(seed: u64, faults: Faults) -> Simulated {
    Simulated::open(seed, faults, &Config::default()).expect("descriptors are left")
}

fn path(index: usize) -> CString {
    CString::new(format!("/tmp/{index}")).expect("no NUL in it")
}

/// Completions of a fixed set of calls, as text: tokens, results and buffers.
fn history(seed: u64, faults: Faults) -> Vec<String> {
    let mut driver = simulated(seed, faults);
    let mut tokens = TokenAllocator::default();
    let mut submit = |driver: &mut Simulated, op| {
        let deadline = driver.now() + Duration::from_secs(1);
        driver.submit(tokens.allocate(), op, Some(deadline)).expect("the queue has room");
    };
    for index in 0..40 {
        let data = Bytes::from(vec![index as u8; 1000 * index]);
        submit(&mut driver, Op::WriteFile { path: path(index), data });
        submit(&mut driver, Op::Open { path: path(index), mode: OpenMode::Read });
        submit(&mut driver, Op::Sleep { duration: Duration::from_millis(index as u64) });
    }
    let mut history = Vec::new();
    let mut done = Vec::new();
    while driver.queue.len() > 0 {
        driver.wait(None, &mut done).expect("a simulated wait does not fail");
        for completion in done.drain(..) {
            if let Ok(Value::Opened(handle)) = completion.result {
                history.push(format!("{:?} opened", completion.token));
                let into = Fill::Own(Vec::with_capacity(700));
                submit(&mut driver, Op::Read { handle, into });
            } else {
                let read = completion.returned.buffer.map(|buffer| buffer.len());
                history.push(format!("{:?} {:?} {read:?}", completion.token, completion.result));
            }
        }
    }
    history
}

#[test]
fn the_same_seed_gives_the_same_completions_in_the_same_order() {
    for seed in 0..20 {
        assert_eq!(history(seed, Faults::harsh()), history(seed, Faults::harsh()));
    }
    assert_ne!(history(1, Faults::harsh()), history(2, Faults::harsh()));
}

#[test]
fn harsh_faults_fail_ops_and_gentle_ones_do_not() {
    let failures = |faults| {
        let lines = (0..20).flat_map(|seed| history(seed, faults)).collect::<Vec<_>>();
        let has = |error: i32| lines.iter().any(|line| line.contains(&format!("code: {error},")));
        [Errno::IO, Errno::NOSPC].map(|error| has(error.raw_os_error()))
    };
    assert_eq!(failures(Faults::harsh()), [true, true]);
    assert_eq!(failures(Faults::gentle()), [false, false]);
}

#[test]
fn a_sleep_takes_no_real_time() {
    let mut driver = simulated(0, Faults::none());
    let (before, real_before) = (driver.now(), Instant::now());
    let token = TokenAllocator::default().allocate();
    let day = Duration::from_secs(24 * 3600);
    driver.submit(token, Op::Sleep { duration: day }, None).expect("the queue has room");
    let mut done = Vec::new();
    driver.wait(None, &mut done).expect("a simulated wait does not fail");
    assert_eq!(done.len(), 1);
    assert_eq!(driver.now() - before, day);
    assert!(real_before.elapsed() < day);
}

#[test]
fn a_handle_of_another_driver_is_a_bad_descriptor() {
    let mut driver = simulated(0, Faults::none());
    let stranger = Handle::new(
        rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::CLOEXEC)
            .expect("descriptors are left"),
    );
    let token = TokenAllocator::default().allocate();
    driver.submit(token, Op::Fsync { handle: stranger }, None).expect("the queue has room");
    let mut done = Vec::new();
    driver.wait(None, &mut done).expect("a simulated wait does not fail");
    let error = done[0].result.as_ref().expect_err("nobody knows this handle");
    assert_eq!(error.raw_os_error(), Some(Errno::BADF.raw_os_error()));
    assert!(done[0].returned.handle.is_some());
}
