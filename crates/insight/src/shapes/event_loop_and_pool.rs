//! An event loop in one thread, and helper threads for what would block it.

use whywait_report::{Shape, ThreadModel};

use super::groups::{HAS_AIO, HAS_RINGS, MOSTLY_POLLS, POOL_SERVES};
use super::program_facts::{LOOP_HAS_POOL, LOOP_LEADS, LOOP_SHARE, LOOPS};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::EventLoopAndPool,
    phrase: "An event loop and a pool of threads for what would block it",
    about: &[ThreadModel::EventLoop],
    quadrant: EVENTS,
    rules: &[
        Rule {
            id: "loop-with-helpers",
            tier: Tier::Protocol,
            model: Shape::EventLoopAndPool,
            tests: &[&[
                at_least(&LOOPS, 1.0),
                below(&LOOPS, 2.0),
                is(&LOOP_LEADS),
                is(&LOOP_HAS_POOL),
            ]],
            unless: &[POOL_SERVES, MOSTLY_POLLS, HAS_RINGS, HAS_AIO],
            evidence: |_| "One thread is an event loop, and others do work for it.".to_owned(),
        },
        Rule {
            id: "loops-with-a-greater-pool",
            tier: Tier::Protocol,
            model: Shape::EventLoopAndPool,
            tests: &[&[at_least(&LOOPS, 2.0), is(&LOOP_HAS_POOL), below(&LOOP_SHARE, 0.22)]],
            unless: &[POOL_SERVES, MOSTLY_POLLS, HAS_RINGS, HAS_AIO],
            evidence: |_| "Event loops hand most of the work to a pool of threads.".to_owned(),
        },
    ],
};
