//! Under which models the plan's waits overlap.
//!
//! Said only where the lanes were recorded and waits are most of what the slowest order shows.
//!
//! Left out on purpose: what each model's lanes look like; the picture shows that.

use std::collections::BTreeMap;

use super::versus::took;
use crate::order::{Order, waits};
use crate::quantity::{models, roughly};
use crate::yardstick::Yardstick;
use crate::{Comparison, Run};

/// Waits are most of an order when they fill at least this share of it.
const MOST: f64 = 0.5;

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    sentence(comparison).into_iter().collect()
}

fn sentence(comparison: &Comparison) -> Option<String> {
    let orders: Vec<(&Run, Order)> = comparison
        .runs
        .iter()
        .filter(|run| run.is_ok())
        .filter_map(|run| Some((run, Order::of(&run.lanes)?)))
        .collect();
    let count = orders.first()?.1.waits;
    let slowest =
        orders.iter().max_by(|(_, left), (_, right)| left.span_s.total_cmp(&right.span_s));
    let wait_bound = slowest?.1.waiting_s >= MOST * slowest?.1.span_s;
    // Where some models waited more often than others, their numbers at once say nothing.
    if count < 2 || !wait_bound || orders.iter().any(|(_, order)| order.waits != count) {
        return None;
    }
    let mut by_overlap: BTreeMap<usize, Vec<&(&Run, Order)>> = BTreeMap::new();
    for entry in &orders {
        by_overlap.entry(entry.1.waits_at_once.max(1)).or_default().push(entry);
    }
    let groups: Vec<_> = by_overlap
        .iter()
        .rev()
        .map(|(at_once, group)| {
            let how = match *at_once {
                1 => "one after another".into(),
                all if all == count => "all at once".into(),
                some => format!("at most {some} at once"),
            };
            let names = models(group.iter().map(|(run, _)| run.contestant.label()));
            let time = roughly(group.iter().map(|(_, order)| order.waiting_s));
            format!("{how} under {names} ({time})")
        })
        .collect();
    let all = waits(orders.iter().map(|(_, order)| order));
    let effect = effect(comparison, &by_overlap).unwrap_or_default();
    Some(format!("The {all} pass {}{effect}.", groups.join(", ")))
}

/// What overlapping was worth: the best of those that overlap most against the best of those that
/// overlap least.
fn effect(
    comparison: &Comparison,
    by_overlap: &BTreeMap<usize, Vec<&(&Run, Order)>>,
) -> Option<String> {
    if by_overlap.len() < 2 || !matches!(comparison.yardstick(), Yardstick::Wall) {
        return None;
    }
    let least = fastest(by_overlap.values().next()?)?;
    let most = fastest(by_overlap.values().next_back()?)?;
    let (label, other) = (most.contestant.label(), least.contestant.label());
    Some(format!(": {label} {} {other}", took(most, least)?))
}

fn fastest<'a>(group: &[&(&'a Run, Order)]) -> Option<&'a Run> {
    let walls = group.iter().filter_map(|(run, _)| Some((*run, run.wall()?.median)));
    walls.min_by(|(_, left), (_, right)| left.total_cmp(right)).map(|(run, _)| run)
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn models_are_told_by_how_many_of_their_waits_overlap() {
        let expected = "The 10 waits of 300 ms pass all at once under `nonblocking`, `epoll`, \
                        `uring` and `threads` (300 ms), at most 2 at once under `thread-pool:2` (1.50 \
                        s), one after another under `blocking` and `offload` (3.00 s): `epoll` took 0.10 × the time of `blocking`.";
        assert_eq!(say(&example::downloads()), [expected]);
    }

    #[test]
    fn without_lanes_or_waits_nothing_is_said() {
        assert_eq!(say(&example::files()), [""; 0]);
        assert_eq!(say(&example::everything()), [""; 0], "one flow, and waits are not most of it");
    }

    #[test]
    fn where_waits_differ_in_number_nothing_is_said() {
        let mut comparison = example::downloads();
        comparison.runs[0].lanes.pop();
        assert_eq!(say(&comparison), [""; 0]);
    }
}
