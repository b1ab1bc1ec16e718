//! Records that no program can have made: whatever they say, there is a diagnosis.

use proptest::collection::vec;
use proptest::prelude::*;
use syscalls::Sysno;
use whywait_record::{
    Breadth, Call, Control, Descriptor, DescriptorId, DescriptorKind, Detail, Histogram, Process,
    Record, Stalls, Syscall, Thread, ThreadTime, Wait, Wake, Waker,
};
use whywait_report::{Diagnosis, LedgerSeconds};

use super::scenario::Scenario;
use crate::{Explain, RuleSet, diagnose, diagnose_with};

/// Lengths that may be nothing, something, or more than there can be.
fn length() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..10_000_000_000_u64, any::<u64>()]
}

fn syscall() -> impl Strategy<Value = Syscall> {
    let known = [
        Sysno::read,
        Sysno::accept4,
        Sysno::poll,
        Sysno::epoll_wait,
        Sysno::io_uring_enter,
        Sysno::futex,
        Sysno::clock_nanosleep,
        Sysno::wait4,
        Sysno::fsync,
    ];
    prop_oneof![
        proptest::sample::select(known.to_vec()).prop_map(Syscall::of),
        any::<u16>().prop_map(Syscall)
    ]
}

fn kind() -> impl Strategy<Value = DescriptorKind> {
    proptest::sample::select(
        &[
            DescriptorKind::None,
            DescriptorKind::File,
            DescriptorKind::Pipe,
            DescriptorKind::Tcp,
            DescriptorKind::Unix,
            DescriptorKind::Epoll,
            DescriptorKind::Eventfd,
            DescriptorKind::Ring,
        ][..],
    )
}

fn breadth() -> impl Strategy<Value = Breadth> {
    let all = &[Breadth::NotApplicable, Breadth::Zero, Breadth::One, Breadth::Many][..];
    proptest::sample::select(all)
}

fn control() -> impl Strategy<Value = Control> {
    proptest::sample::select(&[Control::Blocking, Control::NonBlocking][..])
}

prop_compose! {
    fn wait()(
        syscall in proptest::option::of(syscall()),
        descriptor in proptest::option::of(0..6_u32),
        (kind, control, breadth) in (kind(), control(), breadth()),
        numbers in [length(), length(), length(), length(), length(), length()],
        buckets in vec(any::<u64>(), Histogram::BUCKETS),
    ) -> Wait {
        let [count, total_ns, waiting_ns, disk_ns, handed_over_ns, by_program_ns] = numbers;
        let mut latency = Histogram::default();
        // Few enough that a histogram can be counted.
        for (bucket, number) in latency.buckets.iter_mut().zip(buckets) {
            *bucket = number >> 8;
        }
        Wait {
            syscall, descriptor: descriptor.map(DescriptorId), kind, control, breadth, count,
            total_ns, waiting_ns, runnable_ns: total_ns, kernel_ns: waiting_ns, disk_ns,
            handed_over_ns, by_program_ns, longest_ns: total_ns, latency,
            stalls: Stalls { count, waiting_ns, longest_ns: waiting_ns },
        }
    }
}

prop_compose! {
    fn call()(
        syscall in syscall(),
        (kind, control, breadth) in (kind(), control(), breadth()),
        numbers in [length(), length(), length(), length()],
    ) -> Call {
        let [count, would_block, empty, total_ns] = numbers;
        Call {
            syscall, kind, control, breadth, count, would_block, failed: empty, empty,
            slept: count, returned: total_ns, tiny: count, total_ns,
            latency: Histogram::default(), example: None,
        }
    }
}

prop_compose! {
    fn thread()(
        tid in 100..106_u32,
        created_by in proptest::option::of(100..106_u32),
        (merged_count, io_worker) in (length(), any::<bool>()),
        numbers in [length(), length(), length(), length(), length(), length(), length()],
        calls in vec(call(), 0..4),
        waits in vec(wait(), 0..4),
    ) -> Thread {
        let record = Scenario::new().full();
        let [lived_ns, user_ns, kernel_ns, spinning_ns, runnable_ns, waiting_ns, made] = numbers;
        Thread {
            tid, created_by, merged_count, io_worker, lived_ns, calls, waits,
            time: ThreadTime { user_ns, kernel_ns, spinning_ns, runnable_ns, waiting_ns },
            threads_created: made, processes_created: made, began_at_ns: lived_ns,
            ..record.processes[0].threads[0].clone()
        }
    }
}

