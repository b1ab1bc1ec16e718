//! The comparison of echo servers.

use std::time::Duration;

use whywait_plan::Traits;
use whywait_report::{Comparison, Place, PlanSummary};

use super::cpu_split::CpuSplit;
use super::work::EchoWork;
use super::{EchoError, EchoOptions};
use crate::contestant::Entrant;
use crate::fit::Grants;
use crate::progress::Progress;
use crate::racer::Racer;
use crate::rounds::Desk;
use crate::{Options, Situation, Stop, machine};

/// Serves echo under every model and says what each cost.
///
/// Rounds are interleaved (A B C, C B A, A B C), and each run is a fresh server. With two CPUs or more the
/// load keeps to the last one, servers of one worker to the first, and others to all but the
/// last, with as many workers as that are CPUs where their number was not asked for. When `stop`
/// is set the comparison that there is so far comes back, marked as interrupted. The calling
/// thread must live until it returns: servers and load end with it.
///
/// # Errors
/// When the options make no sense. What goes wrong in a run is in its row.
pub fn compare_echo(
    echo: &EchoOptions,
    options: &Options,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Comparison, EchoError> {
    echo.check()?;
    let split = CpuSplit::here();
    let machine = machine::describe(&options.directory, Place::Plain);
    let command = options.command.clone();
    let comparison =
        Comparison::begin(command, machine, summary(echo), options.repeats.planned() as u64);
    let situation = Situation {
        traits: traits(echo),
        cpus: split.workers(),
        io_uring: machine::io_uring().is_ok(),
    };
    let grants = Grants::here();
    let racers = options.models.iter().map(|model| {
        let entrant = Entrant::new(*model, &situation).with_workers(split.workers());
        Racer::enter_server(entrant, echo.connections, grants, echo.least(), options)
    });
    let racers = racers.collect();
    let work = EchoWork { options: *echo, split };
    Ok(Desk::new(options, stop, comparison, progress).run(work, racers))
}

/// A connection is a flow, whose one step is repeated for as long as it is measured.
fn summary(echo: &EchoOptions) -> PlanSummary {
    PlanSummary {
        name: "echo".into(),
        flows: echo.connections as u64,
        steps: echo.connections as u64,
        file_steps: 0,
        fsync_steps: 0,
        concurrency: echo.connections as u64,
        toml: String::new(),
    }
}

/// What the rules of `auto` look at.
fn traits(echo: &EchoOptions) -> Traits {
    let bytes = (echo.connections as u64).saturating_mul(echo.message_bytes as u64);
    Traits {
        flows: u32::try_from(echo.connections).unwrap_or(u32::MAX),
        needs_concurrency: echo.connections,
        max_in_flight: echo.connections,
        steps: echo.connections as u64,
        file_operations: 0,
        file_calls: 0,
        file_read_bytes: 0,
        file_written_bytes: 0,
        network_operations: echo.connections as u64,
        sent_bytes: bytes,
        received_bytes: bytes,
        wait: Duration::ZERO,
        cpu: Duration::ZERO,
    }
}
