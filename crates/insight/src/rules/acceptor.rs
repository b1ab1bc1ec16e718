//! A thread that accepts connections and delegates them to others.
//!
//! One that serves what it accepts itself is a blocking thread or a loop.

use whywait_report::ThreadModel;

use super::rule::{Rule, Test, Tier, at_least, below, is, is_not};
use crate::facts::{
    ACCEPTS, CHILDREN_PER_SINGLE, ITERATIONS_PER_ACCEPTED, MADE, MADE_PER_ACCEPTED, MADE_PROCESSES,
    RESTS_ON_THREADS, SAW_BEGINNING, SERVED_PER_ACCEPTED, SINGLE_CONNECTION_CHILDREN,
    SOCKET_WAIT_PER_ACCEPT_WAIT, SOCKETS, THREADS_IN_PROCESS, ThreadFacts,
};
use crate::words::{count, time};

/// A thread that creates another for each connection has created some.
const LEAST_MADE: f64 = 3.0;

/// It transfers bytes over sockets itself.
const SERVES: &[Test] = &[at_least(&SERVED_PER_ACCEPTED, 1.000_001)];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "delegates-to-processes",
        tier: Tier::Lineage,
        model: ThreadModel::Acceptor,
        // Some children clean up, or end before they are seen to serve. Its own calls need not show
        // anything: one that polls its listening socket accepts without a wait.
        tests: &[&[
            at_least(&MADE_PROCESSES, LEAST_MADE),
            at_least(&SINGLE_CONNECTION_CHILDREN, LEAST_MADE),
            below(&CHILDREN_PER_SINGLE, 4.000_001),
        ]],
        unless: &[],
        evidence: |facts| {
            format!(
                "Created {}, of which at least {} served one connection each.",
                count(facts.thread.processes_created, "process"),
                facts.lineage.single_connection_children,
            )
        },
    },
    Rule {
        id: "delegates-each-connection",
        tier: Tier::Lineage,
        model: ThreadModel::Acceptor,
        tests: &[&[
            is(&ACCEPTS),
            is_not(&RESTS_ON_THREADS),
            at_least(&MADE, LEAST_MADE),
            at_least(&MADE_PER_ACCEPTED, 0.5),
            // That there is a connection, that it has ended, and what it came to.
            below(&ITERATIONS_PER_ACCEPTED, 3.000_001),
        ]],
        unless: &[SERVES],
        evidence,
    },
    Rule {
        id: "delegates-to-a-pool",
        tier: Tier::Lineage,
        model: ThreadModel::Acceptor,
        tests: &[&[
            is(&ACCEPTS),
            is_not(&RESTS_ON_THREADS),
            at_least(&MADE, 1.0),
            below(&SOCKET_WAIT_PER_ACCEPT_WAIT, 1.000_001),
            below(&ITERATIONS_PER_ACCEPTED, 1.000_001),
        ]],
        unless: &[SERVES],
        evidence,
    },
    Rule {
        id: "only-accepts",
        tier: Tier::Lineage,
        model: ThreadModel::Acceptor,
        // It existed before watching began, so which threads it created is not known.
        tests: &[&[
            is(&ACCEPTS),
            is_not(&RESTS_ON_THREADS),
            is_not(&SAW_BEGINNING),
            below(&SOCKETS, 1.0),
            at_least(&THREADS_IN_PROCESS, 2.0),
            below(&ITERATIONS_PER_ACCEPTED, 1.000_001),
        ]],
        unless: &[SERVES],
        evidence,
    },
];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let (thread, profile) = (facts.thread, &facts.profile);
    let threads = || count(thread.threads_created, "thread");
    let processes = || count(thread.processes_created, "process");
    let made = match (thread.threads_created, thread.processes_created) {
        (_, 0) => threads(),
        (0, _) => processes(),
        (_, _) => format!("{} and {}", threads(), processes()),
    };
    format!(
        "Accepted {} and created {made}; waited {} for connections ({}).",
        count(profile.accepted, "connection"),
        time(profile.accepting_ns),
        facts.of_life(profile.accepting_ns),
    )
}
