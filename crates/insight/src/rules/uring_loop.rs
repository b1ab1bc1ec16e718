//! A loop over the completions of an io_uring.

use whywait_report::ThreadModel;

use super::rule::{Rule, Test, Tier, at_least, below, is_not};
use crate::facts::{
    IO_WORKER, ITERATIONS_PER_RING_ITERATION, RING_ITERATIONS, RING_WAIT, RING_WAIT_PER_EVENT_WAIT,
    ThreadFacts,
};
use crate::words::{count, time};

/// A loop over epoll that gives its files to a ring is a loop over epoll.
const IS_FIRST_OF_ALL_ANOTHER_LOOP: &[Test] = &[
    at_least(&ITERATIONS_PER_RING_ITERATION, 1.000_001),
    below(&RING_WAIT_PER_EVENT_WAIT, 1.000_001),
];

/// Fewer calls without a wait are the requests of a program that has no loop.
const SUBMITS_A_LITTLE: &[Test] = &[below(&RING_ITERATIONS, 3.0), below(&RING_WAIT, 1.0)];

pub(super) const RULES: &[Rule] = &[Rule {
    id: "uring-loop",
    tier: Tier::Protocol,
    model: ThreadModel::UringLoop,
    tests: &[&[is_not(&IO_WORKER), at_least(&RING_ITERATIONS, 1.0)]],
    unless: &[IS_FIRST_OF_ALL_ANOTHER_LOOP, SUBMITS_A_LITTLE],
    evidence,
}];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let profile = &facts.profile;
    let requests = match profile.ring_requests {
        0 => String::new(),
        requests => format!(" with {}", count(requests, "request")),
    };
    format!(
        "Entered its io_uring by {}{requests}, and slept there for {} ({}).",
        count(profile.ring_iterations, "call"),
        time(profile.ring_wait_ns),
        facts.of_life(profile.ring_wait_ns),
    )
}
