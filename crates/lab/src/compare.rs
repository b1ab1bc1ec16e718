//! The comparison: every model, round by round, then once more for its result.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use whywait::Model;
use whywait_plan::{Action, FlowGroup, Plan, Step};
use whywait_report::{Caution, Comparison, Place, PlanSummary, Run};

use crate::contestant::Entrant;
use crate::directory::WorkingDirectory;
use crate::fit::{self, Fit, Grants};
use crate::keeping::Keeping;
use crate::peer::PeerServers;
use crate::progress::{Progress, Stage};
use crate::racer::{Out, Racer};
use crate::rounds::{Desk, Work};
use crate::run_process::{self, RunEnd};
use crate::{
    CompareError, Repeats, RunOutcome, RunPart, RunRequest, RunResult, Situation, Stop, digest,
    machine, setup, space, warm_up,
};

/// How long the setup of a plan may take; it is not measured.
const SETUP_LIMIT: Duration = Duration::from_secs(600);

/// How a comparison is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The command as it was given, for the report.
    pub command: Vec<String>,
    /// The models, in the order of each round.
    pub models: Vec<Model>,
    /// Measured runs of each model.
    pub repeats: Repeats,
    /// Where the working files are made.
    pub directory: PathBuf,
    /// In which directories there, where the filesystem has a say in it.
    pub place: Place,
    /// The longest that one run may take.
    pub time_limit: Duration,
    /// Where bodies are kept that the plan saves; they are not without. It is made if need be.
    pub save: Option<PathBuf>,
}

/// Runs `plan` under every model and says what each cost.
///
/// Rounds are interleaved (A B C, C B A, A B C), each run is a fresh process with a fresh directory.
/// When `stop` is set the comparison that there is so far comes back, marked as interrupted. The
/// calling thread must live until it returns: the runs end with it.
///
/// # Errors
/// When the working directory cannot be used, or the plan's peers cannot be started. What goes
/// wrong in a run is in its row.
pub fn compare(
    plan: &Plan,
    options: &Options,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Comparison, CompareError> {
    // The check needs the directory to be there, which making one in it finds out.
    drop(WorkingDirectory::make(&options.directory, options.place, 0)?);
    let room = space::room_for(plan, &options.directory)?;
    let working = WorkingDirectory::make(&options.directory, options.place, room)?;
    let peers = PeerServers::start(plan)?;
    let machine = machine::describe(&options.directory, place_of_runs(plan, &working));
    let summary = summarise(plan);
    let command = options.command.clone();
    let comparison = Comparison::begin(command, machine, summary, options.repeats.planned() as u64);
    let situation = Situation::here(plan);
    let grants = Grants::here();
    let racers = options.models.iter().map(|model| {
        Racer::enter(Entrant::new(*model, &situation), plan, grants, situation.cpus, options)
    });
    let keeping = Keeping::new(options.save.clone());
    let work = PlanWork { plan, toml: plan.to_toml(), peers, shared: None, working, room, keeping };
    Ok(Desk::new(options, stop, comparison, progress).run(work, racers.collect()))
}

/// Where the runs of a plan make their files: of a plan that leaves none it makes no difference.
fn place_of_runs(plan: &Plan, working: &WorkingDirectory) -> Place {
    if plan.disk_bytes() > 0 { working.place() } else { Place::Plain }
}

fn summarise(plan: &Plan) -> PlanSummary {
    let traits = plan.traits();
    PlanSummary {
        name: plan.name.clone(),
        flows: u64::from(traits.flows),
        steps: traits.steps,
        file_steps: traits.file_operations,
        fsync_steps: fsync_steps(plan),
        concurrency: traits.needs_concurrency as u64,
        toml: plan.to_toml(),
    }
}

/// Steps of all flows that wait for the device.
fn fsync_steps(plan: &Plan) -> u64 {
    let waits = |step: &&Arc<dyn Step>| matches!(step.action(0), Action::Fsync);
    let of_group = |group: &FlowGroup| group.steps.iter().filter(waits).count() as u64;
    plan.flows.iter().map(|group| u64::from(group.count) * of_group(group)).sum()
}

/// A plan that the models are given to do.
struct PlanWork<'a> {
    plan: &'a Plan,
    toml: String,
    /// Those of the plan, for as long as there are runs.
    peers: PeerServers,
    /// The one directory of all runs, where the flows change nothing in it.
    shared: Option<PathBuf>,
    working: WorkingDirectory,
    room: u64,
    keeping: Keeping,
}

