//! A loop over the completions of requests that io_submit(2) took.

use whywait_report::ThreadModel;

use super::rule::{Rule, Tier, at_least};
use crate::facts::{AIO_ITERATIONS, AIO_OF_ITERATIONS, ThreadFacts};
use crate::words::{count, time};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "aio-loop",
    tier: Tier::Protocol,
    model: ThreadModel::AioLoop,
    tests: &[&[at_least(&AIO_ITERATIONS, 3.0), at_least(&AIO_OF_ITERATIONS, 0.5)]],
    unless: &[],
    evidence,
}];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let profile = &facts.profile;
    format!(
        "Returned to io_getevents {}, and slept there for {} ({}).",
        count(profile.aio_iterations, "time"),
        time(profile.event_wait_ns),
        facts.of_life(profile.event_wait_ns),
    )
}
