//! Which models were best by the plan's own numbers.
//!
//! Left out on purpose: which number matters most; that is the reader's to know.

use crate::metric::{Better, METRICS, Metric, Role};
use crate::quantity::{Factor, models, several};
use crate::{Comparison, Run, Spread};

/// One measured run and its number.
type Entry<'a> = (&'a Run, Spread);

/// Models that tie are named up to this many.
const NAMED: usize = 4;

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    METRICS.iter().filter_map(|metric| sentence(metric, &metric.ranked(&comparison.runs))).collect()
}

fn sentence(metric: &Metric, ranked: &[Entry<'_>]) -> Option<String> {
    let (best, worst) = match metric.better()? {
        Better::Less => ("Least", "most"),
        Better::More => ("Most", "least"),
    };
    let what = metric.what;
    match ranked {
        [] => None,
        [only] => matches!(metric.role, Role::Ranks(_))
            .then(|| format!("Only one model was measured: {what} of {}.", named(metric, only))),
        [first, others @ ..] => {
            let ties = |(run, _): &&Entry<'_>| {
                metric.ratio(run, first.0).is_none_or(|ratio| ratio.is_tie())
            };
            let level = others.iter().take_while(ties).count();
            let said = match (level, &others[level..]) {
                (_, []) => all_tie(metric, ranked),
                (0, [next]) => format!("{}; {}", named(metric, first), times(metric, first, next)),
                (0, [next, .., last]) => format!(
                    "{}; next {}; {worst} {}",
                    named(metric, first),
                    times(metric, first, next),
                    times(metric, first, last)
                ),
                (_, [.., last]) => {
                    let tied = tied(metric, &ranked[..=level]);
                    format!("{tied} tie; {worst} {}", times(metric, first, last))
                }
            };
            Some(format!("{best} {what}: {said}."))
        }
    }
}

/// The best and those that tie with it, the others counted where they are many.
fn tied(metric: &Metric, level: &[Entry<'_>]) -> String {
    let named = |(run, number): &Entry<'_>| {
        format!("{} ({})", run.contestant.label(), (metric.text)(number.median))
    };
    match level {
        [first, others @ ..] if others.len() >= NAMED => {
            format!("{} and {}", named(first), several(others.len() as u64, "other"))
        }
        _ => models(level.iter().map(named)),
    }
}

fn all_tie(metric: &Metric, ranked: &[Entry<'_>]) -> String {
    let numbers = || ranked.iter().map(|(_, number)| *number);
    let min = numbers().map(|number| number.min).fold(f64::INFINITY, f64::min);
    let max = numbers().map(|number| number.max).fold(f64::NEG_INFINITY, f64::max);
    format!("all {} tie, {} to {}", ranked.len(), (metric.text)(min), (metric.text)(max))
}

fn named(metric: &Metric, (run, number): &Entry<'_>) -> String {
    format!("{}, {}", run.contestant.label(), (metric.text)(number.median))
}

/// A number, and how many times as much it is as that of the best.
fn times(metric: &Metric, (best, _): &Entry<'_>, other: &Entry<'_>) -> String {
    let named = named(metric, other);
    match metric.ratio(other.0, best) {
        Some(ratio) => format!("{named} ({})", Factor(ratio.median)),
        None => named,
    }
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn the_best_by_each_metric_are_named() {
        let sentences = say(&example::echo());
        let cpu = "Least server CPU per round trip: `uring`, 4.31 µs; next `epoll`, 5.47 µs \
                   (1.27 ×); most `threads`, 11.9 µs (2.76 ×).";
        assert_eq!(sentences[0], cpu);
        let rate = "Most round trips per second: `epoll-processes:2` (181k) and `uring` (180k) \
                    tie; least `threads`, 81.0k (0.45 ×).";
        assert_eq!(sentences[1], rate);
    }

    #[test]
    fn where_all_ranges_overlap_all_tie() {
        let mut comparison = example::echo();
        for run in &mut comparison.runs {
            if let Some(rates) = run.metric_samples.get_mut("round_trips_per_s") {
                *rates = vec![9_980.0, 10_000.0, 10_010.0];
            }
        }
        let expected = "Most round trips per second: all 4 tie, 9.98k to 10.0k.";
        assert_eq!(say(&comparison)[1], expected);
    }

    #[test]
    fn one_alone_is_not_called_the_best() {
        let mut comparison = example::echo();
        comparison.runs.retain(|run| run.contestant.base() == "uring");
        let expected =
            "Only one model was measured: server CPU per round trip of `uring`, 4.31 µs.";
        assert_eq!(say(&comparison), [expected]);
    }

    #[test]
    fn metrics_that_no_row_knows_are_not_told() {
        assert_eq!(say(&example::everything()), [""; 0]);
    }
}
