//! Too little of something: descriptors, concurrency, time.

use whywait_report::{Comparison, Run, Status};

use crate::whywait::{Whywait, run_of};

fn compare(plan: &str, more: &str) -> Whywait {
    let words = format!("compare plan.toml --dir work --format json --repeat 1 {more}");
    Whywait::new(words.split_whitespace()).with_plan(plan)
}

/// The same with few descriptors for each process.
fn compare_with_100_descriptors(plan: &str, more: &str) -> Whywait {
    let words = format!("compare plan.toml --dir work --format json --repeat 1 {more}");
    let shell = ["sh", "-c", "ulimit -n 100; exec \"$@\"", "sh"];
    Whywait::under(shell, words.split_whitespace()).with_plan(plan)
}

#[track_caller]
fn reason<'a>(comparison: &'a Comparison, model: &str) -> &'a str {
    let Run { status, reason, .. } = run_of(comparison, model);
    assert_eq!(*status, Status::Skipped, "{model}: {reason:?}");
    reason.as_deref().expect("who is skipped is told why")
}

/// Each flow keeps a file open while it sleeps, so that many descriptors are needed at once.
const OPEN_FILES: &str = r#"
name = "open files"
[[flow]]
count = 200
steps = [ { create = "{flow}.txt" }, { write = 100 }, { sleep = "10 ms" }, { close = true } ]
"#;

#[test]
fn flows_wait_for_their_turn_when_descriptors_are_few() {
    let comparison = compare_with_100_descriptors(OPEN_FILES, "").run().expect_code(0).comparison();
    for run in &comparison.runs {
        assert_eq!(run.status, Status::Ok, "{}: {:?}", run.contestant.model, run.reason);
        assert_eq!(run.metrics["written_bytes"], 20_000.0);
    }
    assert!(comparison.equal_results);
}

#[test]
fn a_model_that_cannot_overlap_enough_is_skipped_with_both_numbers() {
    let plan = r#"
name = "needs company"
needs_concurrency = 50
[[flow]]
count = 60
steps = [ { create = "{flow}.txt" }, { sleep = "1 ms" } ]
"#;
    let models = "--models blocking,thread-pool:3,processes:2,offload,threads,epoll";
    let comparison = compare(plan, models).run().expect_code(0).comparison();
    for (model, capacity) in
        [("blocking", "1"), ("thread-pool:3", "3"), ("processes:2", "2"), ("offload", "1")]
    {
        let reason = reason(&comparison, model);
        let told =
            format!("needs 50 flows to advance at once, and `{model}` can advance {capacity} ");
        assert!(reason.contains(&told), "{reason}");
    }
    for model in ["threads", "epoll"] {
        assert_eq!(run_of(&comparison, model).status, Status::Ok, "{model}");
    }
    let few = compare_with_100_descriptors(plan, "--models epoll,epoll-processes:2");
    let comparison = few.run().expect_code(0).comparison();
    let reason = reason(&comparison, "epoll");
    assert!(reason.contains("needs 50 flows") && reason.contains("100 descriptors"), "{reason}");
    assert_eq!(run_of(&comparison, "epoll-processes:2").status, Status::Ok);
}

#[test]
fn a_run_that_would_pass_the_time_limit_is_skipped_with_the_prediction() {
    let plan = "name = \"sleepers\"\n[[flow]]\ncount = 100\nsteps = [ { sleep = \"1 s\" } ]\n";
    let models = "--models blocking,thread-pool:2,threads,uring --time-limit 40";
    let comparison = compare(plan, models).run().expect_code(0).comparison();
    for (model, least) in [("blocking", "100 s"), ("thread-pool:2", "50 s")] {
        let reason = reason(&comparison, model);
        let told = format!("at least {least}, and the limit is 40 s");
        assert!(reason.contains(&told), "{model}: {reason}");
    }
    for model in ["threads", "uring"] {
        assert_eq!(run_of(&comparison, model).status, Status::Ok, "{model}");
    }
}

#[test]
fn a_run_that_nobody_could_predict_is_ended_at_the_limit() {
    let words = "compare files --files 20000 --lines 200 --dir work --repeat 1 --format json \
                 --models blocking,processes:2 --time-limit";
    let run = Whywait::new(words.split_whitespace().chain(["20 ms"]));
    // Nothing was measured, which is no success.
    let comparison = run.run().expect_code(1).comparison();
    for model in ["blocking", "processes:2"] {
        let reason = reason(&comparison, model);
        assert!(reason.contains("20 ms") && reason.contains("--time-limit"), "{reason}");
    }
}
