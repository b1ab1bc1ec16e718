//! What one model did.
//!
//! Left out on purpose: how it compares with the others, which only [`Comparison`] knows.
//!
//! [`Comparison`]: crate::Comparison

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Contestant, Lane, Latency, Ratio, Sample, Spread, Spreads};

/// What one model did with the plan, and what it cost.
///
/// Every number but the latencies is an object of `median`, `min` and `max` over the repeats. All
/// are null in a run that is not `ok`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The model.
    #[serde(flatten)]
    pub contestant: Contestant,
    /// How it ended.
    pub status: Status,
    /// Why it was skipped or how it failed; null when it is `ok`.
    pub reason: Option<String>,
    /// The repeats, in the order in which they ran; those that a failed run finished, too.
    pub samples: Vec<Sample>,
    /// Each number over the repeats.
    #[serde(flatten)]
    pub measures: Spreads,
    /// How many times as much its wall time is as that of the best model, or its metric where one
    /// ranks the models, round by round.
    #[serde(default)]
    pub times_best: Option<Ratio>,
    /// From when a flow was due to its last completion, over all flows and repeats. Waiting for a
    /// worker is part of it. A flow is due when the run starts.
    pub flow_latency_s: Option<Latency>,
    /// From a flow's first submit to its last completion, over all flows and repeats.
    #[serde(default)]
    pub flow_service_s: Option<Latency>,
    /// From an operation's submit to its completion, over all operations and repeats.
    pub op_latency_s: Option<Latency>,
    /// BLAKE3, in hexadecimal, of what the untimed run left: for files, of what is on the disk.
    /// Null when that run did not take place.
    pub digest: Option<String>,
    /// The plan's own numbers, by name; a unit ends the name. Of a number that every repeat has,
    /// the median.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
    /// Of the plan's own numbers that every repeat has, each repeat's, in the order in which they
    /// ran.
    #[serde(default)]
    pub metric_samples: BTreeMap<String, Vec<f64>>,
    /// The order of events, from an untimed run; empty when it was not recorded.
    #[serde(default)]
    pub lanes: Vec<Lane>,
    /// Workers that died and were replaced, over all repeats. Their unfinished flows were run
    /// again.
    #[serde(default)]
    pub workers_lost: u64,
    /// What else a reader should know about this run, each a sentence.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was measured.
    Ok,
    /// It was not tried, or not to the end of its first repeat, and need not have failed.
    Skipped,
    /// It was tried and did not do its work.
    Failed,
}

impl Run {
    /// How often its threads left a CPU, by their own will and not: the sum of the medians.
    pub(crate) fn switches(&self) -> Option<f64> {
        let Spreads { voluntary_switches, involuntary_switches, .. } = &self.measures;
        let (voluntary, involuntary) = voluntary_switches.zip(*involuntary_switches)?;
        Some(voluntary.median + involuntary.median)
    }

    /// A run that was measured in some repeats. Latencies, digest and metrics are the caller's to
    /// fill in.
    #[must_use]
    pub fn measured(contestant: Contestant, samples: Vec<Sample>) -> Self {
        let measures = Spreads::of(&samples);
        Self { samples, measures, ..Self::ended(contestant, Status::Ok, None) }
    }

    /// A run that was not tried, and why.
    #[must_use]
    pub fn skipped(contestant: Contestant, reason: impl Into<String>) -> Self {
        Self::ended(contestant, Status::Skipped, Some(reason.into()))
    }

    /// A run that failed, how, and the repeats that it had finished before.
    #[must_use]
    pub fn failed(contestant: Contestant, reason: impl Into<String>, samples: Vec<Sample>) -> Self {
        Self { samples, ..Self::ended(contestant, Status::Failed, Some(reason.into())) }
    }

    /// This run with the plan's own numbers of one more repeat: `metric_samples` has them, and
    /// `metrics` the medians. A number that is not finite is left out.
    #[must_use]
    pub fn with_metrics(mut self, repeat: BTreeMap<String, f64>) -> Self {
        for (name, value) in repeat.into_iter().filter(|(_, value)| value.is_finite()) {
            let values = self.metric_samples.entry(name.clone()).or_default();
            values.push(value);
            if let Some(spread) = Spread::of(values) {
                self.metrics.insert(name, spread.median);
            }
        }
        self
    }