impl Work for PlanWork<'_> {
    fn warm_up(&mut self, desk: &mut Desk<'_>) {
        let runs = (desk.models * desk.options.repeats.planned()) as u64;
        let shared = setup::can_be_shared(self.plan);
        let bytes = if shared { 1 } else { runs }.saturating_mul(self.plan.disk_bytes());
        if bytes > 0 && !desk.stop.is_set() {
            desk.report(Stage::WarmUp);
            // Without it the first samples are slower, which the spread shows.
            let _ = warm_up::touch(self.working.path(), bytes, self.room);
        }
    }

    fn measure(&mut self, racer: &mut Racer, desk: &mut Desk<'_>) -> Result<(), Out> {
        if let Some((result, _)) = self.run_one(racer, RunPart::Measure, desk)? {
            racer.take(result);
        }
        Ok(())
    }

    fn between_rounds(&mut self, desk: &mut Desk<'_>) {
        let round_bytes = self.plan.disk_bytes().saturating_mul(desk.racing as u64);
        if self.working.is_over_with(round_bytes) {
            self.remove_between_rounds(desk);
        }
    }

    fn verify(&mut self, racer: &mut Racer, desk: &mut Desk<'_>) -> Result<(), Out> {
        // From here on nothing is timed, and what is removed soon was never written to the
        // device: removing that is quick.
        self.remove_runs(desk);
        let Some((result, directory)) = self.run_one(racer, RunPart::Verify, desk)? else {
            return Ok(());
        };
        if racer.check(&result) {
            racer.lanes = result.lanes;
            let files = digest::digest_directory(&directory);
            let files = files
                .map_err(|error| Out::Failed(format!("its result cannot be read: {error}")))?;
            let read = result.read_digest.unwrap_or_default();
            racer.digest = Some(digest::combine(files, &read));
            self.keeping.keep(self.plan, &directory, desk);
        }
        Ok(())
    }

    fn close(self, runs: &mut [Run], desk: &mut Desk<'_>) {
        if let Some(each) = self.working.slow_creation() {
            desk.comparison.warn(&Caution::SlowCreation { each_s: each.as_secs_f64() });
        }
        desk.report(Stage::Remove);
        let path = self.working.path().to_path_buf();
        if let Err(error) = self.working.close() {
            let text = format!("could not remove {}: {error}", path.display());
            runs.iter_mut().for_each(|run| run.notes.push(text.clone()));
        }
    }
}

