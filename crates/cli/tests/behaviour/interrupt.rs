//! The end before the end: Ctrl-C, a polite signal, and one that cannot be caught.

use rustix::process::{Signal, kill_process, kill_process_group};

use crate::processes::{eventually, marked};
use crate::whywait::{Started, Whywait, run_of};

/// Under `threads` it takes a moment; under whoever comes second, as long as the test needs.
const LONG: &str = r#"
name = "long"
[[flow]]
count = 100
steps = [
  { write_file = { path = "{flow}.txt", size = "1 KiB" } },
  { sleep = "300 ms" },
  { write_file = { path = "{flow}.again.txt", size = "1 KiB" } },
]
"#;

/// Starts a comparison and waits until the first model was measured once and the second is at it.
fn half_way(second: &str, more: &[&str]) -> Started {
    let models = format!("threads,{second}");
    let words = ["compare", "plan.toml", "--dir", "work", "--models", &models];
    let mut started = Whywait::new(words.iter().chain(more)).with_plan(LONG).start();
    started.wait_for_runs(2, "0.txt");
    started
}

#[test]
fn ctrl_c_shows_what_there_is_and_leaves_nothing() {
    for second in ["blocking", "processes:2"] {
        let started = half_way(second, &[]);
        // A terminal sends it to the whole process group.
        kill_process_group(started.pid(), Signal::INT).expect("it runs");
        let ended = started.wait().expect_code(130);
        assert!(ended.stdout().contains("threads"), "{}", ended.stdout());
        assert!(ended.stdout().contains("interrupted"), "{}", ended.stdout());
    }
}

#[test]
fn a_polite_end_shows_what_there_is_and_leaves_nothing() {
    let started = half_way("epoll-processes:2", &["--format", "json", "--repeat", "50"]);
    kill_process(started.pid(), Signal::TERM).expect("it runs");
    let comparison = started.wait().expect_code(130).comparison();
    assert!(comparison.interrupted);
    assert_eq!(run_of(&comparison, "threads").samples.len(), 1);
}

#[test]
fn files_do_not_come_back_after_they_were_removed() {
    let words = "compare files --files 50000 --lines 1 --line-length 9 --dir work \
                 --models processes:2,uring-processes:2 --repeat 1";
    let mut started = Whywait::new(words.split_whitespace()).start();
    started.wait_for_runs(1, "file_0.txt");
    kill_process(started.pid(), Signal::INT).expect("it runs");
    started.wait().expect_code(130);
}

#[test]
fn no_process_outlives_a_program_that_was_killed() {
    for second in ["blocking", "processes:2", "uring-processes:2"] {
        let started = half_way(second, &[]);
        let home = started.home().to_path_buf();
        let names: Vec<_> = marked(&home).into_iter().map(|process| process.name).collect();
        assert!(names.iter().any(|name| name == "whywait-run"), "{names:?}");
        kill_process(started.pid(), Signal::KILL).expect("it runs");
        eventually("the end of all processes", || marked(&home).is_empty());
        assert_eq!(started.wait().code(), None);
    }
}
