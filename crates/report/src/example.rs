//! Documents to test with, made by hand from numbers that were measured.
//!
//! Left out on purpose: random documents; the property test makes those.

use hdrhistogram::Histogram;

use crate::{
    Caution, Chosen, Comparison, Contestant, Control, EventKind, Host, Lane, LaneEvent, Latency,
    Machine, Notice, Place, PlanSummary, Run, Sample, WorkerKind, Workers,
};

const DIGEST: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const OTHER_DIGEST: &str = "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213";

/// Where the time of a run goes; what is left of its workers' wall time is blocked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Split {
    pub(crate) wall_s: f64,
    pub(crate) user_s: f64,
    pub(crate) kernel_s: f64,
    pub(crate) runnable_s: f64,
    pub(crate) start_s: f64,
    pub(crate) memory_mib: f64,
    pub(crate) switches: u64,
    pub(crate) would_block: u64,
}

/// Every example, by name.
pub(crate) fn all() -> Vec<(&'static str, Comparison)> {
    vec![
        ("files", files()),
        ("everything", everything()),
        ("interrupted", interrupted()),
        ("results differ", results_differ()),
        ("nothing measured", nothing_measured()),
        ("downloads", downloads()),
        ("echo", echo()),
        ("timers", timers()),
    ]
}

/// Seven models measured and one skipped.
pub(crate) fn files() -> Comparison {
    let mut comparison = begin();
    comparison.runs = vec![
        run("blocking", split(0.134, [0.011, 0.120, 0.0], 4.1, 12)),
        run("nonblocking", split(0.136, [0.013, 0.121, 0.0], 4.2, 14)),
        run("offload", split(0.243, [0.034, 0.180, 0.004], 4.4, 10_012)),
        run("epoll", split(0.098, [0.022, 0.150, 0.004], 4.6, 730)),
        run("uring", split(0.114, [0.019, 0.171, 0.009], 5.4, 5_210)),
        run(
            "thread-pool:2",
            Split { start_s: 120e-6, ..split(0.079, [0.012, 0.128, 0.006], 5.0, 31) },
        ),
        run(
            "processes:2",
            Split { start_s: 4.1e-3, ..split(0.094, [0.016, 0.141, 0.008], 14.0, 96) },
        ),
        Run::skipped(
            contestant("select"),
            "it needs 1200 descriptors, and select(2) takes none above 1023",
        ),
    ];
    for run in comparison.runs.iter_mut().filter(|run| run.is_ok()) {
        run.metrics.insert("written_bytes".into(), 50_500_000.0);
    }
    comparison.finish()
}

/// All that can befall a comparison that runs to its end.
pub(crate) fn everything() -> Comparison {
    let mut comparison = files();
    let auto = Contestant {
        model: "auto".into(),
        chosen: Some(Chosen {
            model: "thread-pool:2".into(),
            why: "all of the plan's steps are file operations, which do not overlap on one \
                  thread, and this machine has 2 CPUs"
                .into(),
        }),
        ..contestant("thread-pool:2")
    };
    let split = split(0.080, [0.012, 0.129, 0.006], 5.0, 33);
    comparison.runs.push(Run { contestant: auto, ..run("thread-pool:2", split) });
    comparison.runs.push(Run::failed(
        contestant("uring-processes:2"),
        "cannot create /tmp/whywait-4711/3/flow-17.txt: no space left on device",
        vec![sample(split, 1.0)],
    ));
    for run in &mut comparison.runs {
        match run.contestant.base() {
            "processes" => run.workers_lost = 1,
            "epoll" => run.notes.push("4 helpers were asked for, 2 could be started".into()),
            _ => {}
        }
    }
    comparison.runs[0].lanes = lanes(1, Lanes { at_once: 1, workers: 1, wait_s: 0.05, cpu: 0.0 });
    comparison.runs[0].metrics.insert("throughput_bytes_per_s".into(), 376_865_671.5);
    comparison.warn(&Caution::FilesRemovedBetweenRounds { bytes: 3 << 30 });
    comparison.finish()
}

