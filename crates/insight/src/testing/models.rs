//! Every model of threads: what is one, and what looks like one and is not.

use DescriptorKind::{Epoll, File, None as Without, Pipe, Ring, Tcp, Unix};
use syscalls::Sysno;
use whywait_record::{Breadth, DescriptorKind, Sample, SampledMode, Syscall};
use whywait_report::ThreadModel;

use super::scenario::{Scenario, calls, model_of};

/// Asserts the model of the first thread, in both details.
#[track_caller]
fn assert_first(scenario: fn() -> Scenario, model: ThreadModel) {
    assert_eq!(model_of(&scenario().full(), 100), model, "full");
    assert_eq!(model_of(&scenario().light(), 100), model, "light");
}

/// Asserts the model of thread 101, in both details.
#[track_caller]
fn assert_second(scenario: fn() -> Scenario, model: ThreadModel) {
    assert_eq!(model_of(&scenario().full(), 101), model, "full");
    assert_eq!(model_of(&scenario().light(), 101), model, "light");
}

fn epoll_loop() -> Scenario {
    Scenario::new()
        .cpu_ms(50)
        .does(calls(Sysno::epoll_wait, Epoll, 100).of(Breadth::Many).sleeping_ms(10))
}

#[test]
fn a_loop_that_mostly_sleeps_is_a_loop_and_not_idle() {
    assert_first(epoll_loop, ThreadModel::EventLoop);
}

#[test]
fn a_loop_that_never_woke_while_it_was_watched_is_a_loop() {
    let mut record = epoll_loop().full();
    record.processes[0].threads[0].calls.clear();
    assert_eq!(model_of(&record, 100), ThreadModel::EventLoop);
}

#[test]
fn a_loop_under_full_load_is_a_loop_and_no_computation() {
    let busy = || {
        Scenario::new()
            .cpu_ms(5000)
            .does(calls(Sysno::epoll_wait, Epoll, 40_000).of(Breadth::Many))
            .does(calls(Sysno::epoll_wait, Epoll, 50).of(Breadth::Many).sleeping_ms(1))
            .does(calls(Sysno::read, Tcp, 400_000))
    };
    assert_first(busy, ThreadModel::EventLoop);
}

#[test]
fn a_loop_that_sleeps_by_itself_is_still_a_loop() {
    let stalled = || epoll_loop().does(calls(Sysno::clock_nanosleep, Without, 40).sleeping_ms(100));
    assert_first(stalled, ThreadModel::EventLoop);
}

#[test]
fn select_of_many_is_a_loop_and_poll_of_one_is_blocking() {
    let select = || {
        Scenario::new().does(calls(Sysno::select, Without, 30).of(Breadth::Many).sleeping_ms(20))
    };
    assert_first(select, ThreadModel::EventLoop);
    let poll = || {
        Scenario::new()
            .cpu_ms(20)
            .does(calls(Sysno::poll, Tcp, 30).of(Breadth::One).sleeping_ms(20))
            .does(calls(Sysno::recvfrom, Tcp, 30))
    };
    assert_first(poll, ThreadModel::Blocking);
}

#[test]
fn one_poll_at_the_start_makes_no_loop() {
    let blocking = || {
        Scenario::new()
            .does(calls(Sysno::poll, Without, 1).of(Breadth::Many).empty_polls())
            .does(calls(Sysno::recvfrom, Tcp, 30).sleeping_ms(20))
    };
    assert_first(blocking, ThreadModel::Blocking);
}

#[test]
fn a_loop_over_a_ring_is_one_and_its_workers_are_workers() {
    let ring = || {
        Scenario::new()
            .cpu_ms(20)
            .requests(400)
            .does(calls(Sysno::io_uring_enter, Ring, 100).sleeping_ms(10))
            .thread(101, "iou-wrk-100")
            .io_worker()
            .cpu_ms(30)
    };
    assert_first(ring, ThreadModel::UringLoop);
    assert_second(ring, ThreadModel::PoolWorker);
}

#[test]
fn asking_in_vain_is_spinning_with_pauses_or_without() {
    let fast = Scenario::new()
        .spins_ms(900)
        .does(calls(Sysno::recvfrom, Tcp, 300_000).empty_polls())
        .does(calls(Sysno::recvfrom, Tcp, 1));
    assert_eq!(model_of(&fast.full(), 100), ThreadModel::Spinner);
    let slow = Scenario::new()
        .cpu_ms(20)
        .does(calls(Sysno::recvfrom, Tcp, 15).empty_polls())
        .does(calls(Sysno::clock_nanosleep, Without, 15).sleeping_ms(100));
    assert_eq!(model_of(&slow.full(), 100), ThreadModel::Spinner);
}

