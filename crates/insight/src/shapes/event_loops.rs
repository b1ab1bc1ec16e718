//! An event loop in each of several threads.

use whywait_report::{Shape, ThreadModel};

use super::groups::{HAS_AIO, HAS_RINGS, MOSTLY_POLLS, POOL_OUTWEIGHS_LOOPS, POOL_SERVES};
use super::program_facts::{LOOP_SHARE, LOOPS};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::EventLoops,
    phrase: "An event loop in each of several threads",
    about: &[ThreadModel::EventLoop],
    quadrant: EVENTS,
    rules: &[Rule {
        id: "loops",
        tier: Tier::Protocol,
        model: Shape::EventLoops,
        tests: &[&[at_least(&LOOPS, 2.0), at_least(&LOOP_SHARE, 0.1)]],
        unless: &[POOL_SERVES, POOL_OUTWEIGHS_LOOPS, MOSTLY_POLLS, HAS_RINGS, HAS_AIO],
        evidence: |_| "Several threads are event loops that iterate about as often.".to_owned(),
    }],
};
