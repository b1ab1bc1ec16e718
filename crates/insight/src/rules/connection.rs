//! A thread, or a process of one thread, that serves one connection and ends with it.

use whywait_report::ThreadModel;

use super::event_loop::LEAST_ITERATIONS;
use super::pool_worker::{
    IS_SHORT, KIN_ARE_WORKERS, WAITED_FOR_ITS_CONNECTION, WAITS_FOR_THE_NEXT_CONNECTION,
};
use super::rule::{Rule, Test, Tier, at_least, below, is, is_not};
use crate::facts::{
    ACCEPTS, ALIKE, CONNECTIONS, ENDED_SHARE, EVENT_WAITS, HANDOFF_OF_WAITING, LISTENS,
    MADE_BY_ACCEPTOR, MAIN, NOTHING_TO_SERVE, SINGLE_CONNECTION_CHILD, SOCKET_SHARE, SOCKETS,
    ThreadFacts, USES_SOCKETS, WAITS_PER_CONNECTION,
};
use crate::words::time;

/// A thread beside the first of a server, which waits on connections and accepts none.
const SERVES_IN_A_SERVER: &[Test] = &[
    is_not(&MAIN),
    is(&LISTENS),
    is_not(&ACCEPTS),
    at_least(&SOCKET_SHARE, 0.2),
    below(&EVENT_WAITS, LEAST_ITERATIONS as f64),
];

/// Others bring it connections, one after another.
const IS_A_WORKER: &[&[Test]] =
    &[WAITS_FOR_THE_NEXT_CONNECTION, WAITED_FOR_ITS_CONNECTION, KIN_ARE_WORKERS];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "process-for-a-connection",
        tier: Tier::Lineage,
        model: ThreadModel::Connection,
        // It may have been given the connection over a socket, on which it then waited too.
        tests: &[&[is(&MAIN), is(&SINGLE_CONNECTION_CHILD)]],
        unless: &[],
        evidence: |facts| {
            evidence("Created by a process that has one for each connection", "sockets", facts)
        },
    },
    Rule {
        id: "thread-created-for-a-connection",
        tier: Tier::Lineage,
        model: ThreadModel::Connection,
        // Such a thread ends with its connection. What it waits for meanwhile may be a lock.
        tests: &[&[
            is_not(&MAIN),
            is(&MADE_BY_ACCEPTOR),
            is_not(&ACCEPTS),
            is_not(&NOTHING_TO_SERVE),
            at_least(&ENDED_SHARE, 0.5),
            at_least(&ALIKE, 3.0),
            below(&EVENT_WAITS, LEAST_ITERATIONS as f64),
            below(&SOCKETS, 2.0),
        ]],
        unless: &[],
        evidence: |facts| {
            evidence("Created by a thread that accepts connections", "one socket", facts)
        },
    },
    Rule {
        id: "short-thread-for-a-connection",
        tier: Tier::Lineage,
        model: ThreadModel::Connection,
        // Threads that come and go while another accepts are for its connections, however they
        // serve them.
        tests: &[&[is_not(&MAIN), is(&MADE_BY_ACCEPTOR), is_not(&ACCEPTS)], IS_SHORT],
        unless: &[],
        evidence: |facts| {
            evidence("Created by a thread that accepts connections", "sockets", facts)
        },
    },
    Rule {
        id: "thread-with-one-connection",
        tier: Tier::Lineage,
        model: ThreadModel::Connection,
        // It existed before watching began, so which thread created it is not known.
        tests: &[SERVES_IN_A_SERVER, &[at_least(&CONNECTIONS, 1.0), below(&CONNECTIONS, 2.0)]],
        unless: IS_A_WORKER,
        evidence: |facts| evidence("The process accepts connections", "this one", facts),
    },
    Rule {
        id: "thread-with-long-connections",
        tier: Tier::Lineage,
        model: ThreadModel::Connection,
        // Some servers keep a thread whose connection ended for another one.
        tests: &[
            SERVES_IN_A_SERVER,
            &[
                at_least(&CONNECTIONS, 2.0),
                at_least(&WAITS_PER_CONNECTION, 50.0),
                below(&HANDOFF_OF_WAITING, 0.25),
            ],
        ],
        unless: IS_A_WORKER,
        evidence: |facts| {
            evidence("Waits many times for the next request of a connection", "connections", facts)
        },
    },
    Rule {
        id: "thread-for-a-connection",
        tier: Tier::Lineage,
        model: ThreadModel::Connection,
        tests: &[&[
            is(&MADE_BY_ACCEPTOR),
            is_not(&ACCEPTS),
            is(&USES_SOCKETS),
            below(&EVENT_WAITS, LEAST_ITERATIONS as f64),
            below(&SOCKETS, 2.0),
        ]],
        unless: IS_A_WORKER,
        evidence: |facts| {
            evidence("Created by a thread that accepts connections", "one socket", facts)
        },
    },
];

fn evidence(by: &str, on: &str, facts: &ThreadFacts<'_>) -> String {
    let socket_ns = facts.profile.socket_ns;
    format!("{by}; waited {} on {on} ({}).", time(socket_ns), facts.of_life(socket_ns))
}