prop_compose! {
    fn process()(
        pid in 100..106_u32,
        parent_pid in proptest::option::of(100..106_u32),
        (merged_count, began_at_ns) in (length(), length()),
        ended_at_ns in proptest::option::of(length()),
        threads in vec(thread(), 0..4),
    ) -> Process {
        let record = Scenario::new().full();
        let command = record.processes[0].command.clone();
        Process {
            parent_pid, merged_count, ended_at_ns, threads,
            ..Process::begun(pid, command, began_at_ns)
        }
    }
}

prop_compose! {
    fn record()(
        processes in vec(process(), 0..4),
        wakes in vec((100..106_u32, 100..106_u32, syscall(), length(), length()), 0..6),
        light in any::<bool>(),
        wall_ns in length(),
    ) -> Record {
        let mut record = Scenario::new().full();
        record.detail = if light { Detail::Light } else { Detail::Full };
        record.processes = processes;
        record.wall_ns = wall_ns;
        record.wakes = wakes
            .into_iter()
            .map(|(waker, sleeper, syscall, count, waited_ns)| Wake {
                waker: Waker::Thread(waker), sleeper, syscall: Some(syscall), count, waited_ns,
            })
            .collect();
        record.descriptors = (0..4)
            .map(|fd| Descriptor {
                pid: 100, fd: Some(fd), kind: DescriptorKind::Tcp,
                path: None, peer: None, local: Some("\x1b[2J".to_owned()),
            })
            .collect();
        record
    }
}

/// Whether every number is one, and every share one of 0 to 1.
fn is_sound(diagnosis: &Diagnosis) -> bool {
    let share = |number: f64| (0.0..=1.0).contains(&number);
    let ledgers = |ledger: &LedgerSeconds| {
        ledger.parts().iter().all(|(_, seconds)| seconds.is_finite() && *seconds >= 0.0)
    };
    let threads = diagnosis.processes.iter().flat_map(|process| &process.threads);
    threads.clone().all(|thread| share(thread.confidence) && ledgers(&thread.ledger_s))
        && diagnosis
            .findings
            .iter()
            .all(|finding| share(finding.share) && finding.seconds.is_finite())
        && diagnosis.waits.iter().all(|wait| {
            [wait.total_s, wait.p50_s, wait.p99_s, wait.waiting_s].iter().all(|s| s.is_finite())
        })
}

/// Whether every number of `why` is one, and every margin one of 0 to 1.
fn is_explained(diagnosis: &Diagnosis) -> bool {
    let finite = |number: Option<f64>| number.is_none_or(f64::is_finite);
    let why = diagnosis.why.as_ref().expect("it was asked for");
    let rules = || why.explained.iter().flat_map(|one| &one.rules);
    rules().filter_map(|rule| rule.margin).all(|margin| (0.0..=1.0).contains(&margin))
        && rules().flat_map(|rule| &rule.tests).all(|test| finite(test.value))
        && why.explained.iter().flat_map(|one| &one.facts).all(|fact| finite(fact.value))
}

/// Whether nothing in it would make a terminal do something.
fn is_harmless(diagnosis: &Diagnosis) -> bool {
    let threads = diagnosis.processes.iter().flat_map(|process| &process.threads);
    let evidence = threads.map(|thread| &thread.evidence);
    let findings =
        diagnosis.findings.iter().flat_map(|finding| [&finding.evidence, &finding.advice]);
    evidence
        .chain(findings)
        .chain([&diagnosis.verdict])
        .all(|sentence| !sentence.contains(char::is_control))
}

proptest! {
    #[test]
    fn every_record_has_a_diagnosis_with_sound_numbers(record in record()) {
        let diagnosis = diagnose_with(&record, &RuleSet::all(), Some(Explain::All));
        prop_assert!(is_sound(&diagnosis), "{diagnosis:#?}");
        prop_assert!(is_harmless(&diagnosis), "{diagnosis:#?}");
        prop_assert!(diagnosis.waits.len() <= 200);
        prop_assert_eq!(diagnosis.processes.len(), record.processes.len());
        prop_assert!(is_explained(&diagnosis), "{:#?}", diagnosis.why);
        let unexplained = Diagnosis { why: None, ..diagnosis };
        prop_assert_eq!(&unexplained, &diagnose(&record), "the same record, another diagnosis");
    }
}
