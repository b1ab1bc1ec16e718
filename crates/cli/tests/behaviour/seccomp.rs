//! io_uring forbidden, as containers do it: by a seccomp filter.

use std::collections::BTreeMap;
use std::thread;

use rustix::io::Errno;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use whywait::MODELS;
use whywait_report::{Comparison, Status};

use crate::whywait::{Ended, Whywait, run_of};

/// The number of io_uring_setup(2), the same on every architecture.
const IO_URING_SETUP: i64 = 425;

/// Runs `whywait` where io_uring_setup(2) fails with `errno`.
fn without_io_uring(errno: Errno, run: Whywait) -> Ended {
    let filter = SeccompFilter::new(
        BTreeMap::from([(IO_URING_SETUP, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(errno.raw_os_error() as u32),
        std::env::consts::ARCH.try_into().expect("an architecture with seccomp filters"),
    );
    let program: BpfProgram = filter.and_then(TryInto::try_into).expect("the filter is valid");
    // A filter is a thread's, and what that thread executes inherits it.
    let filtered = thread::spawn(move || {
        apply_filter(&program).expect("a thread may forbid itself something");
        run.run()
    });
    filtered.join().expect("no panic")
}

const WAITING: &str = r#"
name = "waiting"
[[flow]]
count = 20
steps = [ { sleep = "20 ms" }, { write_file = { path = "{flow}.txt", size = 100 } } ]
"#;

fn compare(errno: Errno) -> Comparison {
    let words = "compare plan.toml --dir work --format json --repeat 1";
    let run = Whywait::new(words.split_whitespace()).with_plan(WAITING);
    without_io_uring(errno, run).expect_code(0).comparison()
}

fn uses_io_uring(model: &str) -> bool {
    let row = MODELS.iter().find(|row| row.name == model).expect("a model");
    row.driver == Some("uring")
}

#[test]
fn models_with_io_uring_are_skipped_and_auto_takes_epoll() {
    for (errno, text) in [(Errno::PERM, "not permitted"), (Errno::NOSYS, "not implemented")] {
        let comparison = compare(errno);
        assert!(comparison.equal_results && !comparison.machine.io_uring);
        for run in &comparison.runs {
            let model = &*run.contestant.model;
            let reason = run.reason.as_deref().unwrap_or_default();
            if uses_io_uring(model) {
                assert_eq!(run.status, Status::Skipped, "{model}");
                assert!(reason.contains("uring driver") && reason.contains(text), "{reason}");
            } else {
                assert_eq!(run.status, Status::Ok, "{model}: {reason}");
            }
        }
        let auto = run_of(&comparison, "auto").contestant.chosen.as_ref().expect("auto chooses");
        assert!(auto.model.starts_with("epoll"), "{auto:?}");
        assert!(auto.why.contains("io_uring does not run here"), "{auto:?}");
    }
}

#[test]
fn the_list_of_models_says_what_does_not_run_and_why() {
    for (errno, text) in [(Errno::PERM, "not permitted"), (Errno::NOSYS, "not implemented")] {
        let run = Whywait::new(["models"]).with_env("COLUMNS", "400");
        let ended = without_io_uring(errno, run).expect_code(0);
        let (table, notes) = ended.stdout().split_once("\n\n").expect("notes below the table");
        let line = |of: &str, name: &str| {
            let mut lines = of.lines().filter(|line| line.split_whitespace().next() == Some(name));
            lines.next().map(str::to_owned)
        };
        for row in MODELS.iter().filter(|row| row.driver.is_some()) {
            let here = line(table, row.name).expect("a line for each");
            let refused = here.split_whitespace().any(|cell| cell == "no");
            assert_eq!(refused, uses_io_uring(row.name), "{here}");
            let why = line(notes, row.name);
            assert_eq!(why.is_some_and(|why| why.contains(text)), refused, "{notes}");
        }
        let auto = line(notes, "auto").expect("it runs as another");
        assert!(auto.contains("`epoll`") && auto.contains(text), "{auto}");
    }
}
