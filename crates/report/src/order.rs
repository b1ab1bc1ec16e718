//! In which order the flows of a run went: what its lanes show together.
//!
//! Left out on purpose: pictures. What is said here is said of any model, from its events alone.

use std::collections::BTreeSet;

use crate::quantity::roughly;
use crate::stretch::{State, Stretch, stretches};
use crate::{Lane, Spread};

/// A wait shorter than this share of the longest is not counted: it is not what a reader sees.
const COUNTED: f64 = 0.1;

/// Nor is one that is shorter than this: how often a flow waits for microseconds is another thing in
/// every run.
const SHORTEST_S: f64 = 1e-3;

/// In which order the flows of a run went.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    /// The flows that have lanes.
    pub(crate) flows: usize,
    /// Most flows in progress at one time.
    pub(crate) flows_at_once: usize,
    /// Seconds of each wait that is not far shorter than the longest.
    pub(crate) waits_s: Option<Spread>,
    /// How many such waits there were.
    pub(crate) waits: usize,
    /// Most of them at one time.
    pub(crate) waits_at_once: usize,
    /// Seconds in which there was at least one of them.
    pub(crate) waiting_s: f64,
    /// Seconds of CPU that waits burnt.
    pub(crate) burnt_s: f64,
    /// Seconds from the first submit to the last event.
    pub(crate) span_s: f64,
}

impl Order {
    /// The order that some lanes show; `None` when nothing happened in them.
    pub(crate) fn of(lanes: &[Lane]) -> Option<Self> {
        let flows: Vec<_> = lanes
            .iter()
            .filter_map(|lane| Some((lane.events.first()?.at_s, lane.events.last()?.at_s)))
            .collect();
        let span_s = flows.iter().map(|(_, to_s)| *to_s).reduce(f64::max)?;
        let by_lane = stretches(lanes);
        let all: Vec<&Stretch> = by_lane.iter().flatten().collect();
        let waits = || all.iter().copied().filter(|stretch| stretch.waits());
        let longest_s = waits().map(Stretch::length_s).fold(0.0, f64::max);
        let counted: Vec<_> = waits()
            .filter(|wait| wait.length_s() >= SHORTEST_S.max(COUNTED * longest_s))
            .map(|wait| (wait.from_s, wait.to_s))
            .collect();
        let lengths_s: Vec<_> = counted.iter().map(|(from_s, to_s)| to_s - from_s).collect();
        let (waits_at_once, waiting_s) = overlap(&counted);
        Some(Self {
            flows: flows.len(),
            flows_at_once: overlap(&flows).0,
            waits_s: Spread::of(&lengths_s),
            waits: counted.len(),
            waits_at_once,
            waiting_s,
            burnt_s: burnt(lanes, &by_lane),
            span_s,
        })
    }
}

/// How many of some things there were at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtOnce {
    One,
    Some,
    All,
}

impl AtOnce {
    pub(crate) fn of(at_once: usize, all: usize) -> Self {
        match at_once {
            0 | 1 => Self::One,
            some if some < all => Self::Some,
            _ => Self::All,
        }
    }
}

/// Seconds of CPU that waits burnt. Waits that overlap on one worker burn the same CPU, which
/// counts once.
fn burnt(lanes: &[Lane], by_lane: &[Vec<Stretch>]) -> f64 {
    let workers: BTreeSet<u64> = lanes.iter().map(|lane| lane.worker).collect();
    let burnt = workers.into_iter().flat_map(|worker| {
        let of_worker = lanes.iter().zip(by_lane).filter(move |(lane, _)| lane.worker == worker);
        let mut marks: Vec<_> = of_worker
            .clone()
            .flat_map(|(lane, _)| &lane.events)
            .map(|event| (event.at_s, event.worker_cpu_s))
            .collect();
        marks.sort_by(|left, right| left.0.total_cmp(&right.0));
        let between: Vec<_> = marks.windows(2).map(|pair| (pair[0], pair[1])).collect();
        between.into_iter().filter_map(move |((from_s, cpu_from_s), (to_s, cpu_to_s))| {
            let meanwhile = of_worker.clone().flat_map(|(_, stretches)| stretches);
            let mut meanwhile = meanwhile.filter(|stretch| stretch.within(from_s, to_s) > 0.0);
            let burns = meanwhile.clone().any(|stretch| stretch.state == State::Burning)
                && meanwhile.all(Stretch::waits);
            burns.then_some((cpu_to_s - cpu_from_s).max(0.0))
        })
    });
    burnt.sum()
}

