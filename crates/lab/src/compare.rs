//! The comparison: every model, round by round, then once more for its result.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use whywait::Model;
use whywait_plan::{Plan, duration_text};
use whywait_report::{Caution, Comparison, PlanSummary};

use crate::contestant::Entrant;
use crate::directory::WorkingDirectory;
use crate::fit::{self, Fit, Grants};
use crate::progress::{Progress, Stage};
use crate::racer::{Out, Racer};
use crate::run_process::{self, RunEnd};
use crate::{
    DirectoryError, RunOutcome, RunPart, RunRequest, RunResult, Situation, Stop, digest, machine,
    setup, space, warm_up,
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
    pub repeats: usize,
    /// Where the working files are made.
    pub directory: PathBuf,
    /// The longest that one run may take.
    pub time_limit: Duration,
}

/// Runs `plan` under every model and says what each cost.
///
/// Rounds are interleaved (A B C A B C), each run is a fresh process with a fresh directory. When
/// `stop` is set the comparison that there is so far comes back, marked as interrupted. The
/// calling thread must live until it returns: the runs end with it.
///
/// # Errors
/// When the working directory cannot be used. What goes wrong in a run is in its row.
pub fn compare(
    plan: &Plan,
    options: &Options,
    stop: &Stop,
    progress: &mut dyn FnMut(Progress),
) -> Result<Comparison, DirectoryError> {
    // The check needs the directory to be there, which making one in it finds out.
    drop(WorkingDirectory::make(&options.directory, 0)?);
    let room = space::room_for(plan, &options.directory)?;
    let working = WorkingDirectory::make(&options.directory, room)?;
    let machine = machine::describe(&options.directory);
    let summary = summarise(plan);
    let command = options.command.clone();
    let comparison = Comparison::begin(command, machine, summary, options.repeats as u64);
    let situation = Situation::here(plan);
    let grants = Grants::here();
    let racers = options.models.iter().map(|model| {
        Racer::enter(Entrant::new(*model, &situation), plan, grants, situation.cpus, options)
    });
    let lab = Lab {
        plan,
        toml: plan.to_toml(),
        options,
        stop,
        progress,
        racers: racers.collect(),
        shared: None,
        working,
        room,
        comparison,
        done: 0,
    };
    Ok(lab.run())
}

fn summarise(plan: &Plan) -> PlanSummary {
    let traits = plan.traits();
    PlanSummary {
        name: plan.name.clone(),
        flows: u64::from(traits.flows),
        steps: traits.steps,
        file_steps: traits.file_operations,
        concurrency: traits.needs_concurrency as u64,
        toml: plan.to_toml(),
    }
}

/// A comparison in progress.
struct Lab<'a> {
    plan: &'a Plan,
    toml: String,
    options: &'a Options,
    stop: &'a Stop,
    progress: &'a mut dyn FnMut(Progress),
    racers: Vec<Racer>,
    /// The one directory of all runs, where the flows change nothing in it.
    shared: Option<PathBuf>,
    working: WorkingDirectory,
    room: u64,
    comparison: Comparison,
    done: usize,
}

