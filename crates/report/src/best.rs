//! Which model was best by what.
//!
//! Left out on purpose: whether the lead is more than noise; the verdict says so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::yardstick::Yardstick;
use crate::{METRICS, Run, Spread};

/// The model with the best median of each number, as it was asked for. Null when no run is `ok`.
///
/// `wall_s` and `cpu_s` are null, too, where a metric ranks the models: such work sets its own
/// time, so less of it is no merit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Best {
    /// The fastest.
    pub wall_s: Option<String>,
    /// The one that needed the least CPU time, user and kernel together.
    pub cpu_s: Option<String>,
    /// The one that needed the least memory.
    pub peak_memory_bytes: Option<String>,
    /// The best by each metric of the plan's own of which more or less is better.
    #[serde(default)]
    pub metrics: BTreeMap<String, String>,
}

impl Best {
    /// The best of some runs; of equals, the first.
    #[must_use]
    pub fn of(runs: &[Run]) -> Self {
        let model = |number: fn(&Run) -> Option<Spread>| {
            least(runs, number).map(|(run, _)| run.contestant.model.clone())
        };
        let finite = matches!(Yardstick::of(runs), Yardstick::Wall);
        let metrics = METRICS.iter().filter_map(|metric| {
            let (run, _) = metric.ranked(runs).into_iter().next()?;
            Some((metric.name.to_string(), run.contestant.model.clone()))
        });
        Self {
            wall_s: model(Run::wall).filter(|_| finite),
            cpu_s: model(|run| run.measures.cpu_s).filter(|_| finite),
            peak_memory_bytes: model(|run| run.measures.peak_memory_bytes),
            metrics: metrics.collect(),
        }
    }
}

/// The `ok` run with the least median of a number, and that number; of equals, the first.
pub(crate) fn least(runs: &[Run], number: fn(&Run) -> Option<Spread>) -> Option<(&Run, Spread)> {
    runs.iter()
        .filter(|run| run.is_ok())
        .filter_map(|run| Some((run, number(run)?)))
        .min_by(|(_, left), (_, right)| left.median.total_cmp(&right.median))
}

#[cfg(test)]
mod tests {
    use super::Best;
    use crate::example;

    #[test]
    fn the_best_are_named_as_they_were_asked_for() {
        let best = Best::of(&example::files().runs);
        assert_eq!(best.wall_s.as_deref(), Some("thread-pool:2"));
        assert_eq!(best.cpu_s.as_deref(), Some("blocking"));
        assert_eq!(best.peak_memory_bytes.as_deref(), Some("blocking"));
    }

    #[test]
    fn by_a_metric_less_or_more_is_better() {
        let best = Best::of(&example::echo().runs);
        assert_eq!(best.metrics["server_cpu_us_per_round_trip"], "uring");
        assert_eq!(best.metrics["round_trips_per_s"], "epoll-processes:2");
        assert_eq!(best.metrics["memory_bytes_per_connection"], "epoll");
        assert!(!best.metrics.contains_key("connections"), "{best:?}");
        assert_eq!((best.wall_s, best.cpu_s), (None, None), "its time was set");
    }

    #[test]
    fn what_failed_or_was_skipped_is_never_best() {
        let mut runs = example::files().runs;
        runs.retain(|run| !run.is_ok());
        assert!(!runs.is_empty());
        assert_eq!(Best::of(&runs), Best::default());
    }
}
