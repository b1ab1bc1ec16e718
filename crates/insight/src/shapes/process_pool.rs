//! Processes that take work from another one.

use whywait_report::Shape;

use super::groups::{IS_NO_PROCESS_POOL, MEMBERS_WORK};
use super::program_facts::LOOP_MEMBERS;
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, below};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ProcessPool,
    phrase: "A pool of processes",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "members-at-work",
        tier: Tier::Lineage,
        model: Shape::ProcessPool,
        tests: &[MEMBERS_WORK, &[below(&LOOP_MEMBERS, 0.5)]],
        unless: IS_NO_PROCESS_POOL,
        evidence: |_| {
            "Processes that one process created do the same work at the same time.".to_owned()
        },
    }],
};
