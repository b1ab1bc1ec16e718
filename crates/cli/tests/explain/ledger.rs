//! The ledger and the counts, against what others count: the program's own clock, getrusage(2),
//! and strace(1).

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde::Deserialize;
use whywait_report::{Diagnosis, ThreadEntry};

use crate::programs::program;
use crate::turn::turn;

/// What the program `known_work` says of itself.
#[derive(Deserialize)]
struct Known {
    user_s: f64,
    kernel_s: f64,
    first_thread_lived_s: f64,
    second_thread_lived_s: f64,
}

/// Whether two times are equal within a hundredth, and 2 ms for the beginning and the end of a
/// process, which the program itself does not see.
#[track_caller]
fn assert_equal(what: &str, found_s: f64, expected_s: f64) {
    let allowed_s = expected_s * 0.01 + 0.002;
    let is_equal = (found_s - expected_s).abs() <= allowed_s;
    assert!(is_equal, "{what}: {found_s} s found, {expected_s} s expected");
}

fn threads(diagnosis: &Diagnosis) -> Vec<&ThreadEntry> {
    diagnosis.processes.iter().flat_map(|process| &process.threads).collect()
}

#[test]
fn the_parts_of_a_ledger_add_up_to_the_threads_life() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("known_work")]).run().expect_code(0);
    let known: Known = serde_json::from_str(&ended.stdout()).expect("what it prints");
    let diagnosis = ended.diagnosis();
    let threads = threads(&diagnosis);
    let lives_s = [known.first_thread_lived_s, known.second_thread_lived_s];
    assert_eq!(threads.len(), lives_s.len(), "{threads:?}");
    for (thread, life_s) in threads.iter().zip(lives_s) {
        assert_equal("the watched life", thread.lived_s, life_s);
        assert_equal("the sum of the ledger", thread.ledger_s.total(), life_s);
    }
}

#[test]
fn cpu_time_is_what_getrusage_says() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&[], &[&program("known_work")]).run().expect_code(0);
    let known: Known = serde_json::from_str(&ended.stdout()).expect("what it prints");
    let diagnosis = ended.diagnosis();
    let sum = |part: fn(&ThreadEntry) -> f64| threads(&diagnosis).into_iter().map(part).sum();
    let (user_s, kernel_s): (f64, f64) =
        (sum(|thread| thread.ledger_s.cpu_user), sum(|thread| thread.ledger_s.cpu_kernel));
    assert_equal("the sum", user_s + kernel_s, known.user_s + known.kernel_s);
    // Which of the two it was the kernel itself only samples, by its clock's ticks.
    for (found_s, sampled_s) in [(user_s, known.user_s), (kernel_s, known.kernel_s)] {
        assert!((found_s - sampled_s).abs() < 0.1, "{found_s} s found, {sampled_s} s sampled");
    }
}

#[test]
fn known_sleeps_are_found_with_their_number_and_length() {
    let Some(turn) = turn() else { return };
    for detail in ["full", "light"] {
        let words = [&*program("known_work")];
        let ended = turn.diagnose(&["--detail", detail], &words).run().expect_code(0);
        let diagnosis = ended.diagnosis();
        for (thread, count, each_s) in [(0, 50, 0.01), (1, 10, 0.05)] {
            let tid = threads(&diagnosis)[thread].tid;
            let slept_s = threads(&diagnosis)[thread].ledger_s.sleep;
            let is_sleep = |name: &str| name == "clock_nanosleep" || name == "nanosleep";
            let mut waits = diagnosis
                .waits
                .iter()
                .filter(|wait| wait.tid == tid && wait.syscall.as_deref().is_some_and(is_sleep));
            let wait = waits.next().expect("it slept");
            assert_eq!((wait.count, waits.next()), (count, None), "{detail}");
            let least_s = each_s * count as f64;
            // A sleep is never shorter than was asked for; the timer's slack makes it longer.
            assert!(wait.total_s >= least_s, "{detail}: {wait:?}");
            assert!((0.98..1.5).contains(&(wait.waiting_s / least_s)), "{detail}: {wait:?}");
            assert_equal("the ledger's sleep", slept_s, wait.waiting_s);
            let parts_s = wait.waiting_s + wait.runnable_s + wait.kernel_s;
            assert!((parts_s - wait.total_s).abs() < 1e-6, "{detail}: {wait:?}");
        }
    }
}

#[test]
fn a_light_ledger_adds_up_as_well() {
    let Some(turn) = turn() else { return };
    let ended = turn.diagnose(&["--detail", "light"], &[&program("known_work")]).run();
    let ended = ended.expect_code(0);
    let known: Known = serde_json::from_str(&ended.stdout()).expect("what it prints");
    let diagnosis = ended.diagnosis();
    let cpu_s: f64 = threads(&diagnosis).iter().map(|thread| thread.ledger_s.cpu()).sum();
    assert_equal("the CPU time", cpu_s, known.user_s + known.kernel_s);
    let lives_s = [known.first_thread_lived_s, known.second_thread_lived_s];
    for (thread, life_s) in threads(&diagnosis).iter().zip(lives_s) {
        assert_equal("the sum of the ledger", thread.ledger_s.total(), life_s);
        assert!(thread.calls.is_empty(), "light detail does not count calls");
    }
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