#[test]
fn a_slow_interpreter_that_asks_in_vain_spins_too() {
    let asks = |number, seen, in_calls_ms: u64| {
        let mut record = Scenario::new().cpu_ms(1000 - in_calls_ms).light();
        let thread = &mut record.processes[0].threads[0];
        thread.time.kernel_ns += in_calls_ms * 1_000_000;
        thread.lived_ns += in_calls_ms * 1_000_000;
        let syscall = Syscall::of(number);
        let mode = SampledMode::Call { syscall, returns_at_once: true };
        thread.samples = vec![Sample { mode, count: seen }];
        model_of(&record, 100)
    };
    assert_eq!(asks(Sysno::recvfrom, 30, 150), ThreadModel::Spinner);
    assert_eq!(asks(Sysno::recvfrom, 10, 50), ThreadModel::Cpu);
    assert_eq!(asks(Sysno::recvfrom, 3, 150), ThreadModel::Cpu, "so few may be chance");
    assert_eq!(asks(Sysno::sendto, 30, 150), ThreadModel::Cpu, "it has something to say");
}

#[test]
fn a_loop_that_reads_until_nothing_is_left_does_not_spin() {
    let drains = || {
        epoll_loop()
            .does(calls(Sysno::read, Tcp, 100))
            .does(calls(Sysno::read, Tcp, 100).empty_polls())
    };
    assert_first(drains, ThreadModel::EventLoop);
}

#[test]
fn computing_between_questions_is_no_spinning() {
    let computes = Scenario::new()
        .spins_ms(2000)
        .does(calls(Sysno::epoll_wait, Epoll, 40).of(Breadth::Many).empty_polls());
    assert_eq!(model_of(&computes.full(), 100), ThreadModel::EventLoop);
}

#[test]
fn computing_is_cpu_even_if_files_are_written() {
    let writes = || {
        Scenario::new()
            .cpu_ms(1900)
            .does(calls(Sysno::openat, Without, 500))
            .does(calls(Sysno::write, File, 50_000))
            .does(calls(Sysno::write, File, 50).sleeping_ms(2))
    };
    assert_first(writes, ThreadModel::Cpu);
}

#[test]
fn waiting_for_files_and_peers_is_blocking() {
    let reads = || Scenario::new().cpu_ms(90).does(calls(Sysno::read, Pipe, 40).sleeping_ms(30));
    assert_first(reads, ThreadModel::Blocking);
    let syncs = || Scenario::new().cpu_ms(90).does(calls(Sysno::fsync, File, 40).sleeping_ms(30));
    assert_first(syncs, ThreadModel::Blocking);
}

#[test]
fn one_sleep_is_idle_and_many_are_blocking() {
    let idle = || {
        Scenario::new().cpu_ms(30).does(calls(Sysno::clock_nanosleep, Without, 1).sleeping_ms(1000))
    };
    assert_first(idle, ThreadModel::Idle);
    let sleeper = || {
        Scenario::new().cpu_ms(30).does(calls(Sysno::clock_nanosleep, Without, 20).sleeping_ms(50))
    };
    assert_first(sleeper, ThreadModel::Blocking);
}

#[test]
fn asking_a_few_times_at_the_start_is_no_loop() {
    let asks = |times| calls(Sysno::poll, Without, times).of(Breadth::Many);
    let program = |times| Scenario::new().cpu_ms(300).does(asks(times));
    assert_ne!(model_of(&program(4).full(), 100), ThreadModel::EventLoop);
    assert_eq!(model_of(&program(100).full(), 100), ThreadModel::EventLoop);
}

#[test]
fn waiting_for_children_is_not_blocking() {
    let waits = || {
        Scenario::new()
            .cpu_ms(30)
            .does(calls(Sysno::wait4, Without, 4).sleeping_ms(300))
            .process(200, Some(100), "sleep")
            .does(calls(Sysno::clock_nanosleep, Without, 1).sleeping_ms(300))
    };
    assert_first(waits, ThreadModel::WaitsForChildren);
    let reads_output = || {
        Scenario::new()
            .cpu_ms(30)
            .does(calls(Sysno::poll, Without, 3).of(Breadth::Many).sleeping_ms(300))
            .process(200, Some(100), "sleep")
            .does(calls(Sysno::clock_nanosleep, Without, 1).sleeping_ms(300))
    };
    assert_first(reads_output, ThreadModel::WaitsForChildren);
}

