//! What is measured, against what somebody else says: the kernel's accounts of the whole process,
//! the clock outside of it, the files on the disk.
//!
//! A program of its own, because measured processes execute it again; one trial at a time, because
//! `getrusage(2)` of `RUSAGE_CHILDREN` is about all children together. Left out on purpose: how
//! fast anything is. Numbers are compared with other numbers of the same run, never with a speed.

mod trials;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use whywait_lab::{RunResult, run_once};
use whywait_plan::{Content, ContentKind, Plan};

use crate::trials::Check;

/// Longer than any run here takes, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(300);

const CHECKS: &[(&str, Check)] = &[
    ("cpu_is_what_the_kernel_says_of_the_whole_process", cpu),
    ("switches_are_what_the_kernel_says_of_the_whole_process", switches),
    ("peak_memory_is_the_largest_resident_size", peak_memory),
    ("wall_is_inside_the_process", wall),
    ("blocked_time_is_at_least_what_was_slept", blocked),
    ("a_workers_time_splits_into_running_runnable_and_blocked", split),
    ("threads_and_processes_are_counted", threads_and_processes),
    ("files_hold_what_the_plan_says_under_every_model", files),
];

fn main() {
    trials::run(CHECKS);
}

/// What the kernel says of a run's whole process and the workers that it waited for.
struct Whole {
    result: RunResult,
    cpu: Duration,
    voluntary_switches: u64,
    involuntary_switches: u64,
    elapsed: Duration,
}

impl Whole {
    fn measured_cpu(&self) -> Duration {
        self.result.cost.usage.cpu_user + self.result.cost.usage.cpu_system
    }
}

fn plan(text: &str) -> Plan {
    Plan::parse("test", text).unwrap_or_else(|error| panic!("{error:?}"))
}

/// A plan of `flows` flows with these steps.
fn flows(flows: u32, steps: &str) -> Plan {
    plan(&format!("name = \"test\"\n[[flow]]\ncount = {flows}\nsteps = [ {steps} ]\n"))
}

fn run_in(directory: &Path, plan: &Plan, model: &str) -> Whole {
    let usage = || getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage of the children");
    let before = usage();
    let begin = Instant::now();
    let result = run_once(plan, model.parse().expect("a model"), directory, PATIENCE);
    let result = result.unwrap_or_else(|error| panic!("{model}: {error}"));
    let elapsed = begin.elapsed();
    let after = usage();
    let cpu = |usage: &nix::sys::resource::Usage| {
        duration(usage.user_time()) + duration(usage.system_time())
    };
    let since = |after: i64, before: i64| u64::try_from(after - before).expect("it grows");
    Whole {
        cpu: cpu(&after) - cpu(&before),
        voluntary_switches: since(
            after.voluntary_context_switches(),
            before.voluntary_context_switches(),
        ),
        involuntary_switches: since(
            after.involuntary_context_switches(),
            before.involuntary_context_switches(),
        ),
        elapsed,
        result,
    }
}

fn run(plan: &Plan, model: &str) -> Whole {
    run_in(tempfile::tempdir().expect("a directory").path(), plan, model)
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}

/// The CPU that a process uses before its first flow and after its last one, at most: to be
/// loaded, to read the plan, to start workers, to answer.
const AROUND: Duration = Duration::from_millis(40);

