//! The ledger and the counts, against what others count: the program's own clock, getrusage(2),
//! and strace(1).

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde::Deserialize;
use whywait_report::{Diagnosis, ThreadEntry};

use crate::programs::program;
use crate::turn::{Turn, turn};

/// What the program `known_work` says of itself.
#[derive(Deserialize)]
struct Known {
    cpu_s: f64,
    /// Of that, in a loop of calls.
    reading_s: f64,
    /// Of that, in a loop of its own code.
    computing_s: f64,
    before_main_s: f64,
    first_thread_lived_s: f64,
    second_thread_lived_s: f64,
}

/// Fails unless a time lies between two, or less than a hundredth and 2 ms outside: what the
/// program does at its end it does not see.
#[track_caller]
fn assert_between(what: &str, found_s: f64, least_s: f64, most_s: f64) {
    let allowed_s = most_s * 0.01 + 0.002;
    let is_between = (least_s - allowed_s..=most_s + allowed_s).contains(&found_s);
    assert!(is_between, "{what}: {found_s} s found, {least_s} to {most_s} s expected");
}

#[track_caller]
fn assert_equal(what: &str, found_s: f64, expected_s: f64) {
    assert_between(what, found_s, expected_s, expected_s);
}

fn threads(diagnosis: &Diagnosis) -> Vec<&ThreadEntry> {
    diagnosis.processes.iter().flat_map(|process| &process.threads).collect()
}

/// The two threads of `known_work`, the first one first.
#[track_caller]
fn both_threads(diagnosis: &Diagnosis) -> [&ThreadEntry; 2] {
    let mut threads = threads(diagnosis);
    threads.sort_by_key(|thread| thread.tid != diagnosis.program.pid);
    threads.try_into().unwrap_or_else(|threads| panic!("two threads were expected: {threads:?}"))
}

/// Watches `known_work`, and gives what it says and what whywait says.
fn known_work(turn: &Turn, detail: &str) -> (Known, Diagnosis) {
    let words = [&*program("known_work")];
    let ended = turn.diagnose(&["--detail", detail], &words).run().expect_code(0);
    (serde_json::from_str(&ended.stdout()).expect("what it prints"), ended.diagnosis())
}

#[test]
fn the_parts_of_a_ledger_add_up_to_the_threads_life() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let (known, diagnosis) = known_work(&turn, detail);
        let lives_s = [known.first_thread_lived_s, known.second_thread_lived_s];
        for (thread, life_s) in both_threads(&diagnosis).into_iter().zip(lives_s) {
            // For how long it waits for a CPU before its first line and after its last, it does
            // not see.
            let most_s = life_s + known.before_main_s + thread.ledger_s.runnable;
            assert_between(detail, thread.lived_s, life_s, most_s);
            assert_equal(detail, thread.ledger_s.total(), thread.lived_s);
            assert_eq!(thread.calls.is_empty(), detail == "light", "only full detail counts calls");
        }
    }
}

#[test]
fn cpu_time_is_what_getrusage_says() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let stolen_before_s = stolen_s();
        let (known, diagnosis) = known_work(&turn, detail);
        let stolen_s = stolen_s() - stolen_before_s;
        let sum = |part: fn(&ThreadEntry) -> f64| -> f64 {
            both_threads(&diagnosis).into_iter().map(part).sum()
        };
        let user_s = sum(|thread| thread.ledger_s.cpu_user);
        let kernel_s = sum(|thread| thread.ledger_s.cpu_kernel);
        let expected_s = known.cpu_s;
        // Of what came before its `main`, whywait saw a part: from exec on.
        let least_s = expected_s - known.before_main_s;
        assert_between(detail, user_s + kernel_s, least_s, expected_s + stolen_s);
        // Which of the two it was the kernel itself only samples, with its clock's ticks, and is
        // far off where others want the CPU too; the program knows how much it made of each. In
        // light detail whywait samples too.
        let rest_s = expected_s + stolen_s - known.reading_s - known.computing_s;
        let off_s = if detail == "full" { 0.015 } else { 0.12 };
        for (found_s, worked_s) in [(user_s, known.computing_s), (kernel_s, known.reading_s)] {
            let least_s = worked_s - off_s - stolen_s;
            assert_between(detail, found_s, least_s, worked_s + off_s + rest_s);
        }
    }
}