fn hand_off() -> Scenario {
    Scenario::new()
        .cpu_ms(20)
        .does(calls(Sysno::futex, Without, 20).sleeping_ms(50).brought())
        .handed_over_ms(950)
        .thread(101, "helper")
        .does(calls(Sysno::futex, Without, 20).sleeping_ms(1).brought())
        .does(calls(Sysno::recvfrom, Tcp, 20).sleeping_ms(49))
        .wakes((101, 100), Sysno::futex, 20, 50)
        .wakes((100, 101), Sysno::futex, 20, 1)
}

#[test]
fn waiting_for_ones_helper_is_handing_off_and_the_helper_is_no_connection() {
    assert_first(hand_off, ThreadModel::WaitsOnHelper);
    let helper = model_of(&hand_off().full(), 101);
    assert!(matches!(helper, ThreadModel::PoolWorker | ThreadModel::Blocking), "{helper:?}");
}

#[test]
fn alike_threads_that_are_brought_work_are_pool_workers() {
    let pool = || {
        let worker = |scenario: Scenario, tid: u32| {
            scenario
                .thread(tid, "worker")
                .does(calls(Sysno::futex, Without, 30).sleeping_ms(20).brought())
                .does(calls(Sysno::read, File, 30).sleeping_ms(5))
                .wakes((100, tid), Sysno::futex, 30, 20)
        };
        worker(worker(epoll_loop(), 101), 102)
    };
    assert_second(pool, ThreadModel::PoolWorker);
    assert_first(pool, ThreadModel::EventLoop);
}

#[test]
fn alike_threads_to_which_nobody_came_are_pool_workers_and_one_alone_is_idle() {
    let waiting = |scenario: Scenario, tid: u32| {
        scenario.thread(tid, "node").does(calls(Sysno::futex, Without, 1).sleeping_ms(1000))
    };
    let several = waiting(waiting(epoll_loop(), 101), 102).full();
    assert_eq!(model_of(&several, 101), ThreadModel::PoolWorker);
    let alone = waiting(epoll_loop(), 101).full();
    assert_eq!(model_of(&alone, 101), ThreadModel::Idle);
}

#[test]
fn two_that_compute_under_one_lock_compute_and_hand_nothing_over() {
    let contends = || {
        let mut scenario = Scenario::new();
        scenario = scenario.does(calls(Sysno::futex, Without, 2).sleeping_ms(1000).brought());
        for tid in [101, 102] {
            scenario = scenario
                .thread(tid, "python3")
                .cpu_ms(1000)
                .does(calls(Sysno::futex, Without, 200).of(Breadth::Many).sleeping_ms(5).brought());
        }
        scenario.wakes((101, 102), Sysno::futex, 200, 5).wakes((102, 101), Sysno::futex, 200, 5)
    };
    assert_second(contends, ThreadModel::Cpu);
    let record = contends().full();
    let analysis = crate::Analysis::of(&record);
    let ledger = analysis.thread(101).expect("it is there").ledger;
    assert!(ledger.lock_ns > ledger.handoff_ns, "{ledger:?}");
}

#[test]
fn who_accepts_and_makes_threads_is_an_acceptor_and_they_are_connections() {
    let server = || {
        let mut scenario = Scenario::new()
            .cpu_ms(30)
            .does(calls(Sysno::accept4, Tcp, 3).listening().sleeping_ms(300));
        for tid in [101, 102, 103] {
            scenario = scenario
                .thread(tid, "python3")
                .cpu_ms(3)
                .does(calls(Sysno::recvfrom, Tcp, 30).on(tid).sleeping_ms(20));
        }
        scenario
    };
    assert_first(server, ThreadModel::Acceptor);
    assert_second(server, ThreadModel::Connection);
}

#[test]
fn threads_of_an_acceptors_runtime_serve_no_connections() {
    let server = || {
        Scenario::new()
            .does(calls(Sysno::accept4, Tcp, 3).listening().sleeping_ms(300))
            .thread(101, "collector")
            .does(calls(Sysno::futex, Without, 30).sleeping_ms(200))
            .thread(102, "java")
            .does(calls(Sysno::recvfrom, Tcp, 30).on(102).sleeping_ms(20))
            .thread(103, "java")
            .does(calls(Sysno::recvfrom, Tcp, 30).on(103).sleeping_ms(20))
    };
    let record = server().full();
    assert_ne!(model_of(&record, 101), ThreadModel::Connection);
    assert_eq!(model_of(&record, 102), ThreadModel::Connection);
}

