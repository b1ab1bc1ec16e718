//! The rounds of a comparison: every model in turn, again and again, then once more for its
//! result.
//!
//! Left out on purpose: what the models are given to do, which is a [`Work`].

use std::time::{Duration, Instant};

use whywait_report::{Caution, Comparison, Run, is_settled};

use crate::progress::{Progress, Stage};
use crate::racer::{Out, Racer};
use crate::{Options, Repeats, Stop};

/// What the models of a comparison are given to do.
///
/// Methods that run something look at [`Desk::stop`] several times a second; once it is set they
/// end what runs and return `Ok`.
pub(crate) trait Work {
    /// What comes before the first round, and is not timed.
    fn warm_up(&mut self, desk: &mut Desk<'_>);

    /// Does one measured run, and gives the racer what was seen.
    fn measure(&mut self, racer: &mut Racer, desk: &mut Desk<'_>) -> Result<(), Out>;

    /// What comes between two rounds.
    fn between_rounds(&mut self, desk: &mut Desk<'_>);

    /// Does one untimed run, and gives the racer its digest.
    fn verify(&mut self, racer: &mut Racer, desk: &mut Desk<'_>) -> Result<(), Out>;

    /// Ends; what went wrong with that goes to the runs.
    fn close(self, runs: &mut [Run], desk: &mut Desk<'_>);
}

/// A comparison in progress, as the work sees it.
pub(crate) struct Desk<'a> {
    pub(crate) options: &'a Options,
    pub(crate) stop: &'a Stop,
    pub(crate) comparison: Comparison,
    /// Models that take part, and those of them that are not out.
    pub(crate) models: usize,
    pub(crate) racing: usize,
    progress: &'a mut dyn FnMut(Progress),
    /// Runs that are over.
    done: usize,
    /// Rounds that have begun.
    rounds: usize,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        options: &'a Options,
        stop: &'a Stop,
        comparison: Comparison,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self { options, stop, comparison, models: 0, racing: 0, progress, done: 0, rounds: 0 }
    }

    /// Tells what is being done.
    pub(crate) fn report(&mut self, stage: Stage) {
        let runs = self.options.repeats.planned().max(self.rounds) + 1;
        // A model that drops out leaves fewer runs to do; never fewer than are done.
        let total = (self.racing * runs).max(self.done + 1);
        (self.progress)(Progress { done: self.done, total, stage });
    }

    /// Runs all rounds, and then each model once more.
    pub(crate) fn run<W: Work>(mut self, mut work: W, mut racers: Vec<Racer>) -> Comparison {
        self.models = racers.len();
        self.racing = racers.iter().filter(|racer| racer.out.is_none()).count();
        work.warm_up(&mut self);
        self.measure(&mut work, &mut racers);
        for racer in &mut racers {
            let stage = Stage::Verify { model: racer.name() };
            self.step(racer, stage, |racer, desk| work.verify(racer, desk));
        }
        self.comparison.interrupted = self.stop.is_set();
        if cfg!(debug_assertions) {
            self.comparison.warn(&Caution::DebugBuild);
        }
        let mut runs: Vec<_> = racers.into_iter().map(Racer::into_run).collect();
        work.close(&mut runs, &mut self);
        self.comparison.runs = runs;
        self.comparison.finish()
    }

    /// Runs rounds until there are enough of them.
    fn measure<W: Work>(&mut self, work: &mut W, racers: &mut [Racer]) {
        let (started, mut longest) = (Instant::now(), Duration::ZERO);
        loop {
            let began = Instant::now();
            self.round(work, racers);
            longest = longest.max(began.elapsed());
            let settled = || is_settled(&racers.iter().map(Racer::run_so_far).collect::<Vec<_>>());
            let elapsed = started.elapsed();
            let repeats = self.options.repeats;
            let wanted = self.racing > 0 && !self.stop.is_set();
            if !wanted || !repeats.wants_more(self.rounds, elapsed, longest, settled) {
                break;
            }
            work.between_rounds(self);
        }
        if self.options.repeats == Repeats::Auto {
            self.comparison.repeats = self.rounds as u64;
        }
    }

    /// Measures every model once. Every other round goes backwards, so that a model comes as often
    /// before another as after it.
    fn round<W: Work>(&mut self, work: &mut W, racers: &mut [Racer]) {
        self.rounds += 1;
        let round = self.rounds;
        let mut measure = |racer: &mut Racer| {
            let stage = Stage::Measure { model: racer.name(), round };
            self.step(racer, stage, |racer, desk| work.measure(racer, desk));
        };
        if round % 2 == 1 {
            racers.iter_mut().for_each(&mut measure);
        } else {
            racers.iter_mut().rev().for_each(&mut measure);
        }
    }

    /// Does something with a model that is not out, unless all shall end.
    fn step(
        &mut self,
        racer: &mut Racer,
        stage: Stage,
        run: impl FnOnce(&mut Racer, &mut Self) -> Result<(), Out>,
    ) {
        if racer.out.is_some() || self.stop.is_set() {
            return;
        }
        self.report(stage);
        if let Err(out) = run(racer, self) {
            racer.out = Some(out);
        }
        match racer.out {
            None => self.done += 1,
            Some(_) => self.racing -= 1,
        }
    }
}
