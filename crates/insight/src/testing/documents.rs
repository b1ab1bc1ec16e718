//! Whole documents: what is put together in them, and what they say first.

use DescriptorKind::{Epoll, File, None as Without, Pipe, Tcp};
use syscalls::Sysno;
use whywait_record::{Breadth, DescriptorKind, Record, Syscall};
use whywait_report::{Diagnosis, ThreadModel};

use super::scenario::{Scenario, calls};
use crate::diagnose;

fn pool(size: u32, name: impl Fn(u32) -> String) -> Diagnosis {
    let mut scenario = Scenario::new().does(calls(Sysno::futex, Without, 9).sleeping_ms(100));
    for number in 0..size {
        let tid = 101 + number;
        scenario = scenario
            .thread(tid, &name(number))
            .cpu_ms(10)
            .does(calls(Sysno::futex, Without, 30).sleeping_ms(30).brought())
            .wakes((100, tid), Sysno::futex, 30, 30);
    }
    diagnose(&scenario.full())
}

#[test]
fn two_hundred_alike_threads_are_one_entry_with_the_sums_of_all() {
    let diagnosis = pool(200, |number| format!("worker-{number}"));
    let [main, workers] = diagnosis.processes[0].threads.as_slice() else {
        panic!("{:#?}", diagnosis.processes[0].threads)
    };
    assert_eq!((main.tid, main.alike), (100, 1));
    assert_eq!((workers.tid, workers.alike, workers.name.as_str()), (101, 200, "worker-*"));
    assert_eq!(workers.model, ThreadModel::PoolWorker);
    assert!((workers.ledger_s.handoff - 180.0).abs() < 1e-6, "{:?}", workers.ledger_s);
    assert_eq!(workers.calls["futex"].count, 6000);
    let waits: Vec<_> = diagnosis.waits.iter().map(|wait| (wait.tid, wait.count)).collect();
    assert_eq!(waits, [(101, 6000), (100, 9)]);
}

#[test]
fn alike_threads_of_one_name_keep_it() {
    let diagnosis = pool(3, |_| "python3".to_owned());
    assert_eq!(diagnosis.processes[0].threads[1].name, "python3");
}

#[test]
fn waits_are_bounded_and_the_last_entry_has_the_rest() {
    let mut scenario = Scenario::new();
    for number in 0..300 {
        let pid = 200 + number;
        scenario = scenario
            .process(pid, Some(100), "program")
            .does(calls(Sysno::read, Tcp, 1).sleeping_ms(u64::from(pid)));
    }
    let diagnosis = diagnose(&scenario.full());
    assert_eq!(diagnosis.waits.len(), 200);
    let total_s: f64 = diagnosis.waits.iter().map(|wait| wait.total_s).sum();
    let slept_s: f64 = (200..500).map(|length_ms| f64::from(length_ms) / 1e3).sum();
    assert!((total_s - slept_s).abs() < 1e-6, "{total_s} {slept_s}");
    let last = diagnosis.waits.last().expect("there are 200");
    assert_eq!((last.descriptors, last.count, last.syscall.as_deref()), (101, 101, None));
    let shown = &diagnosis.waits[..199];
    assert!(shown.is_sorted_by(|one, other| one.total_s >= other.total_s));
}

#[test]
fn one_call_on_many_descriptors_is_one_entry() {
    let mut scenario = Scenario::new();
    for number in 0..40 {
        scenario = scenario.does(calls(Sysno::recvfrom, Tcp, 1).on(number).sleeping_ms(10));
    }
    let diagnosis = diagnose(&scenario.full());
    let [all] = diagnosis.waits.as_slice() else { panic!("{:#?}", diagnosis.waits) };
    assert_eq!((all.descriptors, all.descriptor, all.count), (40, None, 40));
    assert_eq!(all.peer.as_deref(), Some("127.0.0.1:9"));
}

#[test]
fn the_verdict_says_first_what_the_program_waits_for() {
    let verdict = |scenario: Scenario| diagnose(&scenario.full()).verdict;
    let reads =
        verdict(Scenario::new().cpu_ms(10).does(calls(Sysno::recvfrom, Tcp, 9).sleeping_ms(110)));
    assert!(reads.starts_with("Blocking calls, one after another, in one thread: 99 % of the time waiting for data (990 ms)"), "{reads}");
    let computes =
        verdict(Scenario::new().cpu_ms(1900).does(calls(Sysno::write, File, 10).sleeping_ms(10)));
    let expected = "Not I/O-bound: 95 % of the time is CPU in one thread; another I/O model would \
                    not help.";
    assert!(computes.starts_with(expected), "{computes}");
    let nothing = verdict(Scenario::new());
    assert!(nothing.starts_with("Nothing to wait for"), "{nothing}");
}

#[test]
fn the_verdict_counts_who_makes_blocking_calls_and_not_their_helpers() {
    let starts = |scenario: Scenario, expected: &str| {
        let verdict = diagnose(&scenario.full()).verdict;
        assert!(verdict.starts_with(expected), "{verdict}");
    };
    let reads = || calls(Sysno::read, Pipe, 30).sleeping_ms(30);
    let mut one = Scenario::new().cpu_ms(50).does(reads());
    for (tid, name) in [(101, "GC"), (102, "JIT")] {
        let rests = calls(Sysno::futex, Without, 30).sleeping_ms(25).brought();
        one = one.thread(tid, name).does(rests).wakes((100, tid), Sysno::futex, 30, 25);
    }
    starts(one, "Blocking calls, one after another, in one thread: ");
    let waits = calls(Sysno::wait4, Without, 2).sleeping_ms(450);
    let stages = ["find", "sort"]
        .iter()
        .zip([200, 300])
        .fold(Scenario::new().does(waits), |scenario, (program, pid)| {
            scenario.process(pid, Some(100), program).does(reads())
        });
    starts(stages, "Blocking calls, one after another, in each of 2 processes: ");
}

#[test]
fn the_verdict_of_a_loop_does_not_count_its_resting_workers() {
    let mut scenario = Scenario::new()
        .cpu_ms(100)
        .does(calls(Sysno::epoll_wait, Epoll, 90).of(Breadth::Many).sleeping_ms(10));
    for tid in 101..105 {
        scenario =
            scenario.thread(tid, "node").does(calls(Sysno::futex, Without, 1).sleeping_ms(1000));
    }
    let verdict = diagnose(&scenario.full()).verdict;
    assert!(verdict.starts_with("An event loop: 90 % of the time waiting for events"), "{verdict}");
}

#[test]
fn calls_of_32_bit_code_are_said_not_to_be_judged() {
    let mut record = Scenario::new().does(calls(Sysno::read, File, 300)).full();
    let said = |record: &Record| diagnose(record).not_watched;
    assert_eq!(said(&record), [""; 0]);
    record.processes[0].threads[0].calls[0].syscall = Syscall::OTHER;
    record.losses.calls = 100;
    let sentence = "200 system calls of 32-bit code were counted without their kinds: what they do \
                    is not judged.";
    assert_eq!(said(&record), [sentence]);
    record.losses.calls = 300;
    assert_eq!(said(&record), [""; 0], "the cheapest kinds of a thread that makes too many");
}
