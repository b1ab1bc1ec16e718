//! A thread, or a process of one thread, that waits for work which others bring.
//!
//! Work comes to threads by futex(2) or eventfd(2), and to processes over a pipe or a local socket.

use whywait_report::ThreadModel;

use super::rule::{Rule, Test, Tier, at_least, below, is, is_not};
use crate::facts::{
    ACCEPTORS_IN_PROCESS, ACCEPTS, ALIKE, ALL_ITERATIONS, ANSWERS_EACH, CONNECTIONS_EACH, CONTENDS,
    CREATION_WATCHED, ENDED_SHARE, HANDED_EACH, HANDED_WORK, HANDOFF_OF_WAITING, HANDOFF_SHARE,
    HAS_PARENT, IO_WORKER, IPC_READS, ITERATIONS_PER_ACCEPTED, KIN_LIFE, KIN_WORKERS,
    LOCK_PER_DATA, LOCK_PER_HANDOFF, MADE, MADE_BY_ACCEPTOR, MAIN, PEER_ITERATIONS,
    REGISTERED_PER_ACCEPTED, RESULTS, RESULTS_EACH, RESULTS_SHARE, ThreadFacts, USES_SOCKETS,
    WAITS_PER_CONNECTION, WOKEN_BY_PEER,
};
use crate::words::{count, percent, time};

/// A worker that an acceptor created: unlike a thread for one connection it waits for the next.
pub(super) const WAITS_FOR_THE_NEXT_CONNECTION: &[Test] = &[
    is_not(&MAIN),
    at_least(&HANDED_WORK, 2.0),
    at_least(&HANDOFF_OF_WAITING, 0.5),
    at_least(&HANDOFF_SHARE, 0.5),
    is_not(&CONTENDS),
];

/// A worker that existed already and waited until it got a connection.
pub(super) const WAITED_FOR_ITS_CONNECTION: &[Test] = &[
    is_not(&MAIN),
    is_not(&CREATION_WATCHED),
    at_least(&HANDED_WORK, 1.0),
    at_least(&HANDOFF_OF_WAITING, 0.5),
    at_least(&HANDOFF_SHARE, 0.5),
    is_not(&CONTENDS),
];

/// It registers what it accepts with an epoll: a loop.
const REGISTERS: &[Test] = &[at_least(&REGISTERED_PER_ACCEPTED, 0.5)];

/// Threads like it come and go.
pub(super) const IS_SHORT: &[Test] =
    &[at_least(&ENDED_SHARE, 0.5), at_least(&ALIKE, 5.0), below(&KIN_LIFE, 0.5)];

/// Of threads created alike nearly all wait for work, so the others are workers that have some.
pub(super) const KIN_ARE_WORKERS: &[Test] = &[at_least(&KIN_WORKERS, 0.67)];

/// It was created for one connection.
const IS_FOR_A_CONNECTION: &[Test] = &[is(&MADE_BY_ACCEPTOR), is(&USES_SOCKETS)];

/// It waits for threads that it created itself.
const WAITS_FOR_RESULTS: &[Test] = &[at_least(&RESULTS, 5.0), at_least(&RESULTS_SHARE, 0.5)];

/// It waits for a lock more than for data.
const CONTENDS_MOST: &[Test] = &[is(&CONTENDS), at_least(&LOCK_PER_DATA, 1.0)];

