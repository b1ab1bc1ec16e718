//! A thread that polls again and again, as fast as it can or with a sleep between.
//!
//! Polling that never leaves the program's own code, such as a loop over a variable, cannot be told
//! from computing.

use whywait_report::ThreadModel;

use super::rule::{Rule, Test, Tier, at_least, below, is_not};
use crate::facts::{
    ALL_ITERATIONS, CPU_SHARE, EMPTY_POLLS, EVENT_WAITS_PER_EMPTY_POLL, FULL, KERNEL_OF_CPU,
    SAMPLED_POLLS, SLEEP_SHARE, SLEEPS_PER_EMPTY_POLL, SPINNING_OF_CPU, SPINNING_PER_POLL,
    ThreadFacts,
};
use crate::words::{count, percent, time};

/// Fewer polls are a look before the real wait.
const LEAST_POLLS: f64 = 5.0;

/// More CPU time than this for each poll is work between polls: 0.5 ms.
const LONGEST_POLL_NS: f64 = 500_000.0;

/// As fast as it can.
pub(super) const POLLS_WITHOUT_PAUSE: &[Test] = &[
    at_least(&EMPTY_POLLS, LEAST_POLLS),
    at_least(&SPINNING_OF_CPU, 0.5),
    at_least(&CPU_SHARE, 0.5),
    below(&SPINNING_PER_POLL, LONGEST_POLL_NS),
];

/// With a sleep of a fixed length between.
pub(super) const POLLS_WITH_PAUSES: &[Test] = &[
    at_least(&EMPTY_POLLS, LEAST_POLLS),
    below(&EVENT_WAITS_PER_EMPTY_POLL, 0.25),
    at_least(&SLEEPS_PER_EMPTY_POLL, 0.5),
    at_least(&SLEEP_SHARE, 0.5),
];

/// As fast as it can, as far as samples show.
pub(super) const SAMPLED_WHILE_POLLING: &[Test] = &[
    is_not(&FULL),
    at_least(&SAMPLED_POLLS, 0.6),
    below(&ALL_ITERATIONS, 1.0),
    // A slow interpreter is in a call for a fifth of the time.
    at_least(&KERNEL_OF_CPU, 0.1),
    at_least(&CPU_SHARE, 0.8),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "polls-without-pause",
        tier: Tier::Protocol,
        model: ThreadModel::Spinner,
        tests: &[POLLS_WITHOUT_PAUSE],
        unless: &[],
        evidence: |facts| {
            let spinning_ns = facts.ledger.spinning_ns;
            format!(
                "Polled {} without a result, which took {} of CPU time ({}).",
                count(facts.profile.empty_polls, "time"),
                time(spinning_ns),
                facts.of_life(spinning_ns),
            )
        },
    },
    Rule {
        id: "polls-with-pauses",
        tier: Tier::Protocol,
        model: ThreadModel::Spinner,
        tests: &[POLLS_WITH_PAUSES],
        unless: &[],
        evidence: |facts| {
            format!(
                "Polled {} without a result and slept between, for {} in all ({}).",
                count(facts.profile.empty_polls, "time"),
                time(facts.ledger.sleep_ns),
                facts.of_life(facts.ledger.sleep_ns),
            )
        },
    },
    Rule {
        id: "sampled-while-polling",
        tier: Tier::Protocol,
        model: ThreadModel::Spinner,
        tests: &[SAMPLED_WHILE_POLLING],
        unless: &[],
        evidence: sampled,
    },
];

fn sampled(facts: &ThreadFacts<'_>) -> String {
    format!(
        "Used a CPU for {}, and of the calls that it was sampled in {} return at once.",
        facts.of_life(facts.ledger.cpu_ns()),
        percent(facts.profile.sampled_at_once),
    )
}