impl PlanWork<'_> {
    /// Does one run; none if there is no result, because all shall end.
    fn run_one(
        &mut self,
        racer: &Racer,
        part: RunPart,
        desk: &mut Desk<'_>,
    ) -> Result<Option<(RunResult, PathBuf)>, Out> {
        let directory = self.prepare(desk)?;
        let limit = desk.options.time_limit;
        let end = self.start(racer.entrant.model, racer.max_flows, part, &directory, (limit, desk));
        Ok(result_of(end, limit)?.map(|result| (result, directory)))
    }

    fn start(
        &self,
        model: Model,
        max_flows: Option<usize>,
        part: RunPart,
        directory: &Path,
        (limit, desk): (Duration, &mut Desk<'_>),
    ) -> io::Result<RunEnd> {
        let request = RunRequest {
            parent: std::process::id() as i32,
            model,
            plan: self.toml.clone(),
            directory: directory.to_path_buf(),
            part,
            max_flows,
            peers: self.peers.addresses().clone(),
            bodies: self.keeping.make_place(part, directory)?,
        };
        let stop = desk.stop;
        run_process::run_telling(&request, limit, stop, &mut |news| {
            desk.report(Stage::Download(news));
        })
    }

    /// A directory with everything in it that the flows want to find.
    fn prepare(&mut self, desk: &mut Desk<'_>) -> Result<PathBuf, Out> {
        if let Some(shared) = &self.shared {
            return Ok(shared.clone());
        }
        if self.working.is_full(self.plan.disk_bytes()) {
            self.remove_between_rounds(desk);
        }
        let made = self.working.run(self.plan.disk_bytes(), self.plan.directories());
        let directory =
            made.map_err(|error| Out::Failed(format!("cannot make a working directory: {error}")))?;
        if self.plan.setup_count() > 0 {
            self.set_up(&directory, desk)?;
            if setup::can_be_shared(self.plan) {
                self.shared = Some(directory.clone());
            }
        }
        Ok(directory)
    }

    fn set_up(&mut self, directory: &Path, desk: &mut Desk<'_>) -> Result<(), Out> {
        desk.report(Stage::Setup);
        // In order: a group of the setup may need what the one before it made.
        let model = "blocking".parse().expect("a row of the table of models");
        let within = (SETUP_LIMIT, desk);
        let end = self.start(model, self.plan.max_in_flight, RunPart::Setup, directory, within);
        let result = result_of(end, SETUP_LIMIT)?;
        match result.and_then(|result| result.first_failure) {
            Some(failure) => Err(Out::Failed(format!("in the plan's setup: {failure}"))),
            None => Ok(()),
        }
    }

    /// Makes room in the middle, which later samples may suffer from: the report says so.
    fn remove_between_rounds(&mut self, desk: &mut Desk<'_>) {
        // Where a fast place is looked for, the runs after it find one.
        let looks = self.working.place() == Place::Fast;
        if let Some(bytes) = self.remove_runs(desk).filter(|_| !looks) {
            desk.comparison.warn(&Caution::FilesRemovedBetweenRounds { bytes });
        }
    }

    /// Removes what the runs so far have left, but for what all share; gives its size if that
    /// went well. What cannot be removed now is tried again at the end, which tells.
    fn remove_runs(&mut self, desk: &mut Desk<'_>) -> Option<u64> {
        if self.shared.is_some() || desk.stop.is_set() {
            return None;
        }
        desk.report(Stage::Remove);
        self.working.remove_runs().ok()
    }
}

/// Does one run of `plan` under `model` in `directory`, in a fresh process, and gives what it
/// cost. For programs that compare models with something else than models.
///
/// `directory` holds what the flows want to find; nothing in it is removed. The rules for the
/// calling program are those of [`compare`].
///
/// # Errors
/// Why there is no result: the model cannot run the plan here, a flow failed, or the run took
/// longer than `time_limit`.
pub fn run_once(
    plan: &Plan,
    model: Model,
    directory: &Path,
    time_limit: Duration,
) -> Result<RunResult, String> {
    let entrant = Entrant::new(model, &Situation::here(plan));
    let max_flows = match fit::check(entrant.model, plan, Grants::here()) {
        Fit::Fits { max_flows } => max_flows,
        Fit::Not(why) => return Err(why),
    };
    let peers = PeerServers::start(plan).map_err(|error| error.to_string())?;
    let request = RunRequest {
        parent: std::process::id() as i32,
        model: entrant.model,
        plan: plan.to_toml(),
        directory: directory.to_path_buf(),
        part: RunPart::Measure,
        max_flows,
        peers: peers.addresses().clone(),
        bodies: None,
    };
    let end = run_process::run(&request, time_limit, &Stop::default());
    match result_of(end, time_limit) {
        Ok(Some(RunResult { first_failure: Some(failure), .. })) => Err(failure),
        Ok(Some(result)) => Ok(result),
        Ok(None) => Err("it was stopped".into()),
        Err(Out::Skipped(why) | Out::Failed(why)) => Err(why),
    }
}

/// A run's result; none when it was stopped.
fn result_of(end: io::Result<RunEnd>, limit: Duration) -> Result<Option<RunResult>, Out> {
    match end {
        Ok(RunEnd::Answered(RunOutcome::Ran(result))) => Ok(Some(*result)),
        Ok(RunEnd::Answered(RunOutcome::Unable(why))) => Err(Out::Skipped(why)),
        Ok(RunEnd::Answered(RunOutcome::Broken(why)) | RunEnd::Died(why)) => Err(Out::Failed(why)),
        Ok(RunEnd::Stopped) => Ok(None),
        Ok(RunEnd::TooLong) => Err(Out::too_long(limit)),
        Err(error) => Err(Out::Failed(format!("its process could not be run: {error}"))),
    }
}
