//! By what the models of a comparison are ranked.
//!
//! Work that ends by itself is ranked by wall time. Work that goes on for a set time, such as
//! serving, is ranked by the metric that says what it cost. No name of a plan or a model decides
//! it, only which metrics the runs have.
//!
//! Left out on purpose: several criteria at once; a reader weighs those.

use crate::metric::{METRICS, Metric, Role};
use crate::quantity::Seconds;
use crate::{Ratio, Run, Spread};

/// By what the models of a comparison are ranked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Yardstick {
    /// Wall time, the less the better.
    Wall,
    /// This metric of the plan's own, whose role is [`Role::Ranks`].
    Metric(&'static Metric),
}

impl Yardstick {
    /// The one for some runs: the first metric that ranks and that a measured run has, or else
    /// wall time.
    pub(crate) fn of(runs: &[Run]) -> Self {
        let has = |metric: &Metric| runs.iter().any(|run| run.metric(metric.name).is_some());
        let ranks = |metric: &&Metric| matches!(metric.role, Role::Ranks(_)) && has(metric);
        METRICS.iter().find(ranks).map_or(Self::Wall, Self::Metric)
    }

    /// A measured run's number by it.
    pub(crate) fn score(self, run: &Run) -> Option<Spread> {
        match self {
            Self::Wall => run.wall(),
            Self::Metric(metric) => run.metric(metric.name),
        }
    }

    /// The measured runs that have a number, best median first; equals in the order of the runs.
    pub(crate) fn ranked(self, runs: &[Run]) -> Vec<&Run> {
        let Self::Metric(metric) = self else {
            let mut walls: Vec<_> =
                runs.iter().filter_map(|run| Some((run, run.wall()?.median))).collect();
            walls.sort_by(|(_, left), (_, right)| left.total_cmp(right));
            return walls.into_iter().map(|(run, _)| run).collect();
        };
        metric.ranked(runs).into_iter().map(|(run, _)| run).collect()
    }

    /// A measured run's number by it in each round.
    fn rounds(self, run: &Run) -> Vec<f64> {
        match self {
            Self::Wall => run.walls(),
            Self::Metric(metric) => run.metric_rounds(metric.name),
        }
    }

    /// How many times as much a run's number is as another's.
    pub(crate) fn ratio(self, run: &Run, other: &Run) -> Option<Ratio> {
        Ratio::of(&self.rounds(run), &self.rounds(other))
    }

    /// How well the number of one run is known, by itself.
    pub(crate) fn certainty(self, run: &Run) -> Option<Ratio> {
        Ratio::to_median(&self.rounds(run))
    }

    /// What it is, as a noun phrase that can follow "in".
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Wall => "wall time",
            Self::Metric(metric) => metric.what,
        }
    }

    /// A number by it, as people read it.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            Self::Wall => Seconds(value).to_string(),
            Self::Metric(metric) => (metric.text)(value),
        }
    }
}

/// Whether more rounds would hardly change how the runs compare: each with the best, or the only
/// one by itself.
#[must_use]
pub fn is_settled(runs: &[Run]) -> bool {
    let yardstick = Yardstick::of(runs);
    let ratios: Vec<_> = match yardstick.ranked(runs).as_slice() {
        [] => Vec::new(),
        [only] => vec![yardstick.certainty(only)],
        [best, others @ ..] => others.iter().map(|run| yardstick.ratio(run, best)).collect(),
    };
    ratios.iter().flatten().all(Ratio::is_settled)
}

#[cfg(test)]
mod tests {
    use super::{Yardstick, is_settled};
    use crate::{Run, Sample, example};

    fn run(model: usize, walls: &[f64]) -> Run {
        let sample = |wall_s: &f64| Sample { wall_s: *wall_s, ..Sample::default() };
        let contestant = example::files().runs[model].contestant.clone();
        Run::measured(contestant, walls.iter().map(sample).collect())
    }

    #[test]
    fn a_comparison_is_settled_when_every_model_is() {
        let steady = run(0, &[1.0; 7]);
        assert!(is_settled(&[]) && is_settled(std::slice::from_ref(&steady)));
        let close = run(1, &[1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06]);
        assert!(is_settled(&[steady.clone(), close.clone()]));
        let noisy = run(2, &[1.0, 1.2, 1.1, 1.3, 0.9, 1.0, 1.1]);
        assert!(!is_settled(&[steady.clone(), close, noisy.clone()]));
        assert!(!is_settled(std::slice::from_ref(&noisy)), "it is not known by itself");
        let far = run(3, &[3.0, 5.0, 4.0, 3.5, 4.5, 6.0, 3.0]);
        assert!(is_settled(&[steady, far]), "how much slower it is matters no more");
    }

    #[test]
    fn the_metrics_decide_what_ranks() {
        assert!(matches!(Yardstick::of(&example::files().runs), Yardstick::Wall));
        assert!(matches!(Yardstick::of(&example::timers().runs), Yardstick::Wall));
        let served = Yardstick::of(&example::echo().runs);
        assert!(matches!(served, Yardstick::Metric(..)));
        assert_eq!(served.what(), "server CPU per round trip");
    }

    #[test]
    fn the_best_comes_first_and_what_was_not_measured_not_at_all() {
        let comparison = example::echo();
        let ranked = Yardstick::of(&comparison.runs).ranked(&comparison.runs);
        let models: Vec<_> = ranked.iter().map(|run| run.contestant.model.as_str()).collect();
        assert_eq!(models, ["uring", "epoll", "epoll-processes:2", "threads"]);
    }
}
