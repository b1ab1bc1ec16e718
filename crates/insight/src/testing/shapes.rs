//! Every shape of programs: what has one, and what looks like it and has not.

use DescriptorKind::{Epoll, File, None as Without, Pipe, Ring, Tcp, Unix};
use syscalls::Sysno;
use whywait_record::{Breadth, DescriptorKind, Record};
use whywait_report::{Control, Notice, Shape};

use super::scenario::{Calls, Scenario, calls};
use crate::Analysis;

#[track_caller]
fn assert_shape(record: &Record, shape: Shape) {
    let analysis = Analysis::of(record);
    let told: Vec<_> =
        analysis.threads.iter().map(|one| (one.thread.tid, one.model, &one.evidence)).collect();
    assert_eq!(analysis.shape, shape, "{told:#?}");
}

/// Asserts a shape in both details.
#[track_caller]
fn assert_both(scenario: impl Fn() -> Scenario, shape: Shape) {
    assert_shape(&scenario().full(), shape);
    assert_shape(&scenario().light(), shape);
}

fn iterations() -> Calls {
    calls(Sysno::epoll_wait, Epoll, 100).of(Breadth::Many).sleeping_ms(10)
}

fn receives(on: u32) -> Calls {
    calls(Sysno::recvfrom, Tcp, 20).on(on).sleeping_ms(20)
}

fn sleeps() -> Calls {
    calls(Sysno::clock_nanosleep, Without, 1).sleeping_ms(900)
}

fn joins() -> Calls {
    calls(Sysno::futex, Without, 3).sleeping_ms(130).brought()
}

#[test]
fn one_thread_has_the_shape_of_its_model() {
    assert_both(|| Scenario::new().does(receives(1)), Shape::Blocking);
    assert_both(|| Scenario::new().does(iterations()), Shape::EventLoop);
    assert_both(|| Scenario::new().cpu_ms(900), Shape::CpuBound);
    assert_both(|| Scenario::new().cpu_ms(20).does(sleeps()), Shape::Idle);
    let ring = || Scenario::new().does(calls(Sysno::io_uring_enter, Ring, 50).sleeping_ms(9));
    assert_both(ring, Shape::UringLoop);
    let spins = Scenario::new().spins_ms(900).does(calls(Sysno::read, Tcp, 100_000).empty_polls());
    assert_shape(&spins.full(), Shape::BusyPolling);
}

#[test]
fn a_shell_that_waits_does_not_hide_what_it_started() {
    let wrapped = || {
        Scenario::new()
            .does(calls(Sysno::wait4, Without, 1).sleeping_ms(1000))
            .process(200, Some(100), "server")
            .does(iterations())
    };
    assert_both(wrapped, Shape::EventLoop);
    let commands = || {
        Scenario::new()
            .does(calls(Sysno::wait4, Without, 2).sleeping_ms(500))
            .process(200, Some(100), "compiler")
            .cpu_ms(900)
            .process(300, Some(100), "linker")
            .after_the_one_before()
            .cpu_ms(60)
            .does(calls(Sysno::read, File, 9).sleeping_ms(1))
    };
    assert_both(commands, Shape::CpuBound);
    let sleeper = || {
        Scenario::new()
            .does(calls(Sysno::wait4, Without, 1).sleeping_ms(900))
            .process(200, Some(100), "sleep")
            .does(sleeps())
    };
    assert_both(sleeper, Shape::Idle);
}

#[test]
fn a_process_that_only_looks_after_others_does_not_count() {
    let tracked = || {
        Scenario::new()
            .does(iterations())
            .process(200, Some(100), "resource_tracker")
            .cpu_ms(20)
            .does(calls(Sysno::read, Pipe, 1).sleeping_ms(900))
    };
    assert_both(tracked, Shape::EventLoop);
}

fn loop_and_workers(answers: u64) -> Scenario {
    let mut scenario = Scenario::new().cpu_ms(50).does(iterations());
    for tid in [101, 102] {
        scenario = scenario
            .thread(tid, "worker")
            .cpu_ms(5)
            .does(calls(Sysno::futex, Without, 30).sleeping_ms(30).brought())
            .wakes((100, tid), Sysno::futex, 30, 30);
        if answers > 0 {
            scenario = scenario.wakes((tid, 100), Sysno::epoll_wait, answers, 10);
        }
    }
    scenario
}

#[test]
fn a_pool_that_works_for_the_loop_is_told_from_one_that_rests() {
    assert_both(|| loop_and_workers(30), Shape::EventLoopAndPool);
    assert_both(|| loop_and_workers(0), Shape::EventLoop);
}

