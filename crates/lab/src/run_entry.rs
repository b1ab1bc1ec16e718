//! Where the program, executed again, becomes a measured process.

use std::io::{self, Read, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use whywait::{Error, Flows, Runtime};
use whywait_plan::Plan;

use crate::flow::{FlowContext, FlowOutcome, SharedPlan, run_flow};
use crate::{RunOutcome, RunPart, RunRequest, RunResult};

/// The name under which measured processes are started and show in `ps`.
pub(crate) const RUN_NAME: &str = "whywait-run";

/// Whether this program gives its measured processes a place to begin.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Whether [`run_entry`] was called. Without it a measured process would be the whole program
/// once more, which would start measured processes of its own, and so on without end.
pub(crate) fn was_entered() -> bool {
    ENTERED.load(Ordering::Relaxed)
}

/// Lets this program's measured processes begin; in `main`, right after
/// `whywait::worker_entry()`.
///
/// In such a process it does one run, answers on standard output and does not return; everywhere
/// else it does nothing but note that it was called.
pub fn run_entry() {
    ENTERED.store(true, Ordering::Relaxed);
    if std::env::args_os().next().is_some_and(|name| name == RUN_NAME) {
        let answered = answer();
        if let Err(error) = &answered {
            eprintln!("{RUN_NAME}: {error}");
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
fn end_with(parent: i32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid().map(Pid::as_raw_nonzero).map(i32::from) != Some(parent) {
        return Err(io::Error::other("the process that asked for this run is gone"));
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
    let context = FlowContext { plan: SharedPlan(plan), part: request.part };
    match run_flows(request, context, flows) {
        Ok(flows) => RunOutcome::Ran(Box::new(sum_up(flows, request.part))),
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
    let mut builder = Runtime::builder(request.model);
    if let Some(max_flows) = request.max_flows {
        builder = builder.max_flows(max_flows);
    }
    if request.part == RunPart::Measure {
        builder = builder.record_op_latencies();
    }
    builder.build()?.measure_flows(context, 0..flows, run_flow)
}

fn sum_up(flows: Flows<FlowOutcome>, part: RunPart) -> RunResult {
    let mut read = blake3::Hasher::new();
    for (number, outcome) in (0u32..).zip(&flows.results) {
        if let Some(digest) = &outcome.read_digest {
            read.update(&number.to_le_bytes());
            read.update(digest);
        }
    }
    let sum = |bytes: fn(&FlowOutcome) -> u64| flows.results.iter().map(bytes).sum();
    let failures = || flows.results.iter().filter_map(|outcome| outcome.failure.as_ref());
    RunResult {
        written_bytes: sum(|outcome| outcome.written_bytes),
        read_bytes: sum(|outcome| outcome.read_bytes),
        failed_flows: failures().count() as u64,
        first_failure: failures().next().cloned(),
        read_digest: (part == RunPart::Verify).then(|| read.finalize().to_hex().to_string()),
        worker_start_s: flows.worker_start.as_secs_f64(),
        workers: flows.workers,
        workers_lost: flows.workers_lost,
        cost: flows.cost,
    }
}