/// The waits of some orders that have as many each: `10 waits of 300 ms`.
pub(crate) fn waits<'a>(orders: impl Iterator<Item = &'a Order> + Clone) -> String {
    let count = orders.clone().next().map_or(0, |order| order.waits);
    let lengths = orders.filter_map(|order| order.waits_s);
    let lengths = roughly(lengths.flat_map(|length| [length.min, length.median, length.max]));
    match count {
        1 => format!("1 wait of {lengths}"),
        _ => format!("{count} waits of {lengths}"),
    }
}

/// Most spans at one time, and the time in which there was at least one. Spans that only touch
/// do not overlap.
fn overlap(spans: &[(f64, f64)]) -> (usize, f64) {
    // Ends come before beginnings at the same time.
    let mut edges: Vec<(f64, i8)> =
        spans.iter().flat_map(|(from_s, to_s)| [(*from_s, 1), (*to_s, -1)]).collect();
    edges.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    let (mut open, mut most, mut covered_s, mut before_s) = (0_i64, 0, 0.0, 0.0);
    for (at_s, change) in edges {
        if open > 0 {
            covered_s += at_s - before_s;
        }
        open += i64::from(change);
        most = most.max(open);
        before_s = at_s;
    }
    (most as usize, covered_s)
}

#[cfg(test)]
mod tests {
    use super::{Order, overlap};
    use crate::{Run, example};

    fn order(model: &str) -> Order {
        let comparison = example::downloads();
        let run = |run: &&Run| run.contestant.model == model;
        Order::of(&comparison.runs.iter().find(run).expect("it ran").lanes).expect("it has lanes")
    }

    #[test]
    fn one_after_another_and_at_once_are_told_apart() {
        let blocking = order("blocking");
        assert_eq!((blocking.flows, blocking.flows_at_once), (10, 1));
        assert_eq!((blocking.waits, blocking.waits_at_once), (10, 1));
        assert!((blocking.waiting_s - 3.0).abs() < 0.01, "{blocking:?}");
        let epoll = order("epoll");
        assert_eq!((epoll.flows_at_once, epoll.waits_at_once), (10, 10));
        assert!(epoll.waiting_s < 0.31, "{epoll:?}");
        assert_eq!(order("thread-pool:2").waits_at_once, 2);
    }

    #[test]
    fn only_waits_that_burn_cpu_have_burnt_some() {
        assert!((order("nonblocking").burnt_s - 0.297).abs() < 0.005);
        assert_eq!(order("blocking").burnt_s, 0.0);
        assert_eq!(order("epoll").burnt_s, 0.0);
    }

    #[test]
    fn waits_that_overlap_on_one_worker_burn_its_cpu_once() {
        let mut lanes = example::waits(10, 0.3);
        for event in lanes.iter_mut().flat_map(|lane| &mut lane.events) {
            event.worker_cpu_s = event.at_s * 0.9;
        }
        let order = Order::of(&lanes).expect("it has lanes");
        assert_eq!(order.waits_at_once, 10);
        assert!((order.burnt_s - 0.27).abs() < 0.005, "{order:?}");
    }

    #[test]
    fn spans_that_touch_do_not_overlap() {
        assert_eq!(overlap(&[(0.0, 1.0), (1.0, 2.0)]), (1, 2.0));
        assert_eq!(overlap(&[(0.0, 2.0), (1.0, 3.0), (5.0, 6.0)]), (2, 4.0));
        assert_eq!(overlap(&[(1.0, 1.0)]), (0, 0.0), "nothing lasted");
    }

    #[test]
    fn without_events_there_is_no_order() {
        assert_eq!(Order::of(&[]), None);
    }
}
