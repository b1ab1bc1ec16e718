//! What an echo comparison measures, against what the kernel says of its processes.
//!
//! A program of its own, because servers and loads execute it again. Left out on purpose: how
//! fast anything is.

mod trials;

use std::path::PathBuf;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use whywait_lab::{EchoOptions, Options, Repeats, Stop, compare_echo};
use whywait_report::{Comparison, Place, Run, Status};

use crate::trials::Check;

const CHECKS: &[(&str, Check)] = &[
    ("cpu_of_server_and_load_is_within_what_the_kernel_says_of_them", cpu),
    ("times_of_a_run_add_up", times),
    ("all_connections_are_open_at_once", connections),
    ("many_repeats_have_many_samples", repeats),
];

fn main() {
    // One at a time: `RUSAGE_CHILDREN` is about all children together.
    trials::run(CHECKS);
}

fn compare(echo: EchoOptions, models: &[&str], repeats: usize) -> Comparison {
    let options = Options {
        command: vec!["test".into()],
        models: models.iter().map(|model| model.parse().expect("a model")).collect(),
        repeats: Repeats::Exactly(repeats),
        directory: PathBuf::from("/"),
        place: Place::Plain,
        time_limit: Duration::from_secs(300),
        save: None,
    };
    compare_echo(&echo, &options, &Stop::default(), &mut |_| {}).expect("good options")
}

fn echo(connections: usize, millis: u64) -> EchoOptions {
    let duration = Duration::from_millis(millis);
    EchoOptions { connections, active: connections, duration, ..EchoOptions::default() }
}

#[track_caller]
fn ok(run: &Run) -> &Run {
    assert_eq!(run.status, Status::Ok, "{}: {:?}", run.contestant.model, run.reason);
    run
}

/// CPU of all children that ended so far.
fn of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage of the children");
    let duration = |time: TimeVal| {
        let (seconds, micros) = (time.tv_sec(), time.tv_usec());
        Duration::new(seconds.unsigned_abs(), micros.unsigned_abs() as u32 * 1000)
    };
    duration(usage.user_time()) + duration(usage.system_time())
}

/// What is measured is a part of what all processes used, and much of it: the rest is starting,
/// the warm-up of half a second and the untimed run.
fn cpu() {
    for model in ["epoll", "uring", "threads", "epoll-processes:1"] {
        let before = of_children();
        let comparison = compare(echo(50, 3000), &[model], 1);
        let all = (of_children() - before).as_secs_f64();
        let run = ok(&comparison.runs[0]);
        let sample = &run.samples[0];
        let load = run.metrics["load_cpu_share"] * sample.wall_s;
        let measured = sample.cpu_s + load;
        assert!(measured <= all * 1.02, "{model}: {measured} of {all}");
        assert!(measured >= all * 0.4, "{model}: {measured} of {all}");
        let each = run.metrics["server_cpu_us_per_round_trip"] * run.metrics["round_trips"] / 1e6;
        assert!((each - sample.cpu_s).abs() <= 1e-6 * each.max(1.0), "{model}");
    }
}

fn times() {
    let comparison = compare(echo(20, 400), &["epoll", "threads", "epoll-threads:2"], 1);
    for run in &comparison.runs {
        let sample = &ok(run).samples[0];
        let workers = run.contestant.workers.count as f64;
        let whole = sample.cpu_s + sample.runnable_s + sample.blocked_s;
        assert!(sample.wall_s >= 0.4, "{sample:?}");
        assert!(whole >= sample.wall_s * workers * 0.99, "{}: {sample:?}", run.contestant.model);
    }
}

fn connections() {
    let comparison = compare(echo(300, 200), &["epoll", "threads", "uring-processes:2"], 1);
    for run in &comparison.runs {
        assert_eq!(ok(run).metrics["connections"], 300.0);
        assert!(run.metrics["memory_bytes_per_connection"] >= 0.0);
    }
    let threads = &comparison.runs[1].samples[0];
    assert!(threads.threads >= 300, "{threads:?}");
    let processes = &comparison.runs[2].samples[0];
    assert_eq!(processes.processes, 3, "{processes:?}");
    assert!(comparison.equal_results);
}

fn repeats() {
    let comparison = compare(echo(5, 100), &["epoll", "poll"], 3);
    for run in &comparison.runs {
        assert_eq!(ok(run).samples.len(), 3);
        assert_eq!(run.metric_samples["round_trips_per_s"].len(), 3);
    }
    let latency = comparison.runs[0].flow_latency_s.as_ref().expect("round trips");
    let noted = latency.nanoseconds().expect("a histogram").len();
    let trips: f64 = comparison.runs[0].metric_samples["round_trips"].iter().sum();
    assert_eq!(noted as f64, trips, "each round trip of each repeat is in it");
}
