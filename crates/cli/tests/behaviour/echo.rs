//! `whywait compare echo`: servers under every model, seen from outside.

use rustix::process::{Signal, kill_process, kill_process_group};
use whywait_report::{Comparison, Status};

use crate::processes::{eventually, marked};
use crate::whywait::{Started, Whywait, run_of};

/// A short comparison, by its document.
fn compare(more: &str) -> Comparison {
    whywait(more).run().expect_code(0).comparison()
}

fn whywait(more: &str) -> Whywait {
    let words = format!("compare echo --format json --repeat 1 --duration 200ms {more}");
    Whywait::new(words.split_whitespace())
}

#[test]
fn every_model_that_can_answers_all_the_same() {
    let comparison = compare("--connections 50");
    let able: Vec<_> = comparison.runs.iter().filter(|run| run.status == Status::Ok).collect();
    for model in ["nonblocking", "select", "poll", "epoll", "uring", "threads", "auto"] {
        assert_eq!(run_of(&comparison, model).reason, None, "{model}");
    }
    for run in &able {
        let (model, metrics) = (&run.contestant.model, &run.metrics);
        assert_eq!(metrics["connections"], 50.0, "{model}");
        assert!(metrics["round_trips"] > 0.0, "{model}: {metrics:?}");
        assert!(metrics["server_cpu_us_per_round_trip"] > 0.0, "{model}: {metrics:?}");
        assert!(metrics["latency_p50_s"] <= metrics["latency_max_s"], "{model}: {metrics:?}");
        assert!(run.digest.as_ref().is_some_and(|digest| digest.starts_with("blake3:")), "{model}");
    }
    assert!(comparison.equal_results);
    assert_eq!(comparison.plan.concurrency, 50);
}

#[test]
fn models_that_cannot_hold_them_all_are_skipped_with_both_numbers() {
    let models = "blocking,offload,thread-pool:7,processes:3,select,epoll";
    let comparison = compare(&format!("--connections 1000 --models {models}"));
    for (model, capacity) in
        [("blocking", "1"), ("offload", "1"), ("thread-pool:7", "7"), ("processes:3", "3")]
    {
        let run = run_of(&comparison, model);
        let told =
            format!("1000 connections are open at once, and `{model}` can serve {capacity} here");
        assert_eq!(run.status, Status::Skipped);
        assert!(run.reason.as_ref().is_some_and(|why| why.starts_with(&told)), "{run:?}");
    }
    let select = run_of(&comparison, "select").reason.as_deref().expect("it cannot");
    assert!(select.contains("1000 connections") && select.contains("1024 descriptors"), "{select}");
    assert_eq!(run_of(&comparison, "epoll").status, Status::Ok);
}

#[test]
fn blocking_workers_hold_as_many_as_they_are() {
    let comparison = compare("--connections 3 --models blocking,thread-pool:3,processes:3,epoll");
    assert_eq!(run_of(&comparison, "blocking").status, Status::Skipped);
    for model in ["thread-pool:3", "processes:3", "epoll"] {
        assert_eq!(run_of(&comparison, model).status, Status::Ok, "{model}");
    }
    assert!(comparison.equal_results);
}

#[test]
fn an_open_loop_has_rate_times_duration_round_trips() {
    let comparison = compare("--connections 20 --active 5 --rate 500 --models epoll,uring");
    for run in &comparison.runs {
        assert_eq!(run.metrics["round_trips"], 100.0, "{run:?}");
        assert_eq!(run.metrics["unanswered"], 0.0, "{run:?}");
    }
}

#[test]
fn messages_can_be_larger_than_buffers() {
    let comparison = compare("--connections 3 --message 3MiB --models epoll,uring,threads");
    assert!(comparison.runs.iter().all(|run| run.status == Status::Ok), "{comparison:?}");
    assert!(comparison.equal_results);
}

#[test]
fn options_of_echo_are_checked_and_belong_to_echo() {
    for (words, told) in [
        ("compare echo --connections 0", "without connections"),
        ("compare echo --active 1001", "1001 of 1000"),
        ("compare echo --message 0", "a message of 0 bytes"),
        ("compare echo --message 1X", "--message \"1X\""),
        ("compare echo --duration 0s", "no time"),
        ("compare echo --rate -1", "-1 messages per second"),
        ("compare echo --files 3", "--files is an option of plans"),
        ("compare files --connections 3", "--connections is an option of `echo`"),
        ("compare ecko", "did you mean `echo`?"),
    ] {
        let ended = Whywait::new(words.split_whitespace()).run().expect_code(2);
        assert!(ended.stderr().contains(told), "{words}: {}", ended.stderr());
    }
}

#[test]
fn what_would_take_longer_than_the_limit_is_skipped() {
    let words = "compare echo --duration 10s --time-limit 1 --models epoll --format json";
    let comparison = Whywait::new(words.split_whitespace()).run().expect_code(1).comparison();
    let reason = run_of(&comparison, "epoll").reason.as_deref().expect("it is skipped");
    assert!(reason.contains("it would take at least"), "{reason}");
}

/// A comparison of `model` that goes on for long, with its server and its load at work.
fn at_work(model: &str) -> Started {
    let words =
        format!("compare echo --connections 20 --duration 100s --time-limit 300 --models {model}");
    let started = Whywait::new(words.split_whitespace()).start();
    let home = started.home().to_path_buf();
    eventually("server and load", || {
        let names: Vec<_> = marked(&home).into_iter().map(|process| process.name).collect();
        ["whywait-echo", "whywait-load"].iter().all(|name| names.iter().any(|one| one == name))
    });
    started
}

#[test]
fn ctrl_c_in_the_middle_leaves_nothing() {
    for model in ["epoll", "epoll-processes:2"] {
        let started = at_work(model);
        kill_process_group(started.pid(), Signal::INT).expect("it runs");
        let ended = started.wait().expect_code(130);
        assert!(ended.stdout().contains("interrupted"), "{}", ended.stdout());
    }
}

#[test]
fn no_server_and_no_load_outlive_a_program_that_was_killed() {
    for model in ["epoll", "uring-processes:2", "threads"] {
        let started = at_work(model);
        let home = started.home().to_path_buf();
        kill_process(started.pid(), Signal::KILL).expect("it runs");
        eventually("the end of all processes", || marked(&home).is_empty());
        assert_eq!(started.wait().code(), None);
    }
}

#[test]
fn a_load_or_a_server_that_is_killed_is_the_runs_failure() {
    for victim in ["whywait-load", "whywait-echo"] {
        let started = at_work("epoll");
        let found = marked(started.home()).into_iter().find(|process| process.name == victim);
        kill_process(found.expect("it runs").pid, Signal::KILL).expect("it runs");
        let ended = started.wait().expect_code(1);
        assert!(ended.stdout().contains("signal 9"), "{victim}: {}", ended.stdout());
    }
}
