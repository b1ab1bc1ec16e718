//! Threads that take work from a queue.

use whywait_report::{Shape, ThreadModel};

use super::groups::{HANDS_OFF, HAS_POOL, TAKES_PIECES};
use super::program_facts::{ACCEPTORS, WORKERS};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ThreadPool,
    phrase: "A pool of threads",
    about: &[ThreadModel::PoolWorker],
    quadrant: BLOCKING,
    rules: &[
        Rule {
            id: "acceptor-with-workers",
            tier: Tier::Time,
            model: Shape::ThreadPool,
            tests: &[&[at_least(&WORKERS, 1.0), at_least(&ACCEPTORS, 1.0)]],
            unless: &[HANDS_OFF],
            evidence: |_| "A thread accepts connections, and others wait for them.".to_owned(),
        },
        Rule {
            id: "threads-that-take-pieces",
            tier: Tier::Time,
            model: Shape::ThreadPool,
            tests: &[TAKES_PIECES],
            unless: &[HANDS_OFF, HAS_POOL, &[at_least(&ACCEPTORS, 1.0)]],
            evidence: |_| {
                "Threads that live as long as the program do one piece of work after another."
                    .to_owned()
            },
        },
        Rule {
            id: "workers",
            tier: Tier::Time,
            model: Shape::ThreadPool,
            tests: &[HAS_POOL],
            unless: &[HANDS_OFF, &[at_least(&ACCEPTORS, 1.0)]],
            evidence: |_| {
                "Several threads wait for work that others bring, and do much of it.".to_owned()
            },
        },
    ],
};