#[test]
fn loops_in_threads_and_rings_in_threads() {
    let loops = || {
        let scenario = Scenario::new().does(joins());
        scenario.thread(101, "loop").does(iterations()).thread(102, "loop").does(iterations())
    };
    assert_both(loops, Shape::EventLoops);
    let rings = || {
        let mut scenario = Scenario::new().does(joins());
        for tid in [101, 102] {
            let enters = calls(Sysno::io_uring_enter, Ring, 50).on(tid).sleeping_ms(9);
            scenario = scenario.thread(tid, "ring").does(enters);
        }
        scenario
    };
    assert_both(rings, Shape::UringLoops);
}

#[test]
fn workers_of_a_ring_are_no_pool() {
    let ring = || {
        Scenario::new()
            .does(calls(Sysno::io_uring_enter, Ring, 50).sleeping_ms(9))
            .thread(101, "iou-wrk-100")
            .io_worker()
            .cpu_ms(300)
            .thread(102, "iou-wrk-100")
            .io_worker()
            .cpu_ms(300)
    };
    assert_both(ring, Shape::UringLoop);
}

#[test]
fn one_helper_at_a_time_is_a_hand_off_and_several_are_a_pool() {
    let one = || {
        Scenario::new()
            .does(calls(Sysno::futex, Without, 20).sleeping_ms(50).brought())
            .handed_over_ms(950)
            .thread(101, "helper")
            .does(receives(1))
            .does(calls(Sysno::futex, Without, 20).sleeping_ms(25).brought())
            .wakes((101, 100), Sysno::futex, 20, 50)
            .wakes((100, 101), Sysno::futex, 20, 25)
    };
    assert_both(one, Shape::HandOffAndWait);
    let several = || {
        let mut scenario =
            Scenario::new().does(calls(Sysno::futex, Without, 20).sleeping_ms(25).brought());
        for tid in [101, 102, 103] {
            scenario = scenario
                .thread(tid, "helper")
                .does(receives(tid))
                .does(calls(Sysno::futex, Without, 20).sleeping_ms(5).brought())
                .wakes((tid, 100), Sysno::futex, 7, 25)
                .wakes((100, tid), Sysno::futex, 20, 5);
        }
        scenario
    };
    assert_both(several, Shape::ThreadPool);
}

#[test]
fn threads_that_are_made_for_tasks_are_told_from_those_for_connections() {
    let tasks = || {
        let mut scenario = Scenario::new().does(joins());
        for tid in [101, 102, 103] {
            let connects = calls(Sysno::connect, Tcp, 1).on(tid);
            scenario = scenario.thread(tid, "task").does(connects).does(receives(tid)).ends();
            scenario = scenario.wakes((tid, 100), Sysno::futex, 1, 130);
        }
        scenario
    };
    assert_both(tasks, Shape::ThreadPerTask);
    let connections = || {
        let accepts = calls(Sysno::accept, Tcp, 3).listening().sleeping_ms(100);
        let mut scenario = Scenario::new().does(accepts);
        for tid in [101, 102, 103] {
            scenario = scenario.thread(tid, "task").does(receives(tid)).ends();
        }
        scenario
    };
    assert_both(connections, Shape::ThreadPerConnection);
}

#[test]
fn computing_in_several_threads_is_not_cpu_bound_in_one() {
    let threads = || {
        let mut scenario =
            Scenario::new().does(calls(Sysno::futex, Without, 2).sleeping_ms(450).brought());
        for tid in [101, 102] {
            scenario = scenario.thread(tid, "compute").cpu_ms(900).ends();
            scenario = scenario.wakes((tid, 100), Sysno::futex, 1, 450);
        }
        scenario
    };
    assert_both(threads, Shape::ThreadPerTask);
}

#[test]
fn threads_that_accept_from_one_socket_are_a_pool() {
    let pool = || {
        let mut scenario = Scenario::new().does(joins());
        for tid in [101, 102] {
            let accepts = calls(Sysno::accept4, Tcp, 9).listening().sleeping_ms(30);
            scenario = scenario.thread(tid, "worker").does(accepts).does(receives(tid));
        }
        scenario
    };
    assert_both(pool, Shape::ThreadPool);
}

/// A first process that waits for so many others of the same program.
fn processes(parent: Calls, child: impl Fn(Scenario, u32) -> Scenario) -> Scenario {
    [200, 300, 400].into_iter().fold(Scenario::new().does(parent), |scenario, pid| {
        child(scenario.process(pid, Some(100), "program"), pid)
    })
}

