//! A thread that did nothing.
//!
//! A loop that waits for events is ready at any moment, and no idle thread; several threads that
//! were created alike and wait for work are a pool that was not needed yet.

use whywait_report::ThreadModel;

use super::rule::{Rule, Test, Tier, at_least, below};
use crate::facts::{
    ACTIVE_EACH, OTHERS_PER_REST, RESTING_SHARE, TIMED_SLEEPS, ThreadFacts, resting_ns,
};
use crate::words::time;

/// More sleeps belong to a program that does something between them.
const MOST_SLEEPS: f64 = 3.0;

/// A thread that was active for less did nothing, whatever the shares are: 5 ms.
const NOTHING_NS: f64 = 5_000_000.0;

/// It sleeps once or twice, and waits for nothing else.
pub(super) const RESTS: &[Test] = &[
    at_least(&RESTING_SHARE, 0.5),
    below(&OTHERS_PER_REST, 0.1),
    below(&TIMED_SLEEPS, MOST_SLEEPS),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rests",
        tier: Tier::Time,
        model: ThreadModel::Idle,
        tests: &[RESTS],
        unless: &[],
        evidence,
    },
    Rule {
        id: "hardly-active",
        tier: Tier::Time,
        model: ThreadModel::Idle,
        tests: &[&[below(&ACTIVE_EACH, NOTHING_NS), below(&TIMED_SLEEPS, MOST_SLEEPS)]],
        unless: &[],
        evidence,
    },
];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let asleep_ns = resting_ns(facts);
    format!(
        "Used {} of CPU time and slept for {} ({}).",
        time(facts.ledger.cpu_ns()),
        time(asleep_ns),
        facts.of_life(asleep_ns),
    )
}
