//! Healthy programs, in which nothing must be found. Each finding tests the programs that have it.

use syscalls::Sysno;
use whywait_record::{
    Asking, Breadth, Control, DescriptorKind, Detail, Sample, SampledMode, Syscall,
};
use whywait_report::{Shape, ThreadModel};

use super::findings;
use super::scene::{MS, SECOND, Scene, call};

fn assert_healthy(scene: &Scene, what: &str) {
    for detail in [Detail::Full, Detail::Light] {
        let mut scene = scene.clone();
        if detail == Detail::Light {
            scene.record.detail = detail;
            scene.record.processes.iter_mut().flat_map(|process| &mut process.threads).for_each(
                |thread| {
                    thread.calls.clear();
                    thread.time.spinning_ns = 0;
                },
            );
        }
        assert_eq!(findings(&scene.analysis()), [], "{what}, {detail:?}");
    }
}

/// A server such as redis under full load: short requests, shorter answers, now and then a read
/// without a result.
#[test]
fn a_loop_under_full_load() {
    let mut scene = Scene::event_loop();
    scene.cpu(3 * SECOND, 6 * SECOND);
    scene.thread().time.spinning_ns = 100 * MS;
    let listener = scene.descriptor(DescriptorKind::Tcp, "");
    scene.record.descriptors[listener.0 as usize].local = Some("0.0.0.0:6379".into());
    let accepted = scene.call(Sysno::accept4, DescriptorKind::Tcp);
    (accepted.count, accepted.would_block, accepted.example) = (51, 1, Some(listener));
    accepted.control = Control::NonBlocking;
    for (number, tiny) in [(Sysno::read, 0), (Sysno::write, 800_000)] {
        let moved = scene.call(number, DescriptorKind::Tcp);
        (moved.count, moved.tiny, moved.returned) = (800_000, tiny, 5 * 800_000);
        (moved.total_ns, moved.control) = (2 * SECOND, Control::NonBlocking);
    }
    let mode = SampledMode::Call { syscall: Syscall::of(Sysno::write), returns_at_once: true };
    scene.thread().samples = vec![Sample { mode, count: 400 }];
    scene.wait(call(Sysno::accept4), Some(listener), 1, MS).control = Control::NonBlocking;
    assert_healthy(&scene, "redis");
}

#[test]
fn a_server_without_requests() {
    let mut scene = Scene::new();
    let epoll = scene.descriptor(DescriptorKind::Epoll, "");
    scene.wait(call(Sysno::epoll_wait), Some(epoll), 2, 5 * SECOND).breadth = Breadth::Many;
    assert_healthy(&scene, "idle");
}

/// A loop that gives files to threads, which wake it by a byte over a socket pair.
#[test]
fn a_loop_and_its_pool() {
    let mut scene = Scene::event_loop();
    scene.thread().asking = Some(Asking { first_at_ns: 100 * MS, last_at_ns: 9900 * MS });
    let wakes = scene.call(Sysno::recvfrom, DescriptorKind::Unix);
    (wakes.count, wakes.tiny, wakes.returned) = (20_000, 20_000, 20_000);
    for _ in 0..4 {
        scene.spawn("worker");
        let file = scene.descriptor(DescriptorKind::File, "/data/x");
        scene.wait(call(Sysno::read), Some(file), 500, 5 * MS);
        scene.wait(call(Sysno::futex), None, 500, 10 * MS);
        let told = scene.call(Sysno::sendto, DescriptorKind::Unix);
        (told.count, told.tiny, told.returned) = (5000, 5000, 5000);
        (told.total_ns, told.control) = (10 * MS, Control::NonBlocking);
        scene.cpu(10 * MS, 20 * MS);
        scene.back_to_main();
    }
    scene.others = Some(ThreadModel::PoolWorker);
    scene.shape = Some(Shape::EventLoopAndPool);
    assert_healthy(&scene, "loop and pool");
}

/// The main thread gives work to several threads, and waits for all of it.
#[test]
fn a_pool_of_threads_that_overlaps_its_waits() {
    let mut scene = Scene::new();
    scene.wait(call(Sysno::futex), None, 40, 200 * MS).handed_over_ns = 8 * SECOND;
    for nth in 0..4 {
        let worker = scene.spawn("worker");
        let peer = scene.descriptor(DescriptorKind::Tcp, &format!("10.0.0.{nth}:80"));
        scene.wait(call(Sysno::recvfrom), Some(peer), 50, 150 * MS);
        scene.wake(worker, 100, Sysno::futex, 10, 2 * SECOND);
        scene.back_to_main();
    }
    (scene.model, scene.others) = (Some(ThreadModel::WaitsOnHelper), Some(ThreadModel::PoolWorker));
    scene.shape = Some(Shape::ThreadPool);
    assert_healthy(&scene, "pool");
}

/// A command that reads a pipe and writes another one.
#[test]
fn a_part_of_a_pipeline() {
    let mut scene = Scene::new();
    scene.model = Some(ThreadModel::Blocking);
    for (number, name) in [(Sysno::read, "pipe:[1]"), (Sysno::write, "pipe:[2]")] {
        let pipe = scene.descriptor(DescriptorKind::Pipe, name);
        scene.wait(call(number), Some(pipe), 1000, 3 * MS);
        let moved = scene.call(number, DescriptorKind::Pipe);
        (moved.count, moved.returned, moved.slept) = (1100, 1100 * 4096, 1000);
        for nth in 0..100 {
            scene.slow(call(number), Some(pipe), nth * 50 * MS, 9 * MS);
        }
    }
    scene.cpu(200 * MS, 300 * MS);
    assert_healthy(&scene, "pipeline");
}

/// An interpreter that reads its modules from a cold disk, and then is a loop.
#[test]
fn the_start_of_an_interpreter() {
    let mut scene = Scene::event_loop();
    scene.thread().asking = Some(Asking { first_at_ns: SECOND, last_at_ns: 9 * SECOND });
    for nth in 0..30 {
        let module = scene.descriptor(DescriptorKind::File, &format!("/usr/lib/python3/{nth}.pyc"));
        scene.wait(call(Sysno::read), Some(module), 1, 25 * MS).disk_ns = 25 * MS;
        scene.slow(call(Sysno::read), Some(module), nth * 30 * MS, 25 * MS);
    }
    scene.slow(call(Sysno::futex), None, 9 * SECOND + MS, 900 * MS);
    scene.cpu(150 * MS, 50 * MS);
    assert_healthy(&scene, "interpreter");
}

/// `true`, or any program that is over at once.
#[test]
fn a_program_that_is_over_at_once() {
    let mut scene = Scene::lasting(2 * MS);
    scene.cpu(MS, MS);
    assert_healthy(&scene, "true");
}
