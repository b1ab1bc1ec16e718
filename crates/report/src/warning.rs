//! What makes the numbers less trustworthy.
//!
//! Left out on purpose: what a model could not do, which is its run's `reason`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metric::LOAD_CPU_SHARE;
use crate::quantity::{Bytes, Factor, Seconds, models, several};
use crate::{Comparison, Ratio, Run};

/// Models of a wide spread are named up to this many; the table has the spread of each.
const NAMED: usize = 3;

/// A warning in the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Which warning it is: a name that stays the same from version to version.
    pub code: String,
    /// What is wrong, and what to do about it.
    pub text: String,
}

/// What makes the numbers less trustworthy; its text advises.
#[derive(Clone, Debug, PartialEq)]
pub enum Caution {
    /// Models whose factor to the best is hardly known ([`Ratio::is_wide`]), or the only model, if
    /// its number is hardly known.
    WideSpread {
        /// What the numbers are of: wall time, or the metric that ranks the models.
        what: &'static str,
        /// The models, each with the ends of the interval as people read them.
        ranges: Vec<(String, [String; 2])>,
    },
    /// Models for which the load generator had hardly any CPU time left
    /// ([`Caution::LOAD_SATURATED`]).
    LoadSaturated(Vec<String>),
    /// Models that were done in less than [`Caution::SHORT_S`].
    Short(Vec<String>),
    /// Each model was measured once only.
    OneRepeat,
    /// Workers of this model died.
    WorkersLost {
        /// The model.
        model: String,
        /// How many died.
        count: u64,
    },
    /// The working files grew so large that they were removed between rounds, which slows what
    /// follows on some filesystems.
    FilesRemovedBetweenRounds {
        /// Bytes that the working files took.
        bytes: u64,
    },
    /// The filesystem makes files far more slowly than is usual.
    SlowCreation {
        /// Seconds that it takes to make one.
        each_s: f64,
    },
    /// The program that measures was built without optimisation.
    DebugBuild,
}

impl Caution {
    /// Seconds of wall time below which the numbers are mostly those of the clock and of starting.
    pub const SHORT_S: f64 = 0.005;

    /// The share of its CPU time from which on the load generator counts as the limit.
    pub const LOAD_SATURATED: f64 = 0.95;

    /// A name that stays the same from version to version.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WideSpread { .. } => "wide-spread",
            Self::LoadSaturated(_) => "load-saturated",
            Self::Short(_) => "short",
            Self::OneRepeat => "one-repeat",
            Self::WorkersLost { .. } => "workers-lost",
            Self::FilesRemovedBetweenRounds { .. } => "files-removed-between-rounds",
            Self::SlowCreation { .. } => "slow-creation",
            Self::DebugBuild => "debug-build",
        }
    }

    /// What the runs of a comparison give reason to warn of.
    pub(crate) fn of(comparison: &Comparison) -> Vec<Self> {
        let walls = || {
            let runs = comparison.runs.iter();
            runs.filter_map(|run| Some((run.contestant.model.clone(), run.wall()?)))
        };
        let short: Vec<_> = walls()
            .filter_map(|(model, wall)| (wall.median < Self::SHORT_S).then_some(model))
            .collect();
        let lost = comparison.runs.iter().filter(|run| run.workers_lost > 0).map(|run| {
            let (model, count) = (run.contestant.model.clone(), run.workers_lost);
            Self::WorkersLost { model, count }
        });
        let mut cautions: Vec<_> = lost.collect();
        if comparison.repeats == 1 && walls().next().is_some() {
            cautions.push(Self::OneRepeat);
        }
        cautions.extend(wide_spread(comparison));
        let saturated = comparison.runs.iter().filter(|run| {
            let load = run.metric(LOAD_CPU_SHARE);
            load.is_some_and(|load| load.median >= Self::LOAD_SATURATED)
        });
        let saturated: Vec<_> = saturated.map(|run| run.contestant.model.clone()).collect();
        if !saturated.is_empty() {
            cautions.push(Self::LoadSaturated(saturated));
        }
        if !short.is_empty() {
            cautions.push(Self::Short(short));
        }
        cautions
    }
}

/// The warning of a wide spread in what ranks the models, if there is one.
fn wide_spread(comparison: &Comparison) -> Option<Caution> {
    let yardstick = comparison.yardstick();
    let range = |run: &Run, ratio: Option<Ratio>, text: &dyn Fn(f64) -> String| {
        let Ratio { low, high, .. } = ratio.filter(Ratio::is_wide)?;
        Some((run.contestant.model.clone(), [low, high].map(text)))
    };
    let ranges: Vec<_> = match yardstick.ranked(&comparison.runs).as_slice() {
        [] => Vec::new(),
        [only] => {
            let median = yardstick.score(only).map_or(0.0, |score| score.median);
            let text = |end| yardstick.text(end * median);
            range(only, yardstick.certainty(only), &text).into_iter().collect()
        }
        [best, others @ ..] => {
            let text = |end| Factor(end).to_string();
            let of_best = |(model, [low, high]): (String, [String; 2])| {
                (model, [low, format!("{high} that of the best")])
            };
            let ranges = others.iter().map(|run| range(run, yardstick.ratio(run, best), &text));
            ranges.flatten().map(of_best).collect()
        }
    };
    let what = yardstick.what();
    (!ranges.is_empty()).then_some(Caution::WideSpread { what, ranges })
}