/// Ten downloads, each of which waits 300 ms: one after another, two at once, all at once.
pub(crate) fn downloads() -> Comparison {
    let mut comparison = begin();
    comparison.plan = PlanSummary { name: "download".into(), flows: 10, steps: 10, ..PLAN };
    comparison.command = ["whywait", "compare", "download"].map(String::from).to_vec();
    let all = Lanes { at_once: 10, workers: 1, wait_s: 0.3, cpu: 0.0 };
    let serial = Lanes { at_once: 1, ..all };
    let spins = Split { would_block: 290_000, ..split(0.3033, [0.04, 0.26, 0.002], 4.3, 40) };
    comparison.runs = [
        ("blocking", split(3.025, [0.001, 0.003, 0.0], 4.2, 32), serial),
        ("nonblocking", spins, Lanes { cpu: 0.99, ..all }),
        ("offload", split(3.027, [0.002, 0.005, 0.0], 4.4, 95), serial),
        ("epoll", split(0.3026, [0.001, 0.003, 0.0], 4.5, 14), all),
        ("uring", split(0.3028, [0.001, 0.002, 0.0], 4.9, 12), all),
        ("threads", split(0.3031, [0.001, 0.004, 0.0], 4.8, 41), Lanes { workers: 10, ..all }),
        (
            "thread-pool:2",
            split(1.513, [0.001, 0.003, 0.0], 4.4, 36),
            Lanes { at_once: 2, workers: 2, ..all },
        ),
    ]
    .map(|(model, split, shape)| Run { lanes: lanes(10, shape), ..run(model, split) })
    .to_vec();
    comparison.finish()
}

/// A server under four models; a fifth cannot serve so many.
pub(crate) fn echo() -> Comparison {
    let mut comparison = begin();
    comparison.plan = PlanSummary { name: "echo".into(), flows: 1000, steps: 1000, ..PLAN };
    comparison.command = ["whywait", "compare", "echo"].map(String::from).to_vec();
    let served = |model, [cpu_us, rate, p50_us, p99_us, memory, switches]: [f64; 6]| {
        let window = split(5.0, [0.2, 0.5, 0.0], 9.0, 90_000);
        let metrics = |pace: f64| {
            let numbers = [
                ("server_cpu_us_per_round_trip", cpu_us * pace),
                ("round_trips_per_s", rate / pace),
                ("latency_p50_s", p50_us * pace * 1e-6),
                ("latency_p99_s", p99_us * pace * 1e-6),
                ("latency_p999_s", p99_us * pace * 2e-6),
                ("latency_max_s", p99_us * pace * 9e-6),
                ("memory_bytes_per_connection", memory),
                ("switches_per_round_trip", switches),
                ("connections", 1000.0),
            ];
            numbers.map(|(name, value)| (name.to_string(), value)).into()
        };
        let run = Run {
            flow_latency_s: None,
            flow_service_s: None,
            op_latency_s: None,
            ..run(model, window)
        };
        [1.0, 1.02, 0.99].into_iter().fold(run, |run, pace| run.with_metrics(metrics(pace)))
    };
    comparison.runs = vec![
        served("uring", [4.31, 180e3, 5_400.0, 6_900.0, 714.0, 0.011]),
        served("epoll", [5.47, 152e3, 6_400.0, 8_100.0, 412.0, 0.013]),
        served("epoll-processes:2", [6.02, 181e3, 5_300.0, 11_800.0, 498.0, 0.021]),
        served("threads", [11.9, 81e3, 11_900.0, 29_000.0, 9_985.0, 1.9]),
        Run::skipped(
            contestant("blocking"),
            "it serves 1 connection at a time, and 1000 are open at once",
        ),
    ];
    comparison.finish()
}

