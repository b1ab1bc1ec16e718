//! Worker processes that are killed while they work.

use rustix::process::{Signal, kill_process};

use crate::processes::marked;
use crate::whywait::{Ended, Whywait, run_of};

/// Flows that write at once and are then at it for long enough to be killed.
const PLAN: &str = r#"
name = "long flows"
[[flow]]
count = 6
steps = [
  { write_file = { path = "{flow}.txt", lines = 10, line_length = 60, content = "random" } },
  { sleep = "1500 ms" },
  { write_file = { path = "{flow}.again.txt", lines = 10, line_length = 60 } },
]
"#;

/// Compares `threads` with `model`, a worker of which is killed in the measured run.
fn compare_with_a_killed_worker(model: &str, format: &str) -> Ended {
    let models = format!("threads,{model}");
    let words = ["compare", "plan.toml", "--dir", "work", "--repeat", "1", "--format", format];
    let run = Whywait::new(words.into_iter().chain(["--models", &models])).with_plan(PLAN);
    let mut started = run.start();
    // The second run is the first of `model`; its workers begin when all of them are ready.
    started.wait_for_runs(2, "0.txt");
    let workers = marked(started.home());
    let worker = workers.iter().find(|process| process.name == "whywait-worker");
    kill_process(worker.expect("a worker").pid, Signal::KILL).expect("it runs");
    started.wait().expect_code(0)
}

#[test]
fn a_killed_worker_is_replaced_and_the_result_is_equal() {
    for model in ["processes:2", "uring-processes:2"] {
        let comparison = compare_with_a_killed_worker(model, "json").comparison();
        let run = run_of(&comparison, model);
        assert_eq!(run.workers_lost, 1, "{model}");
        assert!(comparison.equal_results, "{model}");
        assert_eq!(run.digest, run_of(&comparison, "threads").digest, "{model}");
        assert!(comparison.warnings.iter().any(|warning| warning.code == "workers-lost"));
    }
}

#[test]
fn the_table_tells_of_a_killed_worker() {
    let ended = compare_with_a_killed_worker("epoll-processes:2", "table");
    let told = "`epoll-processes:2` lost 1 worker";
    let text = ended.stdout().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(told), "{text}");
}