impl Lab<'_> {
    fn run(mut self) -> Comparison {
        self.warm_up();
        for round in 1..=self.options.repeats {
            for index in 0..self.racers.len() {
                self.measure(index, round);
            }
            if round < self.options.repeats && self.working.is_over_with(self.round_bytes()) {
                self.remove_between_rounds();
            }
        }
        for index in 0..self.racers.len() {
            // From here on nothing is timed, and what is removed soon was never written to the
            // device: removing that is quick.
            self.remove_runs();
            self.verify(index);
        }
        self.comparison.interrupted = self.stop.is_set();
        self.comparison.runs = self.racers.drain(..).map(Racer::into_run).collect();
        if let Some(each) = self.working.slow_creation() {
            self.comparison.warn(&Caution::SlowCreation { each_s: each.as_secs_f64() });
        }
        if cfg!(debug_assertions) {
            self.comparison.warn(&Caution::DebugBuild);
        }
        (self.progress)(Progress { done: self.done, total: self.done, stage: Stage::Remove });
        let path = self.working.path().to_path_buf();
        if let Err(error) = self.working.close() {
            let text = format!("could not remove {}: {error}", path.display());
            self.comparison.runs.iter_mut().for_each(|run| run.notes.push(text.clone()));
        }
        self.comparison.finish()
    }

    fn report(&mut self, stage: Stage) {
        let racing = self.racers.iter().filter(|racer| racer.out.is_none()).count();
        let out = self.racers.len() - racing;
        let whole = self.racers.len() * (self.options.repeats + 1);
        // A model that drops out leaves fewer runs to do; never fewer than are done.
        let total = whole.saturating_sub(out * (self.options.repeats + 1)).max(self.done + 1);
        (self.progress)(Progress { done: self.done, total, stage });
    }

    fn warm_up(&mut self) {
        let runs = (self.racers.len() * self.options.repeats) as u64;
        let shared = setup::can_be_shared(self.plan);
        let bytes = if shared { 1 } else { runs }.saturating_mul(self.plan.disk_bytes());
        if bytes > 0 && !self.stop.is_set() {
            self.report(Stage::WarmUp);
            // Without it the first samples are slower, which the spread shows.
            let _ = warm_up::touch(self.working.path(), bytes, self.room);
        }
    }

    fn measure(&mut self, index: usize, round: usize) {
        let model = self.racers[index].name();
        self.report(Stage::Measure { model, round });
        if let Some((result, _)) = self.run_one(index, RunPart::Measure) {
            self.racers[index].take(result);
        }
        self.done += usize::from(self.racers[index].out.is_none());
    }

    fn verify(&mut self, index: usize) {
        let model = self.racers[index].name();
        self.report(Stage::Verify { model });
        let Some((result, directory)) = self.run_one(index, RunPart::Verify) else { return };
        let racer = &mut self.racers[index];
        if racer.check(&result) {
            match digest::digest_directory(&directory) {
                Ok(files) => {
                    let read = result.read_digest.unwrap_or_default();
                    racer.digest = Some(digest::combine(files, &read));
                }
                Err(error) => {
                    let text = format!("its result cannot be read: {error}");
                    racer.out = Some(Out::Failed(text));
                }
            }
        }
        self.done += 1;
    }

    /// Does one run of a model that is not out; none if there is no result.
    fn run_one(&mut self, index: usize, part: RunPart) -> Option<(RunResult, PathBuf)> {
        if self.racers[index].out.is_some() || self.stop.is_set() {
            return None;
        }
        let done = self.prepare().and_then(|directory| {
            let racer = &self.racers[index];
            let limit = self.options.time_limit;
            let end = self.start(racer.entrant.model, racer.max_flows, part, &directory, limit);
            result_of(end, limit).map(|result| result.map(|result| (result, directory)))
        });
        match done {
            Ok(result) => result,
            Err(out) => {
                self.racers[index].out = Some(out);
                None
            }
        }
    }

    fn start(
        &self,
        model: Model,
        max_flows: Option<usize>,
        part: RunPart,
        directory: &Path,
        limit: Duration,
    ) -> io::Result<RunEnd> {
        let request = RunRequest {
            parent: std::process::id() as i32,
            model,
            plan: self.toml.clone(),
            directory: directory.to_path_buf(),
            part,
            max_flows,
        };
        run_process::run(&request, limit, self.stop)
    }

    /// A directory with everything in it that the flows want to find.
    fn prepare(&mut self) -> Result<PathBuf, Out> {
        if let Some(shared) = &self.shared {
            return Ok(shared.clone());
        }
        if self.working.is_full(self.plan.disk_bytes()) {
            self.remove_between_rounds();
        }
        let made = self.working.run(self.plan.disk_bytes(), self.plan.directories());
        let directory =
            made.map_err(|error| Out::Failed(format!("cannot make a working directory: {error}")))?;
        if self.plan.setup_count() > 0 {
            self.set_up(&directory)?;
            if setup::can_be_shared(self.plan) {
                self.shared = Some(directory.clone());
            }
        }
        Ok(directory)
    }

    fn set_up(&mut self, directory: &Path) -> Result<(), Out> {
        self.report(Stage::Setup);
        // In order: a group of the setup may need what the one before it made.
        let model = "blocking".parse().expect("a row of the table of models");
        let end =
            self.start(model, self.plan.max_in_flight, RunPart::Setup, directory, SETUP_LIMIT);
        let result = result_of(end, SETUP_LIMIT)?;
        match result.and_then(|result| result.first_failure) {
            Some(failure) => Err(Out::Failed(format!("in the plan's setup: {failure}"))),
            None => Ok(()),
        }
    }

    /// Bytes that one more round leaves.
    fn round_bytes(&self) -> u64 {
        let racing = self.racers.iter().filter(|racer| racer.out.is_none()).count();
        self.plan.disk_bytes().saturating_mul(racing as u64)
    }

    /// Makes room in the middle, which later samples may suffer from: the report says so.
    fn remove_between_rounds(&mut self) {
        if let Some(bytes) = self.remove_runs() {
            self.comparison.warn(&Caution::FilesRemovedBetweenRounds { bytes });
        }
    }

    /// Removes what the runs so far have left, but for what all share; gives its size if that
    /// went well. What cannot be removed now is tried again at the end, which tells.
    fn remove_runs(&mut self) -> Option<u64> {
        if self.shared.is_some() || self.stop.is_set() {
            return None;
        }
        self.report(Stage::Remove);
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
    let request = RunRequest {
        parent: std::process::id() as i32,
        model: entrant.model,
        plan: plan.to_toml(),
        directory: directory.to_path_buf(),
        part: RunPart::Measure,
        max_flows,
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
        Ok(RunEnd::TooLong) => Err(Out::Skipped(format!(
            "it was ended after {}, the limit; raise it with --time-limit",
            duration_text(limit)
        ))),
        Err(error) => Err(Out::Failed(format!("its process could not be run: {error}"))),
    }
}
