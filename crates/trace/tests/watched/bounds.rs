//! What is kept when there is more than there is room for, seen on programs that have too much of
//! one thing: numbers and times are complete, and what costs most is told apart.

use syscalls::Sysno;
use whywait_record::{Detail, Record, Syscall, Thread, Wait};

use crate::program::{turn, watched};

#[track_caller]
fn only_thread(record: &Record) -> &Thread {
    let mut threads = record.threads().map(|(_, thread)| thread).filter(|one| !one.io_worker);
    let thread = threads.next().expect("it has a thread");
    assert_eq!(threads.count(), 0);
    thread
}

fn waits_in(thread: &Thread, number: Sysno) -> Vec<&Wait> {
    let call = Some(Syscall::of(number));
    thread.waits.iter().filter(|wait| wait.syscall == call).collect()
}

#[test]
fn the_costliest_of_many_waits_is_told_apart_and_the_others_are_merged() {
    let Some(_turn) = turn() else { return };
    for detail in [Detail::Full, Detail::Light] {
        let record = watched(detail, "many_waits", "200");
        let thread = only_thread(&record);
        let reads = waits_in(thread, Sysno::read);
        let costliest = reads
            .iter()
            .filter(|wait| wait.descriptor.is_some())
            .max_by_key(|wait| wait.waiting_ns)
            .expect("a read with its descriptor");
        // A timer that had expired when it was read first was not waited for.
        assert!((9..=10).contains(&costliest.count), "{costliest:?}");
        assert!(costliest.waiting_ns > 150_000_000, "{costliest:?}");
        // All timers are alike as to the call, and what is merged has no descriptor.
        let merged: u64 =
            reads.iter().filter(|wait| wait.descriptor.is_none()).map(|wait| wait.count).sum();
        assert!(merged > 100, "{reads:?}");
        assert_eq!(merged, record.losses.merged_waits, "{reads:?}");
        assert_eq!((record.losses.waits, record.losses.total()), (0, 0), "{:?}", record.losses);
        let in_waits: u64 = thread.waits.iter().map(|wait| wait.waiting_ns).sum();
        assert_eq!(in_waits, thread.time.waiting_ns, "{detail:?}");
        if detail == Detail::Full {
            let slept: u64 = thread
                .calls
                .iter()
                .filter(|call| call.syscall == Syscall::of(Sysno::read))
                .map(|call| call.slept)
                .sum();
            assert_eq!(reads.iter().map(|wait| wait.count).sum::<u64>(), slept);
        }
        for wait in reads {
            assert_eq!(wait.latency.count(), wait.count, "{wait:?}");
        }
    }
}

#[test]
fn every_stall_of_a_loop_counts_and_what_is_before_and_after_it_does_not() {
    let Some(_turn) = turn() else { return };
    for detail in [Detail::Full, Detail::Light] {
        let record = watched(detail, "stalling_loop", "40");
        let sleeps = waits_in(only_thread(&record), Sysno::clock_nanosleep);
        let [sleeps] = sleeps[..] else { panic!("{sleeps:?}") };
        let stalls = sleeps.stalls;
        assert_eq!((sleeps.count, stalls.count), (42, 40), "{detail:?}: {stalls:?}");
        assert!((1_100_000_000..sleeps.waiting_ns).contains(&stalls.waiting_ns), "{stalls:?}");
        assert!((25_000_000..=sleeps.longest_ns).contains(&stalls.longest_ns), "{stalls:?}");
        let asks = waits_in(only_thread(&record), Sysno::epoll_wait);
        assert!(asks.iter().all(|wait| wait.stalls.is_empty()), "{asks:?}");
    }
}

#[test]
fn of_too_many_kinds_of_calls_the_costliest_are_told_apart() {
    let Some(_turn) = turn() else { return };
    let record = watched(Detail::Full, "many_kinds", "3");
    let thread = only_thread(&record);
    let count_of = |number: u16| -> u64 {
        let calls = thread.calls.iter().filter(|call| call.syscall == Syscall(number));
        calls.map(|call| call.count).sum()
    };
    let getppid = count_of(Sysno::getppid as u16);
    // Its first calls, before it has a place, are among the others.
    assert!((9_900..=10_000).contains(&getppid), "{getppid}");
    const OTHER: u16 = 1022;
    assert_eq!(count_of(OTHER), record.losses.calls);
    let unknown: u64 = (340..420).map(count_of).sum();
    assert!(unknown + getppid + count_of(OTHER) >= 10_240, "{:?}", record.losses);
    assert!(unknown + count_of(OTHER) <= 10_240 - getppid + 100, "{:?}", record.losses);
}

#[test]
fn a_request_that_is_queued_for_a_worker_again_counts_once() {
    let Some(_turn) = turn() else { return };
    let record = watched(Detail::Full, "waiting_requests", "4");
    if !record.not_watched.is_empty() {
        eprintln!("NOT CHECKED: this kernel does not tell of requests: {:?}", record.not_watched);
        return;
    }
    let operations = &only_thread(&record).ring_operations;
    let [receives] = operations[..] else { panic!("{operations:?}") };
    assert_eq!((receives.submitted, receives.punted), (32, 32));
}