fn waits() -> Calls {
    calls(Sysno::wait4, Without, 3).sleeping_ms(300)
}

fn accepts() -> Calls {
    calls(Sysno::accept4, Tcp, 9).listening().sleeping_ms(30)
}

#[test]
fn processes_that_share_a_socket_are_prefork() {
    let blocking =
        || processes(waits(), |scenario, pid| scenario.does(accepts()).does(receives(pid)));
    assert_both(blocking, Shape::PreforkBlocking);
    let loops = || {
        let accepting = calls(Sysno::accept4, Tcp, 9).listening().on(1);
        processes(waits(), move |scenario, _| scenario.does(iterations()).does(accepting))
    };
    assert_both(loops, Shape::PreforkEventLoops);
    let rings = || {
        processes(waits(), |scenario, _| {
            scenario.does(calls(Sysno::io_uring_enter, Ring, 50).sleeping_ms(9))
        })
    };
    assert_both(rings, Shape::UringLoops);
}

#[test]
fn processes_that_take_work_are_a_pool() {
    let fed = || calls(Sysno::read, Unix, 20).sleeping_ms(5).brought();
    let results = || calls(Sysno::futex, Without, 9).sleeping_ms(100);
    let pool = || {
        processes(calls(Sysno::futex, Without, 9).sleeping_ms(100), move |scenario, pid| {
            scenario.cpu_ms(400).does(fed()).does(receives(pid))
        })
    };
    assert_shape(&pool().full(), Shape::ProcessPool);
    assert_shape(&pool().light(), Shape::ProcessPool);
    let loops = processes(results(), move |scenario, _| scenario.does(fed()).does(iterations()));
    assert_shape(&loops.full(), Shape::ProcessPoolEventLoops);
}

#[test]
fn stages_of_a_pipeline_are_no_pool() {
    let reads = || calls(Sysno::read, Pipe, 30).sleeping_ms(20).brought();
    let stages = || {
        processes(waits(), move |scenario, _| scenario.cpu_ms(100).does(reads()))
            .wakes((200, 300), Sysno::read, 30, 20)
            .wakes((300, 400), Sysno::read, 30, 20)
    };
    assert_both(stages, Shape::Pipeline);
    // Now and then an interrupt that comes while one of a pool is in a call wakes another.
    let pool = || {
        processes(waits(), move |scenario, _| scenario.cpu_ms(100).does(reads()))
            .wakes((100, 200), Sysno::read, 25, 20)
            .wakes((300, 200), Sysno::read, 5, 20)
    };
    assert_both(pool, Shape::ProcessPool);
    let prefork = || {
        processes(waits(), |scenario, pid| scenario.does(accepts()).does(receives(pid))).wakes(
            (200, 300),
            Sysno::recvfrom,
            1,
            20,
        )
    };
    assert_both(prefork, Shape::PreforkBlocking);
}

#[test]
fn children_that_are_gone_at_once_leave_the_shape_to_who_waits_for_them() {
    let commands = || {
        (200..240).fold(Scenario::new().cpu_ms(200).does(waits()), |scenario, pid| {
            scenario.process(pid, Some(100), "true").cpu_ms(1)
        })
    };
    assert_both(commands, Shape::Blocking);
}

#[test]
fn a_process_for_each_connection() {
    let server = || processes(accepts(), |scenario, pid| scenario.does(receives(pid)));
    assert_both(server, Shape::ProcessPerConnection);
}

#[test]
fn nothing_that_is_known_is_unknown() {
    let mut record = Scenario::new().full();
    record.processes.clear();
    assert_shape(&record, Shape::Unknown);
}

#[test]
fn the_quadrants_are_those_of_the_four_combinations() {
    let quadrant = |record: &Record| {
        let quadrant = Analysis::of(record).quadrant?;
        Some((quadrant.control, quadrant.notice))
    };
    let loops = Scenario::new().does(iterations()).full();
    assert_eq!(quadrant(&loops), Some((Control::NonBlocking, Notice::Asynchronous)));
    let blocks = Scenario::new().does(receives(1)).full();
    assert_eq!(quadrant(&blocks), Some((Control::Blocking, Notice::Synchronous)));
    let spins = Scenario::new().spins_ms(900).does(calls(Sysno::read, Tcp, 100_000).empty_polls());
    assert_eq!(quadrant(&spins.full()), Some((Control::NonBlocking, Notice::Synchronous)));
    assert_eq!(quadrant(&Scenario::new().cpu_ms(900).full()), None);
}
