//! Processes that take work from another one.

use whywait_report::Shape;

use super::groups::{DELEGATES, IS_PIPELINE, IS_TASKS, MEMBERS_SERVE};
use super::program_facts::{LISTENING_MEMBERS, LOOP_MEMBERS, MEMBERS, RING_MEMBERS};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ProcessPool,
    phrase: "A pool of processes",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "members-at-work",
        tier: Tier::Lineage,
        model: Shape::ProcessPool,
        tests: &[
            at_least(&MEMBERS, 2.0),
            below(&LISTENING_MEMBERS, 0.5),
            below(&LOOP_MEMBERS, 0.5),
        ],
        unless: &[DELEGATES, MEMBERS_SERVE, &[is(&RING_MEMBERS)], IS_TASKS, IS_PIPELINE],
        evidence: |_| {
            "Processes that one process created do the same work at the same time.".to_owned()
        },
    }],
};