    /// One of the plan's own numbers over the repeats; one that is known only for the whole run
    /// has no width. `None` in a run that is not `ok`, or that has no such number.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<Spread> {
        self.is_ok().then(|| Spread::of(&self.metric_rounds(name))).flatten()
    }

    /// The share of its CPU time that was spent in the kernel, an estimate from all repeats; `None`
    /// where these are too short for one.
    #[must_use]
    pub fn kernel_share(&self) -> Option<f64> {
        /// The kernel looks at least so often in which mode a thread is.
        const TICK_S: f64 = 0.01;
        /// Looks from which on the share is known to a tenth or so.
        const LEAST_TICKS: f64 = 25.0;
        let sum = |pick: fn(&Sample) -> f64| self.samples.iter().map(pick).sum::<f64>();
        let cpu_s = sum(|sample| sample.cpu_s);
        let enough = self.is_ok() && cpu_s >= LEAST_TICKS * TICK_S;
        enough.then(|| sum(|sample| sample.cpu_system_s) / cpu_s)
    }

    /// One of the plan's own numbers in each round; one that is known only for the whole run stands
    /// alone.
    pub(crate) fn metric_rounds(&self, name: &str) -> Vec<f64> {
        let whole = || self.metrics.get(name).copied().into_iter().collect();
        self.metric_samples.get(name).cloned().unwrap_or_else(whole)
    }

    /// The wall time of each round.
    pub(crate) fn walls(&self) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.wall_s).collect()
    }

    /// Whether it was measured.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }

    /// The wall time of a run that was measured.
    pub(crate) fn wall(&self) -> Option<Spread> {
        self.is_ok().then_some(self.measures.wall_s).flatten()
    }

    fn ended(contestant: Contestant, status: Status, reason: Option<String>) -> Self {
        Self {
            contestant,
            status,
            reason,
            samples: Vec::new(),
            measures: Spreads::default(),
            times_best: None,
            flow_latency_s: None,
            flow_service_s: None,
            op_latency_s: None,
            digest: None,
            metrics: BTreeMap::new(),
            metric_samples: BTreeMap::new(),
            lanes: Vec::new(),
            workers_lost: 0,
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::{Run, Sample, Spread, example};

    #[test]
    fn metrics_of_repeats_have_a_median_and_a_spread() {
        let mut run = Run::measured(example::files().runs[0].contestant.clone(), vec![]);
        for rate in [2.0, 9.0, 3.0, f64::NAN] {
            run = run.with_metrics(BTreeMap::from([("round_trips_per_s".into(), rate)]));
        }
        assert_eq!(run.metrics["round_trips_per_s"], 3.0);
        assert_eq!(run.metric_samples["round_trips_per_s"], [2.0, 9.0, 3.0]);
        let spread = Spread { median: 3.0, min: 2.0, max: 9.0 };
        assert_eq!(run.metric("round_trips_per_s"), Some(spread));
        run.metrics.insert("written_bytes".into(), 7.0);
        let whole = Spread { median: 7.0, min: 7.0, max: 7.0 };
        assert_eq!(run.metric("written_bytes"), Some(whole));
        assert_eq!(run.metric("read_bytes"), None);
    }

    #[test]
    fn a_few_ticks_tell_no_kernel_share() {
        let contestant = example::files().runs[0].contestant.clone();
        let sample =
            Sample { cpu_s: 0.1, cpu_user_s: 0.02, cpu_system_s: 0.08, ..Sample::default() };
        let share = |repeats| {
            Run::measured(contestant.clone(), vec![sample.clone(); repeats]).kernel_share()
        };
        assert_eq!(share(2), None);
        assert!((share(3).expect("enough") - 0.8).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_measured_has_no_metric() {
        let contestant = example::files().runs[0].contestant.clone();
        let rate = BTreeMap::from([("round_trips_per_s".into(), 2.0)]);
        let run = Run::failed(contestant, "the server ended", vec![]).with_metrics(rate);
        assert_eq!(run.metric("round_trips_per_s"), None);
    }
}
