//! The document of a comparison.
//!
//! Left out on purpose: measuring, and anything that must be known to read the document beyond
//! this crate's own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::yardstick::Yardstick;
use crate::{
    Agreement, Best, Caution, Machine, PlanSummary, Ratio, Run, SENTENCES, Schema, Warning,
};

/// One plan under every model: what each cost, and whether all gave the same result.
///
/// Readers must ignore fields that they do not know: later versions of whywait add some without
/// changing `schema`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// What this document is, and its version.
    pub schema: Schema,
    /// The version of whywait that measured.
    pub whywait_version: String,
    /// The command that was run, program first.
    pub command: Vec<String>,
    /// Where it ran.
    pub machine: Machine,
    /// What every model was asked to do.
    pub plan: PlanSummary,
    /// Rounds, in each of which every model is measured once: as many as were asked for or, with
    /// `--repeat auto`, as it took to tell the models apart.
    pub repeats: u64,
    /// Whether it was ended before all repeats were done; a run then has fewer samples.
    #[serde(default)]
    pub interrupted: bool,
    /// What each model did, in the order in which the models were asked for.
    pub runs: Vec<Run>,
    /// Whether each `ok` run has a digest and all of these are the same.
    pub equal_results: bool,
    /// Which model needed least of what.
    pub best: Best,
    /// What follows from the numbers, each a sentence or two.
    pub verdict: Vec<String>,
    /// What makes the numbers less trustworthy, each with advice.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

impl Comparison {
    /// A document without runs. Push them to `runs` as they end, then [`finish`](Self::finish).
    #[must_use]
    pub fn begin(command: Vec<String>, machine: Machine, plan: PlanSummary, repeats: u64) -> Self {
        Self {
            schema: Schema::Compare1,
            whywait_version: env!("CARGO_PKG_VERSION").into(),
            command,
            machine,
            plan,
            repeats,
            interrupted: false,
            runs: Vec::new(),
            equal_results: true,
            best: Best::default(),
            verdict: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds a warning, once.
    pub fn warn(&mut self, caution: &Caution) {
        let warning = Warning::from(caution);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Fills in what follows from the runs: `equal_results`, `best`, `verdict` and warnings.
    ///
    /// Finishing twice changes nothing.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.equal_results = self.agreement() == Agreement::Equal;
        self.best = Best::of(&self.runs);
        let ratios = self.ratios();
        self.runs.iter_mut().zip(ratios).for_each(|(run, ratio)| run.times_best = ratio);
        for caution in Caution::of(&self) {
            self.warn(&caution);
        }
        self.verdict = SENTENCES.iter().flat_map(|sentence| sentence.said_of(&self)).collect();
        self
    }

    /// Whether all models that were measured gave the same result, and if not, which did not.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        Agreement::of(&self.runs)
    }

    /// The run that ranks first; of equals, the first that was asked for.
    #[must_use]
    pub fn first(&self) -> Option<&Run> {
        self.ranked().into_iter().next()
    }

    /// The runs that were measured, best first: by least median wall time, or by the metric that
    /// ranks where runs have one ([`Role::Ranks`](crate::Role::Ranks)).
    #[must_use]
    pub fn ranked(&self) -> Vec<&Run> {
        self.yardstick().ranked(&self.runs)
    }

    /// Of each run, how many times as much its number is as that of the best.
    fn ratios(&self) -> Vec<Option<Ratio>> {
        let Some(best) = self.first() else { return vec![None; self.runs.len()] };
        let ratio = |run: &Run| match run {
            run if std::ptr::eq(run, best) => Some(Ratio::ONE),
            run if run.is_ok() => self.yardstick().ratio(run, best),
            _ => None,
        };
        self.runs.iter().map(ratio).collect()
    }

    /// By what its models are ranked.
    pub(crate) fn yardstick(&self) -> Yardstick {
        Yardstick::of(&self.runs)
    }

    /// The first measured run of a model, whatever its number of workers.
    pub(crate) fn measured(&self, base: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.wall().is_some() && run.contestant.base() == base)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Comparison, example};

    #[test]
    fn finishing_twice_changes_nothing() {
        let once = example::everything();
        assert!(!once.warnings.is_empty() && !once.verdict.is_empty());
        assert_eq!(once.clone().finish(), once);
    }

    #[test]
    fn runs_rank_by_wall_time() {
        let comparison = example::files();
        let models: Vec<_> =
            comparison.ranked().iter().map(|run| run.contestant.model.as_str()).collect();
        assert_eq!(models[0], "thread-pool:2");
        assert_eq!(models.last(), Some(&"offload"));
        assert_eq!(comparison.first(), comparison.ranked().first().copied());
    }

    #[test]
    fn runs_of_work_that_sets_its_own_time_rank_by_what_it_cost() {
        let comparison = example::echo();
        assert_eq!(comparison.first().map(|run| run.contestant.model.as_str()), Some("uring"));
    }

    #[test]
    fn results_that_differ_are_not_equal() {
        assert!(example::files().equal_results);
        assert!(!example::results_differ().equal_results);
    }

    #[test]
    fn without_runs_there_is_nothing_best() {
        let Comparison { command, machine, plan, .. } = example::files();
        let empty = Comparison::begin(command, machine, plan, 3).finish();
        assert_eq!(empty.best, crate::Best::default());
        assert!(empty.equal_results);
    }
}
