//! Where the program, executed again, becomes a measured process.

use std::io::{self, Read, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use whywait::measure::{Histogram, ProcessStatus};
use whywait::{Error, Flows, Runtime};
use whywait_plan::Plan;

use crate::echo::{SERVER_NAME, run_server};
use crate::flow::{FlowContext, FlowOutcome, Moved, SharedPlan, Told, lanes, run_flow};
use crate::load::{LOAD_NAME, run_load};
use crate::{RunOutcome, RunPart, RunRequest, RunResult};

/// The name under which measured processes are started and show in `ps`.
pub(crate) const RUN_NAME: &str = "whywait-run";

/// What this program can become when it is executed again, by the name that it is given.
const ENTRIES: [(&str, Enter); 3] =
    [(RUN_NAME, answer), (LOAD_NAME, run_load), (SERVER_NAME, run_server)];

/// What a process does that was started for it.
type Enter = fn() -> io::Result<()>;

/// Whether this program gives its measured processes a place to begin.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Whether [`run_entry`] was called. Without it a measured process would be the whole program
/// once more, which would start measured processes of its own, and so on without end.
pub(crate) fn was_entered() -> bool {
    ENTERED.load(Ordering::Relaxed)
}

/// Lets this program's measured processes, servers and loads begin; in `main`, right after
/// `whywait::worker_entry()`.
///
/// In such a process it does what it was started for, answers on standard output and does not
/// return; everywhere else it does nothing but note that it was called.
pub fn run_entry() {
    ENTERED.store(true, Ordering::Relaxed);
    let called = std::env::args_os().next().unwrap_or_default();
    if let Some((name, enter)) = ENTRIES.iter().find(|(name, _)| called == *name) {
        let answered = enter();
        if let Err(error) = &answered {
            eprintln!("{name}: {error}");
        }
        process::exit(i32::from(answered.is_err()));
    }
}

fn answer() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let request: RunRequest = serde_json::from_str(&text)?;
    end_with(request.parent)?;
    std::env::set_current_dir(&request.directory)?;
    let outcome = run(&request);
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, &outcome)?;
    stdout.flush()
}

/// Makes the kernel end this process when its parent ends, however that happens.
pub(crate) fn end_with(parent: i32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid().map(Pid::as_raw_nonzero).map(i32::from) != Some(parent) {
        return Err(io::Error::other("the process that asked for this one is gone"));
    }
    Ok(())
}

fn run(request: &RunRequest) -> RunOutcome {
    let plan = match Plan::parse("the plan", &request.plan) {
        Ok(plan) => plan,
        Err(error) => return RunOutcome::Broken(error.to_string()),
    };
    let flows = match request.part {
        RunPart::Setup => plan.setup_count(),
        RunPart::Measure | RunPart::Verify => plan.flow_count(),
    };
    let peers = request.peers.clone();
    let context = FlowContext {
        plan: SharedPlan(plan),
        part: request.part,
        peers,
        bodies: request.bodies.clone(),
    };
    let memory_before_bytes = ProcessStatus::now().peak_memory_bytes;
    match run_flows(request, context, flows) {
        Ok(flows) => RunOutcome::Ran(Box::new(sum_up(flows, request.part, memory_before_bytes))),
        Err(error @ (Error::Unavailable(_) | Error::WorkerStart { .. })) => {
            RunOutcome::Unable(error.to_string())
        }
        Err(error) => RunOutcome::Broken(error.to_string()),
    }
}

fn run_flows(
    request: &RunRequest,
    context: FlowContext,
    flows: u32,
) -> Result<Flows<FlowOutcome>, Error> {
    let mut builder = Runtime::builder(request.model).detect_deadlock();
    if let Some(max_flows) = request.max_flows {
        builder = builder.max_flows(max_flows);
    }
    if request.part == RunPart::Measure {
        builder = builder.record_op_latencies();
    }
    builder.build()?.measure_flows(context, 0..flows, run_flow)
}

fn sum_up(flows: Flows<FlowOutcome>, part: RunPart, memory_before_bytes: u64) -> RunResult {
    let told = || {
        (0u32..)
            .zip(&flows.results)
            .filter_map(|(flow, outcome)| outcome.told.as_deref().map(|told| (flow, told)))
    };
    let mut moved = Moved::default();
    told().for_each(|(_, told)| moved += told.moved);
    let mut lateness = Histogram::default();
    let late = flows.results.iter().filter_map(|outcome| outcome.lateness.get());
    late.for_each(|late| lateness.record(late));
    let failures = || told().filter_map(|(_, told)| told.failure.as_ref());
    let recorded = told().filter_map(|(flow, told)| Some((flow, told.recording.as_ref()?)));
    let lanes = flows.cost.started.map_or_else(Vec::new, |started| lanes(started, recorded));
    RunResult {
        written_bytes: moved.written_bytes,
        read_bytes: moved.read_bytes,
        sent_bytes: moved.sent_bytes,
        received_bytes: moved.received_bytes,
        failed_flows: failures().count() as u64,
        first_failure: failures().next().cloned(),
        read_digest: (part == RunPart::Verify).then(|| digest(told())),
        lateness,
        memory_before_bytes,
        lanes,
        worker_start_s: flows.worker_start.as_secs_f64(),
        workers: flows.workers,
        workers_lost: flows.workers_lost,
        cost: flows.cost,
    }
}

/// The digest of what the flows read and received, in the order of their numbers.
fn digest<'a>(told: impl Iterator<Item = (u32, &'a Told)>) -> String {
    let mut read = blake3::Hasher::new();
    for (flow, told) in told {
        if let Some(digest) = &told.digest {
            read.update(&flow.to_le_bytes());
            read.update(digest);
        }
    }
    read.finalize().to_hex().to_string()
}