/// It waits for a lock much more than for work.
const CONTENDS_FOR_A_LOCK: &[Test] = &[is(&CONTENDS), at_least(&LOCK_PER_HANDOFF, 3.0)];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "io-uring-worker",
        tier: Tier::Kernel,
        model: ThreadModel::PoolWorker,
        tests: &[&[is(&IO_WORKER)]],
        unless: &[],
        evidence: |_| {
            "The kernel created it, for requests to io_uring that would block.".to_owned()
        },
    },
    Rule {
        id: "shares-a-listening-socket",
        tier: Tier::Lineage,
        model: ThreadModel::PoolWorker,
        tests: &[&[
            is_not(&MAIN),
            is(&ACCEPTS),
            below(&MADE, 1.0),
            at_least(&ACCEPTORS_IN_PROCESS, 2.0),
            below(&ITERATIONS_PER_ACCEPTED, 1.1),
        ]],
        unless: &[REGISTERS],
        evidence: |facts| {
            let accepting_ns = facts.profile.accepting_ns;
            format!(
                "One of {} threads that take connections from a listening socket; waited {} for \
                 them ({}).",
                facts.lineage.acceptors_in_process,
                time(accepting_ns),
                facts.of_life(accepting_ns),
            )
        },
    },
    Rule {
        id: "waits-for-the-next-connection",
        tier: Tier::Lineage,
        model: ThreadModel::PoolWorker,
        tests: &[&[is(&MADE_BY_ACCEPTOR)], WAITS_FOR_THE_NEXT_CONNECTION],
        unless: &[IS_SHORT],
        evidence,
    },
    Rule {
        id: "waited-for-its-connection",
        tier: Tier::Lineage,
        model: ThreadModel::PoolWorker,
        tests: &[&[is(&MADE_BY_ACCEPTOR)], WAITED_FOR_ITS_CONNECTION],
        unless: &[IS_SHORT],
        evidence,
    },
    Rule {
        id: "serves-what-another-accepts",
        tier: Tier::Lineage,
        model: ThreadModel::PoolWorker,
        tests: &[&[
            is(&MADE_BY_ACCEPTOR),
            is_not(&MAIN),
            at_least(&ALIKE, 2.0),
            at_least(&CONNECTIONS_EACH, 3.0),
            below(&WAITS_PER_CONNECTION, 50.0),
            below(&ALL_ITERATIONS, 1.0),
        ]],
        unless: &[IS_SHORT],
        evidence: one_after_another,
    },
    Rule {
        id: "kin-are-workers",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        // One that always had work never waited for some.
        tests: &[&[is_not(&MAIN), at_least(&KIN_WORKERS, 0.5), below(&ALL_ITERATIONS, 1.0)]],
        unless: &[IS_FOR_A_CONNECTION],
        evidence: |facts| {
            format!(
                "{} of the {} threads created alike wait for work that others bring.",
                percent(facts.lineage.kin_workers),
                facts.lineage.alike,
            )
        },
    },
    Rule {
        id: "answers-a-loop",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        // One that ends a loop's wait once may have told it that it ended.
        tests: &[&[is_not(&MAIN), at_least(&ANSWERS_EACH, 2.0), below(&ALL_ITERATIONS, 1.0)]],
        unless: &[],
        evidence: |facts| {
            format!(
                "Ended {} of a loop for events, and waited {} for work ({}); {}.",
                count(facts.lineage.answers, "wait"),
                time(facts.ledger.handoff_ns),
                facts.of_life(facts.ledger.handoff_ns),
                made_alike(facts.lineage.alike),
            )
        },
    },
    Rule {
        id: "works-for-a-loop",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        tests: &[&[
            is_not(&MAIN),
            at_least(&ALIKE, 2.0),
            at_least(&HANDED_EACH, 20.0),
            at_least(&RESULTS_EACH, 20.0),
            at_least(&PEER_ITERATIONS, 3.0),
            below(&ALL_ITERATIONS, 1.0),
        ]],
        unless: &[IS_FOR_A_CONNECTION],
        evidence,
    },
    Rule {
        id: "gives-results",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        // A thread for one task ends waits of its creator when it begins and ends.
        tests: &[&[
            is_not(&MAIN),
            at_least(&ALIKE, 2.0),
            at_least(&RESULTS_EACH, 5.0),
            below(&ALL_ITERATIONS, 1.0),
        ]],
        unless: &[CONTENDS_MOST],
        evidence: one_after_another,
    },
    Rule {
        id: "gives-results-alone",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        tests: &[&[
            is_not(&MAIN),
            below(&ALIKE, 2.0),
            at_least(&RESULTS_EACH, 20.0),
            at_least(&HANDED_EACH, 5.0),
            below(&ALL_ITERATIONS, 1.0),
        ]],
        unless: &[CONTENDS_MOST],
        evidence,
    },
    Rule {
        id: "connection-after-connection",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        // A thread for one task has one connection, or two.
        tests: &[&[
            is_not(&MAIN),
            at_least(&ALIKE, 2.0),
            at_least(&CONNECTIONS_EACH, 3.0),
            below(&ALL_ITERATIONS, 1.0),
        ]],
        unless: &[CONTENDS_MOST],
        evidence: one_after_another,
    },
    Rule {
        id: "process-reads-work",
        tier: Tier::Protocol,
        model: ThreadModel::PoolWorker,
        tests: &[&[
            is(&MAIN),
            is(&HAS_PARENT),
            at_least(&ALIKE, 2.0),
            at_least(&IPC_READS, 1.0),
            is_not(&ACCEPTS),
            below(&ALL_ITERATIONS, 1.0),
        ]],
        unless: &[],
        evidence: |facts| {
            let profile = &facts.profile;
            let wait_ns = profile.ipc_read_wait_ns.saturating_add(facts.ledger.handoff_ns);
            format!(
                "One of {} processes created alike; reads work from a pipe or a local socket \
                 ({}), and waited {} for it ({}).",
                facts.lineage.alike,
                count(profile.ipc_reads, "time"),
                time(wait_ns),
                facts.of_life(wait_ns),
            )
        },
    },
    Rule {
        id: "waits-for-work",
        tier: Tier::Time,
        model: ThreadModel::PoolWorker,
        // The workers of an interpreter wait for its lock most of the time, and for work a third of
        // it.
        tests: &[&[
            is_not(&MAIN),
            at_least(&HANDOFF_OF_WAITING, 0.25),
            at_least(&WOKEN_BY_PEER, 100_000.0),
        ]],
        unless: &[IS_FOR_A_CONNECTION, CONTENDS_FOR_A_LOCK, WAITS_FOR_RESULTS],
        evidence,
    },
    Rule {
        id: "is-handed-work-often",
        tier: Tier::Time,
        model: ThreadModel::PoolWorker,
        tests: &[&[is_not(&MAIN), at_least(&HANDED_WORK, 20.0), is_not(&CONTENDS)]],
        unless: &[IS_FOR_A_CONNECTION, WAITS_FOR_RESULTS],
        evidence,
    },
    Rule {
        id: "waits-in-a-group",
        tier: Tier::Time,
        model: ThreadModel::PoolWorker,
        tests: &[&[
            is_not(&MAIN),
            at_least(&ALIKE, 2.0),
            below(&HANDED_WORK, 1.0),
            at_least(&HANDOFF_SHARE, 0.9),
        ]],
        unless: &[IS_FOR_A_CONNECTION],
        evidence: |facts| {
            format!(
                "One of {} threads created alike that wait for work; none came in {}.",
                facts.lineage.alike,
                time(facts.ledger.handoff_ns),
            )
        },
    },
];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    format!(
        "Waited {} for other threads to bring work ({}), which they did {}; {}.",
        time(facts.ledger.handoff_ns),
        facts.of_life(facts.ledger.handoff_ns),
        count(facts.lineage.waited_for.count, "time"),
        made_alike(facts.lineage.alike),
    )
}

fn one_after_another(facts: &ThreadFacts<'_>) -> String {
    let did = facts.lineage.kin;
    format!(
        "One of {} threads created alike, which together had {} and ended {} of the thread that \
         created them; waited {} for work ({}).",
        facts.lineage.alike,
        count(did.connections, "connection"),
        count(did.results, "wait"),
        time(facts.ledger.handoff_ns),
        facts.of_life(facts.ledger.handoff_ns),
    )
}

fn made_alike(alike: u64) -> String {
    if alike > 1 {
        format!("{alike} threads are created alike")
    } else {
        "it is the only one".to_owned()
    }
}
