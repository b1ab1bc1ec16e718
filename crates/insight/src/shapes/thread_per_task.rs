//! Threads that are created for one piece of work each.

use whywait_report::Shape;

use super::groups::{HANDS_OFF, HAS_POOL, TAKES_PIECES};
use super::program_facts::{GROUP, GROUP_SHARE};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ThreadPerTask,
    phrase: "A thread for each task",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "group",
        tier: Tier::Time,
        model: Shape::ThreadPerTask,
        tests: &[&[at_least(&GROUP, 2.0), at_least(&GROUP_SHARE, 0.1)]],
        unless: &[HANDS_OFF, HAS_POOL, TAKES_PIECES],
        evidence: |_| {
            "Several threads that one thread created do the same at the same time.".to_owned()
        },
    }],
};