/// A hundred thousand sleeps of a second.
pub(crate) fn timers() -> Comparison {
    let mut comparison = begin();
    let flows = 100_000;
    comparison.plan = PlanSummary { name: "timers".into(), flows, steps: flows, ..PLAN };
    comparison.command = ["whywait", "compare", "timers"].map(String::from).to_vec();
    let slept = |model, wall_s, [p50_us, p99_us, max_us, memory]: [f64; 4]| {
        let metrics = [
            ("timer_lateness_p50_s", p50_us * 1e-6),
            ("timer_lateness_p99_s", p99_us * 1e-6),
            ("timer_lateness_max_s", max_us * 1e-6),
            ("memory_bytes_per_timer", memory),
        ];
        let metrics = metrics.map(|(name, value)| (name.to_string(), value));
        run(model, split(wall_s, [0.06, 0.01, 0.0], 18.0, 21)).with_metrics(metrics.into())
    };
    comparison.runs = vec![
        slept("epoll", 1.052, [900.0, 3_100.0, 4_000.0, 131.0]),
        slept("uring", 1.055, [950.0, 3_400.0, 4_700.0, 133.0]),
        Run::skipped(contestant("blocking"), "it would take at least 27 h, and the limit is 60 s"),
    ];
    comparison.finish()
}

/// Ended in the second round: five of nine runs were done, and no result was looked at.
pub(crate) fn interrupted() -> Comparison {
    let mut comparison = begin();
    comparison.interrupted = true;
    let full = files();
    for (model, samples) in [("blocking", 2), ("epoll", 2), ("thread-pool", 1)] {
        let run = full.runs.iter().find(|run| run.contestant.base() == model);
        let run = run.expect("the example has it").clone();
        comparison.runs.push(Run::measured(run.contestant, run.samples[..samples].to_vec()));
    }
    comparison.finish()
}

/// `uring` gave another result than the rest.
pub(crate) fn results_differ() -> Comparison {
    let mut comparison = files();
    for run in &mut comparison.runs {
        if run.contestant.base() == "uring" {
            run.digest = Some(OTHER_DIGEST.into());
        }
    }
    comparison.finish()
}

/// One model skipped, one failed.
pub(crate) fn nothing_measured() -> Comparison {
    let mut comparison = begin();
    comparison.runs = vec![
        Run::failed(
            contestant("blocking"),
            "cannot create /full/0: no space left on device",
            vec![],
        ),
        Run::skipped(contestant("uring"), "io_uring_setup is not permitted here (EPERM)"),
    ];
    comparison.finish()
}

/// A run of three repeats, the second a little slower than the first, the third a little faster.
pub(crate) fn run(model: &str, split: Split) -> Run {
    let samples = [1.0, 2.05 / 2.0, 1.55 / 1.58].map(|pace| sample(split, pace));
    let mut flows = Histogram::new(3).expect("three digits are allowed");
    for step in 1..=1000_u64 {
        flows.record(step * (split.wall_s * 1e6) as u64).expect("it resizes itself");
    }
    let latency = Latency::of(&flows).expect("it encodes");
    Run {
        digest: Some(DIGEST.into()),
        flow_latency_s: latency.clone(),
        flow_service_s: latency.clone(),
        op_latency_s: latency,
        ..Run::measured(contestant(model), samples.to_vec())
    }
}

/// Lanes of flows on one worker that each wait so long, all at once.
pub(crate) fn waits(flows: u64, wait_s: f64) -> Vec<Lane> {
    lanes(flows, Lanes { at_once: flows, workers: 1, wait_s, cpu: 0.0 })
}

/// How flows are spread over time and workers.
#[derive(Clone, Copy)]
struct Lanes {
    /// Flows in progress at one time.
    at_once: u64,
    workers: u64,
    wait_s: f64,
    /// Share of a wait that the worker is on a CPU.
    cpu: f64,
}

/// Flows that each wait, and then copy for 2 ms.
fn lanes(flows: u64, shape: Lanes) -> Vec<Lane> {
    let lane = |flow: u64| {
        let begin_s = (flow / shape.at_once) as f64 * (shape.wait_s + 0.002_5);
        let begin_s = begin_s + (flow % shape.at_once) as f64 * 20e-6;
        let cpu_s = begin_s * shape.cpu;
        let event = |after_s: f64, kind, bytes| LaneEvent {
            at_s: begin_s + after_s,
            kind,
            step: 1,
            worker_cpu_s: cpu_s + after_s * shape.cpu,
            bytes,
        };
        let events = vec![
            event(0.0, EventKind::Submitted, None),
            event(100e-6, EventKind::Waiting, None),
            event(shape.wait_s + 100e-6, EventKind::Copying, None),
            event(shape.wait_s + 0.002_1, EventKind::Done, Some(10_100)),
        ];
        Lane { flow, worker: flow % shape.workers, events }
    };
    (0..flows).map(lane).collect()
}