#[test]
fn who_accepts_and_waits_for_threads_alone_is_no_acceptor() {
    let runtime = || {
        let mut scenario = Scenario::new()
            .does(calls(Sysno::accept4, Tcp, 5).listening())
            .does(calls(Sysno::futex, Without, 5).sleeping_ms(1000));
        for tid in [101, 102, 103] {
            scenario = scenario
                .thread(tid, "worker")
                .does(calls(Sysno::epoll_wait, Epoll, 50).of(Breadth::Many).sleeping_ms(10));
        }
        scenario
    };
    assert_ne!(model_of(&runtime().full(), 100), ThreadModel::Acceptor);
    assert_second(runtime, ThreadModel::EventLoop);
}

#[test]
fn a_connection_may_ask_once_whether_more_comes() {
    let server = || {
        let mut scenario =
            Scenario::new().does(calls(Sysno::accept4, Tcp, 3).listening().sleeping_ms(300));
        for tid in [101, 102, 103] {
            scenario = scenario
                .thread(tid, "python3")
                .does(calls(Sysno::recvfrom, Tcp, 2).on(tid).sleeping_ms(2))
                .does(calls(Sysno::epoll_wait, Epoll, 1).of(Breadth::Many).sleeping_ms(10));
        }
        scenario
    };
    assert_second(server, ThreadModel::Connection);
}

#[test]
fn who_serves_what_it_accepts_is_blocking() {
    let server = || {
        Scenario::new()
            .does(calls(Sysno::accept4, Tcp, 3).listening().sleeping_ms(30))
            .does(calls(Sysno::recvfrom, Tcp, 30).on(1).sleeping_ms(20))
    };
    assert_first(server, ThreadModel::Blocking);
}

#[test]
fn a_thread_that_connects_itself_is_no_connection() {
    let client = || {
        let mut scenario = Scenario::new();
        for tid in [101, 102] {
            scenario = scenario
                .thread(tid, "client")
                .does(calls(Sysno::connect, Tcp, 1).on(tid))
                .does(calls(Sysno::recvfrom, Tcp, 30).on(tid).sleeping_ms(20));
        }
        scenario
    };
    assert_second(client, ThreadModel::Blocking);
}

#[test]
fn processes_that_read_work_from_a_socket_are_pool_workers() {
    let pool = || {
        let mut scenario = Scenario::new().does(calls(Sysno::futex, Without, 9).sleeping_ms(100));
        for pid in [200, 300] {
            scenario = scenario
                .process(pid, Some(100), "program")
                .cpu_ms(500)
                .does(calls(Sysno::read, Unix, 20).sleeping_ms(5).brought());
        }
        scenario
    };
    assert_eq!(model_of(&pool().full(), 200), ThreadModel::PoolWorker);
    assert_eq!(model_of(&pool().light(), 300), ThreadModel::PoolWorker);
}

#[test]
fn a_thread_of_which_nothing_was_seen_is_idle() {
    assert_first(Scenario::new, ThreadModel::Idle);
}

#[test]
fn confidence_is_the_precision_of_the_rule_whatever_the_detail_and_the_losses() {
    let confidence = |record: &whywait_record::Record| {
        let analysis = crate::Analysis::of(record);
        let one = analysis.thread(100).expect("it is there");
        let measured = crate::RuleSet::all().measured_of(one.rule.expect("a rule decided"));
        assert_eq!(one.confidence.to_bits(), measured.lower_bound().to_bits());
        one.confidence.to_bits()
    };
    let full = confidence(&epoll_loop().full());
    let mut lossy = epoll_loop().full();
    lossy.losses.events = 1_000_000;
    assert_eq!(full, confidence(&lossy), "losses weaken findings, not models");
    assert_eq!(full, confidence(&epoll_loop().light()), "the same rule decides");
}

#[test]
fn what_the_kernel_says_is_certain() {
    let record = Scenario::new().thread(101, "iou-wrk-100").cpu_ms(5).io_worker().full();
    let analysis = crate::Analysis::of(&record);
    let worker = analysis.thread(101).expect("it is there");
    assert_eq!(worker.rule, Some("io-uring-worker"));
    assert_eq!((worker.confidence.to_bits(), worker.doubt()), (1.0_f64.to_bits(), None));
    assert!(!worker.evidence.contains("Little evidence"), "{}", worker.evidence);
}
