//! An event loop in one thread.

use whywait_report::{Shape, ThreadModel};

use super::groups::{
    HANDS_OFF, HAS_AIO, HAS_GROUP, HAS_POOL, HAS_RINGS, MOSTLY_POLLS, POOL_SERVES,
};
use super::program_facts::{LOOP_HAS_POOL, LOOP_LEADS, LOOP_SHARE, LOOPS, MOSTLY_LOOPS};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is, is_not};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::EventLoop,
    phrase: "An event loop",
    about: &[ThreadModel::EventLoop],
    quadrant: EVENTS,
    rules: &[
        Rule {
            id: "loop",
            tier: Tier::Protocol,
            model: Shape::EventLoop,
            tests: &[&[
                at_least(&LOOPS, 1.0),
                below(&LOOPS, 2.0),
                is(&LOOP_LEADS),
                is_not(&LOOP_HAS_POOL),
                at_least(&LOOP_SHARE, 0.05),
            ]],
            unless: &[POOL_SERVES, MOSTLY_POLLS, HAS_RINGS, HAS_AIO],
            evidence: |_| "One thread is an event loop.".to_owned(),
        },
        Rule {
            id: "mostly-loops",
            tier: Tier::Time,
            model: Shape::EventLoop,
            tests: &[&[is(&MOSTLY_LOOPS)]],
            unless: &[HAS_POOL, HANDS_OFF, HAS_GROUP],
            evidence: |_| "The thread that works most is an event loop.".to_owned(),
        },
    ],
};
