//! Servers and groups of processes: what tells one structure from another that looks like it.

use DescriptorKind::{Epoll, None as Without, Other, Tcp};
use syscalls::Sysno;
use whywait_record::{Breadth, DescriptorKind, Record};
use whywait_report::{Shape, ThreadModel};

use super::scenario::{Calls, Scenario, calls};
use crate::Analysis;

#[track_caller]
fn assert_both(scenario: impl Fn() -> Scenario, shape: Shape) {
    for record in [scenario().full(), scenario().light()] {
        let analysis = Analysis::of(&record);
        let classes: Vec<_> =
            analysis.threads.iter().map(|one| (one.thread.tid, one.model, one.rule)).collect();
        assert_eq!(analysis.shape, shape, "{:?}: {classes:#?}", record.detail);
    }
}

fn model(record: &Record, tid: u32) -> ThreadModel {
    Analysis::of(record).thread(tid).expect("it is there").model
}

fn polls() -> Calls {
    calls(Sysno::epoll_wait, Epoll, 100).of(Breadth::Many).sleeping_ms(10)
}

/// A parent that waits for events, and children of which each has so many connections.
fn children(
    has_listener: bool,
    connections: u32,
    is_watched: bool,
    does: fn() -> Calls,
) -> Scenario {
    let parent = Scenario::new().does(polls()).attached(true, 0, false);
    (200..204).fold(parent, |scenario, pid| {
        let child = scenario.process(pid, Some(100), "worker").cpu_ms(50).does(does());
        child.attached(has_listener, connections, is_watched)
    })
}

#[test]
fn backends_that_poll_one_connection_are_no_loops() {
    let backends = || children(false, 1, true, polls);
    assert_both(backends, Shape::ProcessPerConnection);
    for record in [backends().full(), backends().light()] {
        assert_eq!(model(&record, 201), ThreadModel::Connection);
    }
}

#[test]
fn workers_that_listen_are_not_made_for_their_connections() {
    assert_both(|| children(true, 1, true, polls), Shape::PreforkEventLoops);
    assert_both(|| children(true, 3, true, polls), Shape::PreforkEventLoops);
}

#[test]
fn workers_with_one_connection_that_no_epoll_watches_serve_one_at_a_time() {
    assert_both(|| children(true, 1, false, polls), Shape::PreforkBlocking);
    assert_both(|| children(true, 2, false, polls), Shape::PreforkEventLoops);
}

#[test]
fn children_that_have_no_connection_are_not_made_for_one() {
    assert_both(|| children(false, 0, false, polls), Shape::ProcessPoolEventLoops);
}

#[test]
fn threads_that_come_and_go_serve_a_connection_each_however_they_wait() {
    let server = || {
        let accepts = calls(Sysno::accept4, Tcp, 8).listening().sleeping_ms(125);
        let server = Scenario::new().does(accepts);
        (101..109).fold(server, |scenario, tid| {
            let polls = calls(Sysno::poll, Without, 20).of(Breadth::Many).sleeping_ms(5);
            scenario.thread(tid, "serve").does(polls).ends()
        })
    };
    assert_both(server, Shape::ThreadPerConnection);
}

#[test]
fn threads_that_keep_their_connections_serve_one_each() {
    let server = || {
        let server = Scenario::new().does(polls()).attached(true, 0, false);
        (101..105).fold(server, |scenario, tid| {
            let waits = calls(Sysno::recvfrom, Tcp, 100).on(tid).sleeping_ms(9);
            scenario.thread(tid, "serve").cpu_ms(90).does(waits).preexisting()
        })
    };
    assert_both(server, Shape::ThreadPerConnection);
}

#[test]
fn a_manager_that_hardly_works_does_not_name_the_program() {
    let managed = || {
        let waits = calls(Sysno::poll, Without, 8).of(Breadth::Many).sleeping_ms(120);
        Scenario::new().does(waits).process(200, Some(100), "computes").cpu_ms(950)
    };
    assert_both(managed, Shape::CpuBound);
}

#[test]
fn processes_that_follow_each_other_are_tasks_and_those_that_stay_are_a_pool() {
    let waits = || calls(Sysno::wait4, Without, 8).sleeping_ms(100);
    let pool = || {
        let parent = Scenario::new().does(waits());
        (200..204)
            .fold(parent, |scenario, pid| scenario.process(pid, Some(100), "task").cpu_ms(800))
    };
    assert_both(pool, Shape::ProcessPool);
    let tasks = || {
        let mut scenario = Scenario::new().does(waits());
        for pid in (200..216).step_by(2) {
            scenario = scenario.process(pid, Some(100), "task").cpu_ms(100);
            scenario = if pid > 200 { scenario.after_the_one_before() } else { scenario };
            let beside = scenario.process(pid + 1, Some(100), "task").cpu_ms(100);
            scenario = beside.with_the_one_before();
        }
        scenario
    };
    assert_both(tasks, Shape::ProcessPerTask);
}

#[test]
fn a_loop_over_io_getevents_is_one_of_its_own() {
    let waits = || calls(Sysno::io_getevents, Other, 100).of(Breadth::Many).sleeping_ms(9);
    let asynchronous = || Scenario::new().cpu_ms(90).does(waits());
    assert_both(asynchronous, Shape::AioLoop);
    assert_eq!(model(&asynchronous().full(), 100), ThreadModel::AioLoop);
}