#[test]
fn known_sleeps_are_found_with_their_number_and_length() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let (_, diagnosis) = known_work(&turn, detail);
        let sleeps = [(50, 0.01), (10, 0.05)];
        for (thread, (count, each_s)) in both_threads(&diagnosis).into_iter().zip(sleeps) {
            let mut waits = diagnosis.waits.iter().filter(|wait| {
                wait.tid == thread.tid && wait.syscall.as_deref() == Some("clock_nanosleep")
            });
            let wait = waits.next().expect("it slept");
            assert_eq!(waits.next(), None, "{detail}");
            // A thread that is put aside while it falls asleep, and whose time is over before it is
            // let go on, has not slept, or not for as long as was asked for.
            assert!((count * 9 / 10..=count).contains(&wait.count), "{detail}: {wait:?}");
            let asked_s = each_s * wait.count as f64;
            assert!((0.9..1.5).contains(&(wait.waiting_s / asked_s)), "{detail}: {wait:?}");
            // The call as a whole is never shorter; light detail sees of it the sleep alone.
            if detail == "full" {
                assert!(wait.total_s >= asked_s, "{wait:?}");
                let called = thread.calls.get("clock_nanosleep").map(|calls| calls.count);
                assert_eq!(called, Some(count), "a call counts, whether it slept or not");
            }
            assert_equal("the ledger's sleep", thread.ledger_s.sleep, wait.waiting_s);
            let parts_s = wait.waiting_s + wait.runnable_s + wait.kernel_s;
            assert!((parts_s - wait.total_s).abs() < 1e-6, "{detail}: {wait:?}");
        }
    }
}

/// Time that interrupts and other guests of the host have taken from all CPUs. The thread that has
/// the CPU then does not run; the kernel does not count that as its CPU time, and whywait does.
fn stolen_s() -> f64 {
    let stat = fs::read_to_string("/proc/stat").expect("procfs");
    let numbers = stat.lines().next().into_iter().flat_map(str::split_whitespace).skip(1);
    // irq, softirq and steal of proc(5).
    let ticks = numbers.skip(5).take(3).map(|ticks| ticks.parse::<u64>().expect("a number"));
    ticks.sum::<u64>() as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// How often each call was made, and how often it failed, as strace(1) counts.
fn counted_by_strace(words: &[&str]) -> Option<BTreeMap<String, u64>> {
    let home = tempfile::tempdir().expect("a directory");
    let log = home.path().join("log");
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-U", "name,calls", "-o"]).arg(&log).args(words);
    let Ok(output) = command.output() else {
        eprintln!("NOT CHECKED: strace(1) is not here");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = fs::read_to_string(log).expect("strace's log");
    let rows = log.lines().filter_map(|line| {
        let (name, calls) = line.trim().split_once(' ')?;
        Some((name.to_owned(), calls.trim().parse().ok()?))
    });
    Some(rows.filter(|(name, _)| name != "total").collect())
}

/// Calls that begin or end a program, which are not made by it alone: whywait begins to watch in
/// the middle of the one, and the other never returns.
const AT_THE_ENDS: [&str; 2] = ["execve", "exit_group"];

#[test]
fn calls_are_those_that_strace_counts() {
    let Some(turn) = turn() else { return };
    let words = [&*program("known_calls")];
    let Some(mut expected) = counted_by_strace(&words) else { return };
    let diagnosis = turn.diagnose(&[], &words).run().expect_code(0).diagnosis();
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let mut would_block = BTreeMap::new();
    for (name, calls) in threads(&diagnosis).iter().flat_map(|thread| &thread.calls) {
        *found.entry(name.clone()).or_default() += calls.count;
        *would_block.entry(name.as_str()).or_default() += calls.would_block;
    }
    for name in AT_THE_ENDS {
        found.remove(name);
        expected.remove(name);
    }
    assert_eq!(found, expected);
    would_block.retain(|_, count: &mut u64| *count > 0);
    assert_eq!(would_block, BTreeMap::from([("read", 321 + 99)]));
}
