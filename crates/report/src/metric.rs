//! The metrics that reports know how to show.
//!
//! A run may have any metric; one that is a row here also gets a column, a place in `best` and a
//! sentence in the verdict. A new row is all that it takes.
//!
//! Left out on purpose: how a metric is measured, which whoever measures knows, and the metrics
//! that only a program compares, such as `written_bytes`.

use std::cmp::Ordering;

use crate::quantity::{Bytes, Count, Percent, Seconds};
use crate::{Ratio, Run, Spread};

/// A number of a plan's own that reports know how to show: a row of [`METRICS`].
#[derive(Debug)]
pub struct Metric {
    /// Its name in a run's `metrics`; its unit ends it.
    pub name: &'static str,
    /// The name of its column.
    pub head: &'static str,
    /// What it is, as a noun phrase that can follow "least" or "most".
    pub what: &'static str,
    /// How soon its column is left out when the table is too wide: the greatest first, 0 never.
    pub rank: u8,
    /// What it says about a model.
    pub role: Role,
    /// The number as people read it.
    pub(crate) text: fn(f64) -> String,
}

/// What a metric says about a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Where runs have it, it ranks the models in place of wall time, which such work sets itself.
    Ranks(Better),
    /// The verdict names the best.
    Named(Better),
    /// Neither more nor less of it is better by itself.
    Shown,
}

/// Which of two numbers is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller one.
    Less,
    /// The larger one.
    More,
}

/// The metric that tells whether the load or the server was the limit.
pub(crate) const LOAD_CPU_SHARE: &str = "load_cpu_share";

/// Every metric that reports know how to show, in the order of their columns.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "server_cpu_us_per_round_trip",
        head: "CPU/trip",
        what: "server CPU per round trip",
        rank: 0,
        role: Role::Ranks(Better::Less),
        text: micros,
    },
    Metric {
        name: "round_trips_per_s",
        head: "trips/s",
        what: "round trips per second",
        rank: 1,
        role: Role::Named(Better::More),
        text: count,
    },
    Metric {
        name: "latency_p50_s",
        head: "p50",
        what: "median latency of a round trip",
        rank: 2,
        role: Role::Shown,
        text: seconds,
    },
    Metric {
        name: "latency_p99_s",
        head: "p99",
        what: "99th-percentile latency of a round trip",
        rank: 1,
        role: Role::Named(Better::Less),
        text: seconds,
    },
    Metric {
        name: "latency_p999_s",
        head: "p99.9",
        what: "99.9th-percentile latency of a round trip",
        rank: 5,
        role: Role::Shown,
        text: seconds,
    },
    Metric {
        name: "latency_max_s",
        head: "max",
        what: "longest latency of a round trip",
        rank: 3,
        role: Role::Shown,
        text: seconds,
    },
    Metric {
        name: "memory_bytes_per_connection",
        head: "mem/conn",
        what: "server memory per connection",
        rank: 1,
        role: Role::Named(Better::Less),
        text: bytes,
    },
    Metric {
        name: "switches_per_round_trip",
        head: "switches/trip",
        what: "context switches of the server per round trip",
        rank: 4,
        role: Role::Shown,
        text: count,
    },
    Metric {
        name: "syscalls_per_round_trip",
        head: "calls/trip",
        what: "system calls of the server per round trip",
        rank: 6,
        role: Role::Shown,
        text: count,
    },
    Metric {
        name: "connections",
        head: "conns",
        what: "connections that were open",
        rank: 8,
        role: Role::Shown,
        text: count,
    },
    Metric {
        name: LOAD_CPU_SHARE,
        head: "load",
        what: "share of its CPU time that the load generator used",
        rank: 7,
        role: Role::Shown,
        text: |share| Percent(share).to_string(),
    },
    Metric {
        name: "timer_lateness_p50_s",
        head: "late p50",
        what: "median lateness of a timer",
        rank: 5,
        role: Role::Shown,
        text: seconds,
    },
    Metric {
        name: "timer_lateness_p99_s",
        head: "late p99",
        what: "99th-percentile lateness of a timer",
        rank: 1,
        role: Role::Named(Better::Less),
        text: seconds,
    },
    Metric {
        name: "timer_lateness_max_s",
        head: "late max",
        what: "greatest lateness of a timer",
        rank: 4,
        role: Role::Shown,
        text: seconds,
    },
    Metric {
        name: "cpu_us_per_timer",
        head: "CPU/timer",
        what: "CPU per timer",
        rank: 3,
        role: Role::Named(Better::Less),
        text: micros,
    },
    Metric {
        name: "memory_bytes_per_timer",
        head: "mem/timer",
        what: "memory per timer",
        rank: 2,
        role: Role::Named(Better::Less),
        text: bytes,
    },
];

impl Metric {
    /// The row of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// The measured runs that have it, best median first; none where neither more nor less of it
    /// is better. Equals stay in their order.
    pub(crate) fn ranked<'a>(&self, runs: &'a [Run]) -> Vec<(&'a Run, Spread)> {
        let Some(better) = self.better() else { return Vec::new() };
        let mut ranked: Vec<_> =
            runs.iter().filter_map(|run| Some((run, run.metric(self.name)?))).collect();
        ranked.sort_by(|(_, left), (_, right)| better.order(left.median, right.median));
        ranked
    }

    /// How many times as much of it a run has as another.
    pub(crate) fn ratio(&self, run: &Run, other: &Run) -> Option<Ratio> {
        Ratio::of(&run.metric_rounds(self.name), &other.metric_rounds(self.name))
    }

    /// Which of two of its numbers is better; `None` where neither is by itself.
    #[must_use]
    pub fn better(&self) -> Option<Better> {
        match self.role {
            Role::Ranks(better) | Role::Named(better) => Some(better),
            Role::Shown => None,
        }
    }
}

impl Better {
    /// Two numbers in order, the better one first.
    #[must_use]
    pub fn order(self, left: f64, right: f64) -> Ordering {
        match self {
            Self::Less => left.total_cmp(&right),
            Self::More => right.total_cmp(&left),
        }
    }
}

fn count(value: f64) -> String {
    Count(value).to_string()
}

fn micros(value: f64) -> String {
    seconds(value * 1e-6)
}

fn seconds(value: f64) -> String {
    Seconds(value).to_string()
}

fn bytes(value: f64) -> String {
    Bytes(value).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Better, METRICS, Metric};

    #[test]
    fn each_is_found_by_its_name_and_no_two_share_name_or_heading() {
        for metric in METRICS {
            let found = Metric::named(metric.name).expect("it is a row");
            assert_eq!(found.head, metric.head, "{}", metric.name);
        }
        let heads: BTreeSet<_> = METRICS.iter().map(|metric| metric.head).collect();
        assert_eq!(heads.len(), METRICS.len());
        assert!(Metric::named("written_bytes").is_none());
    }

    #[test]
    fn the_better_one_comes_first() {
        assert!(Better::Less.order(1.0, 2.0).is_lt());
        assert!(Better::More.order(1.0, 2.0).is_gt());
    }

    #[test]
    fn numbers_read_in_their_units() {
        let text = |name, value| (Metric::named(name).expect("it is a row").text)(value);
        assert_eq!(text("server_cpu_us_per_round_trip", 4.312), "4.31 µs");
        assert_eq!(text("round_trips_per_s", 154_321.0), "154k");
        assert_eq!(text("memory_bytes_per_connection", 706.0), "706 B");
        assert_eq!(text("timer_lateness_p99_s", 0.0012), "1.20 ms");
    }
}
