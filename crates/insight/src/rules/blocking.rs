//! A thread that makes blocking calls, one after another.

use whywait_report::ThreadModel;

use super::idle::RESTS;
use super::rule::{Rule, Test, Tier, at_least, below, is};
use super::spinner::{POLLS_WITH_PAUSES, POLLS_WITHOUT_PAUSE};
use crate::facts::{
    ACCEPTED, ACCEPTING_SHARE, ACCEPTS, ALL_ITERATIONS, BLOCKED_SHARE, FULL, IO_CALLS,
    ITERATIONS_PER_ACCEPTED, LISTENS, ONE_AT_A_TIME, REGISTERED_PER_ACCEPTED, RING_ITERATIONS,
    SERVED_PER_ACCEPTED, SOCKETS, ThreadFacts, blocked_ns,
};
use crate::words::{count, time};

/// It polls for the next connection, and never registers one: it serves each before it polls again.
pub(super) const SERVES_EACH_AT_ONCE: &[Test] = &[
    is(&FULL),
    at_least(&ACCEPTED, 3.0),
    at_least(&SERVED_PER_ACCEPTED, 1.0),
    at_least(&ITERATIONS_PER_ACCEPTED, 0.9),
    below(&ITERATIONS_PER_ACCEPTED, 1.1),
    below(&REGISTERED_PER_ACCEPTED, 0.5),
    below(&ACCEPTING_SHARE, 0.05),
];

/// As far as descriptor tables show.
pub(super) const SERVES_ONE_AT_A_TIME: &[Test] =
    &[is(&LISTENS), is(&ONE_AT_A_TIME), below(&RING_ITERATIONS, 1.0)];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "serves-what-it-accepts",
        tier: Tier::Protocol,
        model: ThreadModel::Blocking,
        tests: &[&[
            is(&FULL),
            at_least(&ACCEPTED, 3.0),
            at_least(&SERVED_PER_ACCEPTED, 1.0),
            below(&ITERATIONS_PER_ACCEPTED, 1.000_001),
        ]],
        unless: &[POLLS_WITHOUT_PAUSE, POLLS_WITH_PAUSES],
        evidence: serves,
    },
    Rule {
        id: "serves-each-at-once",
        tier: Tier::Protocol,
        model: ThreadModel::Blocking,
        tests: &[SERVES_EACH_AT_ONCE],
        unless: &[POLLS_WITHOUT_PAUSE, POLLS_WITH_PAUSES],
        evidence: serves,
    },
    Rule {
        id: "serves-one-at-a-time",
        tier: Tier::Protocol,
        model: ThreadModel::Blocking,
        tests: &[SERVES_ONE_AT_A_TIME],
        unless: &[POLLS_WITHOUT_PAUSE, POLLS_WITH_PAUSES],
        evidence: |_| {
            "When watching began, it and the processes created alike had at most one connection \
             for each thread, and no epoll watched it: it serves one at a time."
                .to_owned()
        },
    },
    Rule {
        id: "sleeps-on-what-it-accepts",
        tier: Tier::Protocol,
        model: ThreadModel::Blocking,
        // Light detail knows only the accepts and the iterations that slept.
        tests: &[&[is(&ACCEPTS), at_least(&SOCKETS, 3.0), below(&ALL_ITERATIONS, 1.0)]],
        unless: &[POLLS_WITHOUT_PAUSE, POLLS_WITH_PAUSES],
        evidence: serves,
    },
    Rule {
        id: "blocking-calls",
        tier: Tier::Time,
        model: ThreadModel::Blocking,
        tests: &[&[at_least(&IO_CALLS, 1.0), at_least(&BLOCKED_SHARE, 0.0)]],
        unless: &[RESTS],
        evidence,
    },
];

fn serves(facts: &ThreadFacts<'_>) -> String {
    let profile = &facts.profile;
    let accepted = match facts.is_full() {
        true => format!("Accepted {}", count(profile.accepted, "connection")),
        false => format!("Accepts connections, slept on {} of them", profile.sockets),
    };
    format!(
        "{accepted}, and served them itself, one after another; waited {} on them ({}).",
        time(profile.socket_ns),
        facts.of_life(profile.socket_ns),
    )
}

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let (profile, waiting_ns) = (&facts.profile, blocked_ns(facts));
    let calls = if facts.is_full() {
        let calls = count(profile.transfers, "call");
        format!("Made {calls} that read, write or name something")
    } else {
        format!("Slept {}", count(profile.blocked.saturating_add(profile.files), "time"))
    };
    format!(
        "{calls}, one after another, and waited {} in blocking calls ({}).",
        time(waiting_ns),
        facts.of_life(waiting_ns),
    )
}
