//! What is done and said where a kernel lacks something that watching can do without.
//!
//! `--forgo` makes this kernel such a one. The fixtures are watched so too (`full-oldest`).

use whywait_report::Diagnosis;

use crate::document;
use crate::turn::{Turn, turn};

/// What is found in a program that computes and reads, without these features.
fn explain_without(turn: &Turn, detail: &str, features: &[&str]) -> Diagnosis {
    let forgo = features.iter().flat_map(|feature| ["--forgo", feature]);
    let mut words = vec!["--format", "json", "--out", "/dev/stdout", "--detail", detail];
    words.extend(forgo);
    words.extend(["--", "sh", "-c", PROGRAM]);
    document::diagnosis(&turn.explain(&words).run().expect_code(0).stdout())
}

const PROGRAM: &str =
    "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; cat /proc/stat >/dev/null";

#[test]
fn requests_of_io_uring_that_are_not_counted_are_said_not_to_be() {
    let Some(turn) = turn() else { return };
    let diagnosis = explain_without(&turn, "full", &["ring-requests", "ring-punts"]);
    assert_eq!(diagnosis.not_watched.len(), 2, "{:?}", diagnosis.not_watched);
    assert!(diagnosis.not_watched[0].contains("io_uring"), "{:?}", diagnosis.not_watched);
}

#[test]
fn what_has_a_fallback_is_watched() {
    let Some(turn) = turn() else { return };
    let without = explain_without(&turn, "full", &["switch-state", "task-registers"]);
    let with = explain_without(&turn, "full", &[]);
    assert_eq!(without.not_watched, with.not_watched);
    let calls = |diagnosis: &Diagnosis| -> u64 {
        let threads = diagnosis.processes.iter().flat_map(|process| &process.threads);
        threads.flat_map(|thread| thread.calls.values()).map(|calls| calls.count).sum()
    };
    assert!(calls(&with) > 50, "{}", calls(&with));
    assert_eq!(calls(&without), calls(&with));
}

#[test]
fn without_a_sampling_timer_cpu_time_is_split_by_ticks_and_that_is_said() {
    let Some(turn) = turn() else { return };
    let diagnosis = explain_without(&turn, "light", &["sampling"]);
    assert_eq!(diagnosis.not_watched.len(), 1, "{:?}", diagnosis.not_watched);
    assert!(diagnosis.not_watched[0].contains("not sampled"), "{:?}", diagnosis.not_watched);
    let first = &diagnosis.processes[0].threads[0];
    assert!(first.ledger_s.cpu() > 0.0, "{first:?}");
}

#[test]
fn a_feature_that_there_is_not_is_refused() {
    let Some(turn) = turn() else { return };
    let ended = turn.explain(&["--forgo", "samplin", "--", "true"]).run().expect_code(125);
    assert!(ended.stderr().contains("sampling"), "{}", ended.stderr());
}