impl From<&Caution> for Warning {
    fn from(caution: &Caution) -> Self {
        Self { code: caution.code().into(), text: caution.to_string() }
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WideSpread { what, ranges } => {
                let named = ranges.iter().take(NAMED);
                let named = named.map(|(model, [min, max])| format!("`{model}` ({min} to {max})"));
                let others = ranges.len().saturating_sub(NAMED) as u64;
                let others = (others > 0).then(|| several(others, "other"));
                write!(
                    out,
                    "the {what} of {} is uncertain: something else uses this machine, or its caches \
                     are cold. End what else runs, and raise --repeat.",
                    models(named.chain(others))
                )
            }
            Self::LoadSaturated(saturated) => write!(
                out,
                "the load generator used all of its CPU time for {}: round trips per second and \
                 latencies are its limit, not the server's. Compare the server's CPU per round \
                 trip, or offer less: --rate, or fewer --active connections.",
                models(saturated.iter().map(|model| format!("`{model}`")))
            ),
            Self::Short(short) => write!(
                out,
                "{} took less than {}, too short to measure well. Give the plan more to do.",
                models(short.iter().map(|model| format!("`{model}`"))),
                Seconds(Self::SHORT_S)
            ),
            Self::OneRepeat => out.write_str(
                "each model was measured once, so nothing is known of the spread: small \
                 differences mean nothing. Use --repeat 3 or more.",
            ),
            Self::WorkersLost { model, count } => write!(
                out,
                "`{model}` lost {count} {}. The unfinished flows were run again, so its times \
                 are too long; look for what killed it (the kernel's log, if memory ran out).",
                if *count == 1 { "worker" } else { "workers" }
            ),
            Self::FilesRemovedBetweenRounds { bytes } => write!(
                out,
                "the working files took {}, so they were removed between two rounds. Some \
                 filesystems make new files more slowly after that. Use a smaller plan, or fewer \
                 rounds, to be sure.",
                Bytes(*bytes as f64)
            ),
            Self::SlowCreation { each_s } => write!(
                out,
                "making one file takes {} here now, many times what is usual: ext4 goes past each \
                 inode that was deleted in the last minutes. Wait five minutes, or use another \
                 --dir.",
                Seconds(*each_s)
            ),
            Self::DebugBuild => out.write_str(
                "this whywait was built without optimisation, which costs some models more than \
                 others. Build it with --release.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Caution, Comparison, Run, Sample, example};

    fn codes(comparison: &Comparison) -> Vec<&'static str> {
        Caution::of(comparison).iter().map(Caution::code).collect()
    }

    fn with_walls(walls: &[f64]) -> Comparison {
        let mut comparison = example::files();
        let contestant = comparison.runs[0].contestant.clone();
        let samples =
            walls.iter().map(|wall_s| Sample { wall_s: *wall_s, ..Sample::default() }).collect();
        comparison.runs = vec![Run::measured(contestant, samples)];
        comparison.repeats = walls.len() as u64;
        comparison
    }

    #[test]
    fn steady_runs_need_no_warning() {
        assert_eq!(codes(&with_walls(&[0.10, 0.11, 0.10])), [""; 0]);
    }

    #[test]
    fn a_wide_spread_is_told_with_its_ends() {
        let cautions = Caution::of(&with_walls(&[0.10, 0.11, 0.19]));
        assert_eq!(cautions.len(), 1);
        let text = cautions[0].to_string();
        assert!(text.contains("`blocking` (100 ms to 190 ms)"), "{text}");
        assert!(text.contains("--repeat"), "{text}");
    }

    #[test]
    fn many_with_a_wide_spread_are_counted() {
        let ranges =
            |count| (0..count).map(|model: u32| (model.to_string(), ["a", "b"].map(Into::into)));
        let text =
            |count| Caution::WideSpread { what: "x", ranges: ranges(count).collect() }.to_string();
        assert!(text(3).contains("`0` (a to b), `1` (a to b) and `2` (a to b) is uncertain"));
        assert!(text(5).contains("`2` (a to b) and 2 others is uncertain"), "{}", text(5));
    }

    #[test]
    fn where_a_metric_ranks_its_spread_is_what_counts() {
        let mut comparison = example::echo();
        let cpu = comparison.runs[1].metric_samples.get_mut("server_cpu_us_per_round_trip");
        *cpu.expect("it is served") = vec![4.4, 5.5, 6.0];
        let text = Caution::of(&comparison)[0].to_string();
        let expected = "the server CPU per round trip of `epoll` (1.00 × to 1.41 × that of the best) is \
                        uncertain";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_load_that_was_the_limit_is_told() {
        let mut comparison = example::echo();
        comparison.runs[0].metrics.insert("load_cpu_share".into(), 0.97);
        comparison.runs[1].metrics.insert("load_cpu_share".into(), 0.62);
        let cautions = Caution::of(&comparison);
        assert_eq!(cautions, [Caution::LoadSaturated(vec!["uring".into()])]);
        assert!(cautions[0].to_string().contains("used all of its CPU time for `uring`"));
    }

    #[test]
    fn short_and_single_runs_are_told() {
        assert_eq!(codes(&with_walls(&[0.001])), ["one-repeat", "short"]);
    }

    #[test]
    fn lost_workers_are_told() {
        assert!(codes(&example::everything()).contains(&"workers-lost"));
    }

    #[test]
    fn the_same_warning_is_kept_once() {
        let mut comparison = with_walls(&[0.1, 0.1]);
        comparison.warnings.clear();
        comparison.warn(&Caution::DebugBuild);
        comparison.warn(&Caution::DebugBuild);
        comparison.warn(&Caution::FilesRemovedBetweenRounds { bytes: 3 << 30 });
        comparison.warn(&Caution::SlowCreation { each_s: 700e-6 });
        assert!(comparison.warnings[2].text.contains("700 µs"));
        comparison.warnings.pop();
        assert_eq!(comparison.warnings.len(), 2);
        assert!(comparison.warnings[1].text.contains("3.00 GiB"));
    }
}
