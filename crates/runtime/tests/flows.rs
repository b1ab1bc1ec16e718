//! Flows on every model's workers, in a program of its own: worker processes execute it again,
//! so its `main` begins with `worker_entry`, as a user's does.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, kill_process, pidfd_open};
use rustix::time::{ClockId, clock_gettime};
use whywait::measure::Moment;
use whywait::{Error, MODELS, Model, Runtime, WorkersKind, fs, time};

/// A check: its name, and what panics when it fails.
type Check = (&'static str, fn());

const CHECKS: &[Check] = &[
    ("results_come_in_the_order_of_the_jobs", results_come_in_the_order_of_the_jobs),
    ("flows_do_io_on_their_worker", flows_do_io_on_their_worker),
    ("no_jobs_are_no_results", no_jobs_are_no_results),
    ("the_cost_counts_what_was_done", the_cost_counts_what_was_done),
    ("latency_counts_from_when_a_flow_was_due", latency_counts_from_when_a_flow_was_due),
    ("sleeping_flows_overlap_where_the_driver_does", sleeping_flows_overlap_where_the_driver_does),
    ("a_killed_worker_is_replaced", a_killed_worker_is_replaced),
    ("a_flow_that_kills_its_workers_is_named", a_flow_that_kills_its_workers_is_named),
    ("a_panic_in_a_worker_is_told", a_panic_in_a_worker_is_told),
    ("a_flow_is_not_blamed_for_its_neighbours", a_flow_is_not_blamed_for_its_neighbours),
    ("a_deadlock_in_a_worker_is_told", a_deadlock_in_a_worker_is_told),
    ("a_deadlock_beside_an_idle_lane_is_told", a_deadlock_beside_an_idle_lane_is_told),
    ("no_more_flows_than_allowed_are_in_progress", no_more_flows_than_allowed_are_in_progress),
    ("the_start_of_workers_is_not_in_the_wall_time", the_start_of_workers_is_not_in_the_wall_time),
    ("a_dropped_runtime_leaves_nothing_open", a_dropped_runtime_leaves_nothing_open),
    ("no_worker_outlives_its_parent", no_worker_outlives_its_parent),
];

const PARENT_TO_KILL: &str = "parent-to-kill";

fn main() -> ExitCode {
    whywait::worker_entry();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if asked.first().is_some_and(|word| word == PARENT_TO_KILL) {
        work_for_ever();
    }
    let wanted = |name: &str| {
        let mut words = asked.iter().filter(|word| !word.starts_with('-')).peekable();
        words.peek().is_none() || words.any(|word| name.contains(word.as_str()))
    };
    if asked.iter().any(|word| word == "--list") {
        CHECKS.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let mut passed = 0;
    let ignored_only = asked.iter().any(|word| word == "--ignored");
    let chosen: Vec<_> = CHECKS.iter().filter(|(name, _)| !ignored_only && wanted(name)).collect();
    for (name, check) in &chosen {
        if std::panic::catch_unwind(check).is_ok() {
            println!("test {name} ... ok");
            passed += 1;
        } else {
            println!("test {name} ... FAILED");
        }
    }
    let failed = chosen.len() - passed;
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out",
        CHECKS.len() - chosen.len()
    );
    ExitCode::from(u8::from(failed > 0))
}

/// Every model that can be asked for by name, with few workers.
fn models() -> impl Iterator<Item = Model> {
    MODELS.iter().map(|row| {
        let name = row.name.to_string();
        let asked = if row.workers.is_counted() { name + ":3" } else { name };
        asked.parse().expect("a row of the table")
    })
}

fn works_in_processes(model: Model) -> bool {
    matches!(model.row().workers, WorkersKind::Processes | WorkersKind::ProcessPerFlow)
}

fn runtime(model: Model) -> Runtime {
    Runtime::new(model).unwrap_or_else(|error| panic!("{model}: {error}"))
}

fn processes(workers: usize) -> Runtime {
    runtime(format!("processes:{workers}").parse().unwrap())
}

async fn square(number: u64) -> u64 {
    number * number
}

fn results_come_in_the_order_of_the_jobs() {
    let expected: Vec<u64> = (0..1000).map(|n| n * n).collect();
    for model in models() {
        let results = runtime(model).run_flows(0..1000, square).unwrap();
        assert_eq!(results, expected, "{model}");
    }
}

async fn write_and_read(directory: Arc<PathBuf>, number: u32) -> String {
    let path = directory.join(format!("{number}.txt"));
    fs::write(&path, format!("file {number}")).await.unwrap();
    let text = fs::read_pooled(&path).await.unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

fn flows_do_io_on_their_worker() {
    for model in models() {
        let directory = tempfile::tempdir().unwrap();
        let context = directory.path().to_path_buf();
        let flows = runtime(model).measure_flows(context, 0..50, write_and_read).unwrap();
        let expected: Vec<String> = (0..50).map(|number| format!("file {number}")).collect();
        assert_eq!(flows.results, expected, "{model}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 50, "{model}");
    }
}

fn no_jobs_are_no_results() {
    for model in models() {
        let results = runtime(model).run_flows(Vec::<u64>::new(), square).unwrap();
        assert!(results.is_empty(), "{model}");
    }
}

/// Far longer than a thread of a busy machine may be without a CPU between asking for it and
/// waiting for it.
const NAP: Duration = Duration::from_millis(30);

async fn burn(_: Arc<()>, milliseconds: u64) -> u32 {
    let cpu_time = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let until = cpu_time() + Duration::from_millis(milliseconds);
    let mut rounds = 0;
    while cpu_time() < until {
        rounds += 1;
    }
    time::sleep(NAP).await;
    rounds
}

fn the_cost_counts_what_was_done() {
    for model in models() {
        let flows = runtime(model).measure_flows((), vec![5; 20], burn).unwrap();
        let cost = &flows.cost;
        assert_eq!(flows.results.len(), 20, "{model}");
        assert_eq!(cost.flow_latency.len(), 20, "{model}");
        assert_eq!(cost.flow_service.len(), 20, "{model}");
        assert_eq!(cost.operations, 20, "{model}");
        assert!(cost.wall() >= NAP + Duration::from_millis(5), "{model}: {:?}", cost.wall());
        let cpu = cost.usage.cpu_user + cost.usage.cpu_system;
        assert!(cpu >= Duration::from_millis(99), "{model}: {cpu:?} of 100 ms");
        assert!(cost.peak_memory_bytes > 500_000, "{model}: {}", cost.peak_memory_bytes);
        let processes = match model.row().workers {
            WorkersKind::Processes => 4..=4,
            // At most at one time, and the parent.
            WorkersKind::ProcessPerFlow => 2..=21,
            _ => 1..=1,
        };
        assert!(processes.contains(&cost.processes), "{model}: {}", cost.processes);
        assert!(cost.threads >= cost.processes, "{model}: {}", cost.threads);
        // Who spins never blocks; everybody else did, in the last sleep at least.
        let spins = model.driver().is_some_and(|driver| driver.name == "spin");
        assert!(spins || cost.blocked >= Duration::from_millis(1), "{model}: {cost:?}");
        assert_eq!(flows.workers_lost, 0, "{model}");
    }
}

async fn nap(number: u32) -> u32 {
    time::sleep(NAP).await;
    number
}

fn latency_counts_from_when_a_flow_was_due() {
    const FLOWS: u32 = 6;
    for model in models() {
        let runtime = runtime(model);
        let cost = runtime.measure_flows((), 0..FLOWS, |_, number| nap(number)).unwrap().cost;
        let (latency, service) = (&cost.flow_latency, &cost.flow_service);
        assert_eq!((latency.len(), service.len()), (FLOWS.into(), FLOWS.into()), "{model}");
        for quantile in [0.0, 0.5, 0.99, 1.0] {
            assert!(latency.at(quantile) >= service.at(quantile), "{model}: {quantile}");
        }
        // The histogram keeps three digits.
        let longest = latency.max();
        assert!(longest.mul_f64(0.999) <= cost.wall(), "{model}: {longest:?}");
        assert!(service.at(0.0).mul_f64(1.001) >= NAP, "{model}: {service:?}");
        // With one worker that runs one flow at a time, the last flow waits for all the others.
        let is_serial = model.row().workers == WorkersKind::One && !runtime.limits().overlap;
        let least = if is_serial { FLOWS * NAP } else { NAP };
        assert!(longest.mul_f64(1.001) >= least, "{model}: {longest:?} of {least:?}");
    }
}

fn sleeping_flows_overlap_where_the_driver_does() {
    for model in models() {
        let runtime = runtime(model);
        let started = Instant::now();
        runtime.run_flows(0..8, nap).unwrap();
        let one_after_another = 8 * NAP;
        let alone = matches!(model.row().workers, WorkersKind::One);
        if alone && !runtime.limits().overlap {
            assert!(started.elapsed() >= one_after_another, "{model}");
        }
    }
}

/// Kills its own worker the first time that flow 37 runs.
async fn die_once(marker: Arc<PathBuf>, number: u32) -> u32 {
    if number == 37 && std::fs::File::create_new(&*marker).is_ok() {
        kill_process(getpid(), Signal::KILL).unwrap();
    }
    number + 1
}

fn a_killed_worker_is_replaced() {
    for model in models().filter(|model| works_in_processes(*model)) {
        let directory = tempfile::tempdir().unwrap();
        let marker = directory.path().join("killed");
        let flows = runtime(model).measure_flows(marker.clone(), 0..500, die_once).unwrap();
        assert!(marker.exists(), "{model}: flow 37 ran");
        assert_eq!(flows.results, (1..501).collect::<Vec<u32>>(), "{model}");
        assert_eq!(flows.workers_lost, 1, "{model}");
    }
}

async fn die_always(number: u32) -> u32 {
    if number == 5 {
        kill_process(getpid(), Signal::KILL).unwrap();
    }
    number
}

fn a_flow_that_kills_its_workers_is_named() {
    for workers in [1, 2] {
        let error = processes(workers).run_flows(0..9, die_always).unwrap_err();
        assert!(matches!(error, Error::FlowLost { flow: 5, attempts: 4 }), "{error}");
    }
}

/// Kills its own worker the first time that it runs, for each of the first flows.
async fn each_dies_once(directory: Arc<PathBuf>, number: u32) -> u32 {
    let marker = directory.join(number.to_string());
    if number < 8 && std::fs::File::create_new(marker).is_ok() {
        kill_process(getpid(), Signal::KILL).unwrap();
    }
    number
}

fn a_flow_is_not_blamed_for_its_neighbours() {
    for model in models().filter(|model| works_in_processes(*model)) {
        let directory = tempfile::tempdir().unwrap();
        let context = directory.path().to_path_buf();
        let flows = runtime(model).measure_flows(context, 0..100, each_dies_once).unwrap();
        assert_eq!(flows.results, (0..100).collect::<Vec<u32>>(), "{model}");
        assert_eq!(flows.workers_lost, 8, "{model}");
    }
}

async fn panic_at_three(number: u32) -> u32 {
    assert_ne!(number, 3, "three is not wanted");
    number
}

fn a_panic_in_a_worker_is_told() {
    let error = processes(2).run_flows(0..6, panic_at_three).unwrap_err();
    assert!(
        matches!(&error, Error::FlowPanicked(text) if text.contains("three is not wanted")),
        "{error}"
    );
}

/// A runtime that reports deadlocks.
fn watchful(model: Model) -> Runtime {
    Runtime::builder(model).detect_deadlock().build().unwrap()
}

async fn wait_for_nobody(number: u32) -> u32 {
    std::future::pending::<()>().await;
    number
}

fn a_deadlock_in_a_worker_is_told() {
    for model in models() {
        let error = watchful(model).run_flows(0..2, wait_for_nobody).unwrap_err();
        assert!(error.to_string().contains("deadlock"), "{model}: {error}");
        assert!(!error.to_string().contains("could not begin"), "{model}: {error}");
    }
}

async fn the_last_waits_for_nobody(number: u32) -> u32 {
    if number == 4 {
        std::future::pending::<()>().await;
    }
    number
}

fn a_deadlock_beside_an_idle_lane_is_told() {
    for model in models() {
        let error = watchful(model).run_flows(0..5, the_last_waits_for_nobody).unwrap_err();
        assert!(error.to_string().contains("deadlock"), "{model}: {error}");
    }
}

async fn when(_: Arc<()>, _: u32) -> (Moment, Moment) {
    let started = Moment::now();
    time::sleep(Duration::from_millis(2)).await;
    (started, Moment::now())
}

/// How many of these were going on at once, at most.
fn most_at_once(spans: &[(Moment, Moment)]) -> usize {
    let during = |at: Moment| spans.iter().filter(|(start, end)| *start <= at && at < *end).count();
    spans.iter().map(|(start, _)| during(*start)).max().unwrap_or(0)
}

fn no_more_flows_than_allowed_are_in_progress() {
    for model in models() {
        for most in [1, 2, 4] {
            let builder = Runtime::builder(model).max_flows(most);
            let flows = builder.build().unwrap().measure_flows((), 0..24, when).unwrap();
            let found = most_at_once(&flows.results);
            assert!(found <= most, "{model}: {found} at once, and {most} are allowed");
        }
    }
}

fn the_start_of_workers_is_not_in_the_wall_time() {
    async fn quick(_: Arc<()>, number: u32) -> u32 {
        number
    }
    for model in models() {
        let before = Moment::now();
        let flows = runtime(model).measure_flows((), 0..1, quick).unwrap();
        let until_work = flows.cost.started.unwrap().since(before);
        assert!(until_work >= flows.worker_start, "{model}: {until_work:?}");
        let until_end = flows.cost.ended.unwrap().since(before);
        assert_eq!(until_end - until_work, flows.cost.wall(), "{model}");
    }
}

/// Descriptors and threads of this process.
fn open_things() -> (usize, usize) {
    let count = |path| std::fs::read_dir(path).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

fn a_dropped_runtime_leaves_nothing_open() {
    for model in models().filter(|model| model.row().workers == WorkersKind::One) {
        let before = open_things();
        let runtime = runtime(model);
        runtime.block_on(async {
            fs::stat("/").await.unwrap();
            drop(whywait::spawn(async {
                let _file = fs::File::open("/").await;
                time::sleep(Duration::from_secs(3600)).await;
            }));
            // The task gets as far as it can while this one works.
            fs::stat("/").await.unwrap();
            fs::stat("/").await.unwrap();
        });
        drop(runtime);
        let limit = Instant::now() + Duration::from_secs(30);
        // A thread that was joined can be seen for a moment longer.
        while open_things() != before && Instant::now() < limit {
            std::thread::yield_now();
        }
        assert_eq!(open_things(), before, "{model}: descriptors and threads");
    }
}

async fn tell_and_spin(number: u32) -> u32 {
    println!("{}", rustix::process::getpid().as_raw_nonzero());
    loop {
        std::hint::spin_loop();
        if number > 100 {
            return number;
        }
    }
}

/// The body of the program that `no_worker_outlives_its_parent` kills.
fn work_for_ever() -> ! {
    let error = processes(2).run_flows(0..2, tell_and_spin);
    panic!("flows that never end have ended: {error:?}");
}

fn no_worker_outlives_its_parent() {
    let myself: &Path = Path::new("/proc/self/exe");
    let mut parent =
        Command::new(myself).arg(PARENT_TO_KILL).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut workers = BTreeSet::new();
    while workers.len() < 2 {
        workers.insert(lines.next().unwrap().unwrap().parse::<i32>().unwrap());
    }
    parent.kill().unwrap();
    assert_eq!(parent.wait().unwrap().signal(), Some(9));
    // The pipe ends when the last process that holds it has ended: no sleeping, no guessing.
    let rest: String = lines.map_while(Result::ok).collect();
    assert_eq!(rest, "");
    for worker in workers {
        // Its descriptors are closed, and it may still be on its way out.
        let Ok(pidfd) = pidfd_open(Pid::from_raw(worker).unwrap(), PidfdFlags::empty()) else {
            continue;
        };
        let limit = Timespec { tv_sec: 30, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit)).unwrap();
        assert_eq!(ended, 1, "worker {worker} lives");
    }
}
