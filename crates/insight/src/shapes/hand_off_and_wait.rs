//! A thread that hands its work to another and waits for it.

use whywait_report::{Shape, ThreadModel};

use super::groups::{HAS_GROUP, HAS_POOL};
use super::program_facts::{AT_ONCE, HAS_WAITER, MOSTLY_WAITS_ON_HELPER};
use super::row::{BLOCKING_ASYNCHRONOUS, ShapeRow};
use crate::rules::{Rule, Tier, below, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::HandOffAndWait,
    phrase: "A thread that hands its work to another and waits for it",
    about: &[ThreadModel::WaitsOnHelper],
    quadrant: BLOCKING_ASYNCHRONOUS,
    rules: &[
        Rule {
            id: "waits-for-one-helper",
            tier: Tier::Time,
            model: Shape::HandOffAndWait,
            tests: &[&[is(&HAS_WAITER), below(&AT_ONCE, 1.25)]],
            unless: &[],
            evidence: |_| "A thread waits for others, of which one works at a time.".to_owned(),
        },
        Rule {
            id: "mostly-waits-on-helper",
            tier: Tier::Time,
            model: Shape::HandOffAndWait,
            tests: &[&[is(&MOSTLY_WAITS_ON_HELPER)]],
            unless: &[HAS_POOL, HAS_GROUP],
            evidence: |_| "The thread that works most waits for another.".to_owned(),
        },
    ],
};