fn cpu() {
    let work = flows(20, r#"{ cpu = "60 ms" }"#);
    for (model, processes) in
        [("blocking", 1), ("thread-pool:2", 1), ("epoll", 1), ("processes:2", 3)]
    {
        let whole = run(&work, model);
        let measured = whole.measured_cpu();
        let declared = Duration::from_millis(20 * 60);
        assert!(measured >= declared, "{model}: {measured:?} of at least {declared:?}");
        // The kernel's clocks are read one after another, so a little more is possible.
        let most = whole.cpu + Duration::from_millis(1);
        let least = whole.cpu.mul_f64(0.98).saturating_sub(AROUND * processes);
        assert!((least..=most).contains(&measured), "{model}: {measured:?} of {:?}", whole.cpu);
    }
}

fn switches() {
    // Each sleep is one voluntary switch, but for the few whose end comes before their thread has
    // left the CPU: where it is preempted on the way there, or the host lets the whole CPU wait.
    // There are so many that neither those nor the switches around them matter.
    let sleeps = flows(1000, r#"{ sleep = "1 ms" }"#);
    for model in ["blocking", "thread-pool:2", "processes:2"] {
        let whole = run(&sleeps, model);
        let usage = whole.result.cost.usage;
        let voluntary = usage.voluntary_switches;
        assert!(voluntary >= 900, "{model}: {voluntary}");
        assert!(voluntary <= whole.voluntary_switches, "{model}: {voluntary}");
        let around = whole.voluntary_switches - voluntary;
        assert!(around < 200, "{model}: {voluntary} of {}", whole.voluntary_switches);
        assert!(usage.involuntary_switches <= whole.involuntary_switches, "{model}");
    }
}

fn peak_memory() {
    // Random content is made in memory: 96 MiB, more than any other process of these checks has.
    let large =
        flows(1, r#"{ write_file = { path = "large", size = "96 MiB", content = "random" } }"#);
    let whole = run(&large, "blocking");
    let measured = whole.result.cost.peak_memory_bytes;
    assert!(measured >= 96 << 20, "{measured}");
    let children = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage of the children");
    // In kibibytes; of the largest child.
    let largest = children.max_rss() as u64 * 1024;
    // Both are read from counters that are exact to some pages of each CPU.
    assert!(measured.abs_diff(largest) < 1 << 20, "{measured} and {largest}");
}

fn wall() {
    let sleeps = flows(10, r#"{ sleep = "30 ms" }"#);
    for (model, least_ms) in [
        ("blocking", 300),
        ("offload", 300),
        ("thread-pool:2", 150),
        ("processes:2", 150),
        ("epoll", 30),
        ("uring", 30),
    ] {
        let whole = run(&sleeps, model);
        let wall = whole.result.cost.wall();
        assert!(wall >= Duration::from_millis(least_ms), "{model}: {wall:?}");
        let start = Duration::from_secs_f64(whole.result.worker_start_s);
        assert!(wall + start <= whole.elapsed, "{model}: {wall:?} of {:?}", whole.elapsed);
        let longest = whole.result.cost.flow_latency.max();
        // The histogram keeps three digits.
        assert!(longest.mul_f64(0.999) <= wall, "{model}: {longest:?} of {wall:?}");
        assert!(longest.mul_f64(1.001) >= Duration::from_millis(least_ms), "{model}: {longest:?}");
        assert_eq!(whole.result.cost.flow_latency.len(), 10, "{model}");
        assert_eq!(whole.result.cost.op_latency.len(), 10, "{model}");
    }
}

fn blocked() {
    // One after another on each worker, or all at once: what is slept is the same for each worker.
    let sleeps = flows(10, r#"{ sleep = "100 ms" }"#);
    for (model, workers, least_s) in [
        ("blocking", 1, 1.0),
        ("offload", 1, 1.0),
        ("thread-pool:2", 2, 1.0),
        ("threads", 10, 1.0),
        ("processes:2", 2, 1.0),
        ("select", 1, 0.1),
        ("poll", 1, 0.1),
        ("epoll", 1, 0.1),
        ("uring", 1, 0.1),
        ("epoll-threads:2", 2, 0.1),
    ] {
        let whole = run(&sleeps, model);
        let blocked_s = whole.result.cost.blocked.as_secs_f64();
        let wall_s = whole.result.cost.wall().as_secs_f64();
        let runnable_s = whole.result.cost.worker_time.runnable.as_secs_f64();
        // A worker that lost its CPU on the way into a sleep waited for one in that time. A thread
        // for each flow is asked in samples, which that happens to more or less often.
        let least_blocked_s = 0.95 * least_s - runnable_s;
        assert!(
            blocked_s >= least_blocked_s.max(0.5 * least_s),
            "{model}: {blocked_s} of {least_s}"
        );
        assert!(blocked_s <= wall_s * f64::from(workers), "{model}: {blocked_s} of {wall_s}");
    }
}

fn split() {
    let mixed = flows(10, r#"{ cpu = "30 ms" }, { sleep = "30 ms" }"#);
    for (model, workers) in
        [("blocking", 1), ("epoll", 1), ("thread-pool:2", 2), ("processes:2", 2)]
    {
        let cost = run(&mixed, model).result.cost;
        let time = cost.worker_time;
        assert!(time.running >= Duration::from_millis(299), "{model}: {time:?}");
        let sum = time.running + time.runnable + cost.blocked;
        let most = cost.wall() * workers;
        // Workers may begin and end a little later and earlier than the run does.
        assert!(sum <= most + Duration::from_millis(1), "{model}: {sum:?} of {most:?}");
    }
}

fn threads_and_processes() {
    let sleeps =
        flows(4, r#"{ sleep = "500 ms" }, { write_file = { path = "{flow}", size = 1 } }"#);
    for (model, threads, processes, workers) in [
        ("blocking", 1, 1, 1),
        ("offload", 2, 1, 1),
        ("thread-pool:3", 4, 1, 3),
        ("threads", 5, 1, 4),
        // In each worker process there is a thread that listens to the parent.
        ("processes:2", 5, 3, 2),
    ] {
        let result = run(&sleeps, model).result;
        let found = (result.cost.threads, result.cost.processes, result.workers);
        assert_eq!(found, (threads, processes, workers), "{model}");
    }
}

fn files() {
    let content = Content::lines(7, 31, ContentKind::Random { seed: 5 }).expect("small");
    let writes = flows(
        30,
        r#"{ write_file = { path = "{flow}", lines = 7, line_length = 31, content = "random", seed = 5 } }"#,
    );
    for row in whywait::MODELS {
        let directory = tempfile::tempdir().expect("a directory");
        let result = run_in(directory.path(), &writes, row.name).result;
        assert_eq!(result.written_bytes, 30 * 7 * 32, "{}", row.name);
        assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 30);
        for flow in 0..30 {
            let mut expected = Vec::new();
            content.fill(flow, &mut expected);
            let found = fs::read(directory.path().join(flow.to_string())).expect("a file");
            assert!(found == expected, "{}: flow {flow} wrote something else", row.name);
        }
        // On regular files O_NONBLOCK does nothing.
        assert_eq!(result.cost.would_block, 0, "{}", row.name);
        assert_eq!(result.cost.operations, 30, "{}", row.name);
    }
}
