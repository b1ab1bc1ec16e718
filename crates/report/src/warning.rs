//! What makes the numbers less trustworthy.
//!
//! Left out on purpose: what a model could not do, which is its run's `reason`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::{Bytes, Seconds, models};
use crate::{Comparison, Spread};

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
    /// Models whose wall times lie far apart ([`Spread::is_wide`]), with those times.
    WideSpread(Vec<(String, Spread)>),
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

    /// A name that stays the same from version to version.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WideSpread(_) => "wide-spread",
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
        let wide: Vec<_> = walls().filter(|(_, wall)| wall.is_wide()).collect();
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
        if !wide.is_empty() {
            cautions.push(Self::WideSpread(wide));
        }
        if !short.is_empty() {
            cautions.push(Self::Short(short));
        }
        cautions
    }
}

impl From<&Caution> for Warning {
    fn from(caution: &Caution) -> Self {
        Self { code: caution.code().into(), text: caution.to_string() }
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WideSpread(walls) => {
                let ranges = walls.iter().map(|(model, wall)| {
                    format!("`{model}` ({} to {})", Seconds(wall.min), Seconds(wall.max))
                });
                write!(
                    out,
                    "the wall times of {} lie far apart: something else uses this machine, or \
                     its caches are cold. End what else runs, and raise --repeat.",
                    models(ranges)
                )
            }
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
