//! The columns of the table.
//!
//! Left out on purpose: numbers that only a program compares, such as the least and greatest of
//! each; the JSON document has them.

use std::fmt::Display;

use crate::quantity::{Bytes, Count, Estimate, Factor, Percent, Seconds};
use crate::yardstick::Yardstick;
use crate::{Comparison, Latency, METRICS, Metric, Ratio, Run, Work};

/// A column: one of [`columns`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) head: &'static str,
    /// How soon it is left out when the table is too wide: the greatest first, 0 never.
    pub(super) rank: u8,
    /// What it means; empty where the name says all.
    pub(super) meaning: &'static str,
    /// Of what kind of work it says something.
    of: Work,
    /// What it says of a run.
    cell: Cell,
}

/// What a column says of a run.
#[derive(Clone, Copy, Debug)]
enum Cell {
    /// Something of the run alone.
    Run(fn(&Run) -> String),
    /// Its number by what ranks the models.
    Score,
    /// A metric of the plan's own.
    Metric(&'static Metric),
}

/// Every column that a comparison can have, from left to right: the model, what ranks it, the
/// metrics that some run has, and what is measured of any run.
pub(super) fn columns(comparison: &Comparison) -> Vec<Column> {
    let yardstick = comparison.yardstick();
    let finite = matches!(yardstick, Yardstick::Wall);
    let (head, meaning) = match yardstick {
        Yardstick::Wall => ("wall", "first submit to last completion"),
        Yardstick::Metric(metric) => (metric.head, metric.what),
    };
    let score = Column { head, rank: 0, meaning, of: Work::Any, cell: Cell::Score };
    let had = |metric: &&Metric| {
        comparison.runs.iter().any(|run| run.metric(metric.name).is_some())
            && !matches!(yardstick, Yardstick::Metric(ranks) if ranks.name == metric.name)
    };
    let metrics = METRICS.iter().filter(had).map(Column::of_metric);
    let model = Column {
        head: "model",
        rank: 0,
        meaning: "",
        of: Work::Any,
        cell: Cell::Run(|run| run.contestant.model.clone()),
    };
    let all = [model, score].into_iter().chain(OF_SCORES.iter().copied());
    let all = all.chain(metrics).chain(OF_RUNS.iter().copied());
    all.filter(|column| column.of == Work::Any || finite).collect()
}

/// What is said beside the number that ranks a run.
const OF_SCORES: &[Column] = &[
    Column {
        head: "× best",
        rank: 0,
        meaning: "median of the rounds' ratios; tie: the rounds show no difference",
        of: Work::Any,
        cell: Cell::Run(times_best),
    },
    Column {
        head: "±",
        rank: 3,
        meaning: "how far that factor may be off",
        of: Work::Any,
        cell: Cell::Run(deviation),
    },
];

/// What is measured of any run. Sums over a time that the work sets itself are not told: they
/// are not what it cost to do the same.
const OF_RUNS: &[Column] = &[
    Column {
        head: "CPU",
        rank: 1,
        meaning: "of all threads",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.measures.cpu_s, |time| Seconds(time.median))),
    },
    Column {
        head: "in kernel",
        rank: 2,
        meaning: "its share of the CPU time, an estimate",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.kernel_share(), |share| Estimate(share).to_string())),
    },
    Column {
        head: "blocked",
        rank: 1,
        meaning: "the sum over the workers",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.measures.blocked_s, |time| Seconds(time.median))),
    },
    Column {
        head: "queued",
        rank: 7,
        meaning: "ready, but no CPU was free",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.measures.runnable_s, |time| Seconds(time.median))),
    },
    Column {
        head: "memory",
        rank: 2,
        meaning: "peak, an upper bound",
        of: Work::Any,
        cell: Cell::Run(|run| show(run.measures.peak_memory_bytes, |size| Bytes(size.median))),
    },
    Column {
        head: "switches",
        rank: 5,
        meaning: "a thread gave or lost its CPU",
        of: Work::Finite,
        cell: Cell::Run(switches),
    },
    Column {
        head: "syscalls",
        rank: 6,
        meaning: "",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.measures.syscalls, |count| Count(count.median))),
    },
    Column {
        head: "EAGAIN",
        rank: 8,
        meaning: "asked, but not ready",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.measures.would_block, |count| Count(count.median))),
    },
    Column {
        head: "flow p99",
        rank: 4,
        meaning: "99 % of the flows were done within this time of the run's start, when all are due",
        of: Work::Finite,
        cell: Cell::Run(|run| p99(run.flow_latency_s.as_ref())),
    },
    Column {
        head: "service p99",
        rank: 11,
        meaning: "99 % of the flows took no longer than this once begun",
        of: Work::Finite,
        cell: Cell::Run(|run| p99(run.flow_service_s.as_ref())),
    },
    Column {
        head: "start",
        rank: 9,
        meaning: "of the workers, not in wall",
        of: Work::Finite,
        cell: Cell::Run(|run| show(run.measures.worker_start_s, |time| Seconds(time.median))),
    },
    Column {
        head: "workers",
        rank: 10,
        meaning: "",
        of: Work::Any,
        cell: Cell::Run(|run| run.contestant.workers.to_string()),
    },
];

impl Column {
    fn of_metric(metric: &'static Metric) -> Self {
        let Metric { head, rank, what, .. } = *metric;
        Self { head, rank, meaning: what, of: Work::Any, cell: Cell::Metric(metric) }
    }

    /// What it says of a run.
    pub(super) fn text(&self, run: &Run, yardstick: Yardstick) -> String {
        match self.cell {
            Cell::Run(say) => say(run),
            Cell::Score => show(yardstick.score(run), |number| yardstick.text(number.median)),
            Cell::Metric(metric) => {
                show(run.metric(metric.name), |number| (metric.text)(number.median))
            }
        }
    }
}

/// Of fewer than a hundred it would be the greatest.
fn p99(latency: Option<&Latency>) -> String {
    show(latency.filter(|latency| latency.count >= 100), |latency| Seconds(latency.p99))
}

/// One round alone says nothing of how far off it may be.
fn deviation(run: &Run) -> String {
    let repeated = run.samples.len() > 1;
    let ratio = run.times_best.filter(|ratio| repeated && ratio.deviation() > 0.0);
    show(ratio, |ratio| Percent(ratio.deviation()))
}

/// The best is the measure, and ties with itself.
fn times_best(run: &Run) -> String {
    show(run.times_best, |ratio| {
        if ratio.is_tie() && ratio != Ratio::ONE {
            return "tie".to_owned();
        }
        Factor(ratio.median).to_string().replace(" ×", "")
    })
}

fn switches(run: &Run) -> String {
    show(run.switches(), Count)
}

/// A number as text, or nothing where there is none.
fn show<N, T: Display>(number: Option<N>, quantity: impl FnOnce(N) -> T) -> String {
    number.map(|number| quantity(number).to_string()).unwrap_or_default()
}
