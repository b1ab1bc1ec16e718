//! Threads that serve one connection each.

use whywait_report::{Shape, ThreadModel};

use super::program_facts::{
    ACCEPTORS, CONNECTION_PER_WORKER, CONNECTION_SHARE, CONNECTION_THREADS, CONNECTIONS_PER_WORKER,
    LOOP_SHARE, LOOPS, MEMBERS, OfProgram,
};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Test, Tier, at_least, below};

/// A runtime may have more threads for itself than there are connections.
const FEWER_THAN_WORKERS: &[Test<OfProgram>] =
    &[below(&CONNECTIONS_PER_WORKER, 1.0), below(&CONNECTION_PER_WORKER, 1.0)];

/// Loops that do most of the work serve the connections.
const HAS_BUSY_LOOPS: &[Test<OfProgram>] = &[at_least(&LOOPS, 1.0), at_least(&LOOP_SHARE, 0.5)];

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ThreadPerConnection,
    phrase: "A thread for each connection",
    about: &[ThreadModel::Connection],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "connection-threads",
        tier: Tier::Lineage,
        model: Shape::ThreadPerConnection,
        tests: &[&[at_least(&CONNECTION_THREADS, 1.0), at_least(&CONNECTION_SHARE, 0.3)]],
        unless: &[
            &[at_least(&MEMBERS, 2.0)],
            FEWER_THAN_WORKERS,
            &[below(&CONNECTION_THREADS, 2.0), below(&ACCEPTORS, 1.0)],
            HAS_BUSY_LOOPS,
        ],
        evidence: |_| "Most of the work is in threads that serve one connection each.".to_owned(),
    }],
};