/// What the examples' plans have in common but for files.
const PLAN: PlanSummary = PlanSummary {
    name: String::new(),
    flows: 0,
    steps: 0,
    file_steps: 0,
    fsync_steps: 0,
    concurrency: 1,
    toml: String::new(),
};

/// The machine on which the examples were measured.
pub(crate) fn host() -> Host {
    Host {
        kernel: "Linux 6.18.5".into(),
        cpus: 2,
        cpu_model: Some("AMD EPYC 9R14".into()),
        memory_bytes: 8 << 30,
    }
}

fn begin() -> Comparison {
    let machine = Machine {
        host: host(),
        filesystem: "ext4".into(),
        directory: "/tmp".into(),
        place: Place::Fast,
        io_uring: true,
    };
    let plan = PlanSummary {
        name: "files".into(),
        flows: 5000,
        steps: 5000,
        file_steps: 5000,
        fsync_steps: 0,
        concurrency: 1,
        toml: "name = \"files\"\n".into(),
    };
    let command = ["whywait", "compare", "files", "--content", "fixed"].map(String::from);
    Comparison::begin(command.to_vec(), machine, plan, 3)
}

fn split(
    wall_s: f64,
    [user_s, kernel_s, runnable_s]: [f64; 3],
    memory_mib: f64,
    switches: u64,
) -> Split {
    Split { wall_s, user_s, kernel_s, runnable_s, memory_mib, switches, ..Split::default() }
}

/// One repeat at a pace. The CPU time of two workers or of helpers can exceed the wall time.
fn sample(split: Split, pace: f64) -> Sample {
    let on_cpu = split.user_s + split.kernel_s + split.runnable_s;
    let workers = if on_cpu > split.wall_s { 2.0 } else { 1.0 };
    Sample {
        wall_s: split.wall_s * pace,
        worker_start_s: split.start_s * pace,
        disk_read_bytes: 0,
        cpu_s: (split.user_s + split.kernel_s) * pace,
        cpu_user_s: split.user_s * pace,
        cpu_system_s: split.kernel_s * pace,
        runnable_s: split.runnable_s * pace,
        blocked_s: (split.wall_s * workers - on_cpu) * pace,
        voluntary_switches: split.switches,
        involuntary_switches: 9,
        peak_memory_bytes: (split.memory_mib * 1024.0 * 1024.0) as u64,
        threads: workers as u64,
        processes: 1,
        syscalls: 15_000,
        would_block: split.would_block,
    }
}

fn contestant(model: &str) -> Contestant {
    let (base, count) = model.split_once(':').unwrap_or((model, "1"));
    let count = count.parse().expect("the examples' models have numbers");
    let waits = base.split('-').next().unwrap_or(base);
    let kind = match base {
        "thread-pool" => WorkerKind::Threads,
        "processes" | "epoll-processes" | "uring-processes" => WorkerKind::Processes,
        "threads" => WorkerKind::ThreadPerFlow,
        _ => WorkerKind::One,
    };
    let (driver, control, notice) = match waits {
        "nonblocking" => ("spin", Control::NonBlocking, Notice::Synchronous),
        "offload" => ("offload", Control::Blocking, Notice::Asynchronous),
        "select" | "epoll" | "uring" => (waits, Control::NonBlocking, Notice::Asynchronous),
        _ => ("blocking", Control::Blocking, Notice::Synchronous),
    };
    let helpers = match waits {
        "offload" => 1,
        "select" | "epoll" => 4,
        _ => 0,
    };
    Contestant {
        model: model.into(),
        control: Some(control),
        notice: Some(notice),
        driver: driver.into(),
        workers: Workers { kind, count, helpers },
        chosen: None,
    }
}
