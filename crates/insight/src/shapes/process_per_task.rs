//! A process for each piece of work, several at a time.

use whywait_report::Shape;

use super::groups::{DELEGATES, IS_PIPELINE, IS_TASKS, MEMBERS_SERVE};
use super::program_facts::LISTENING_MEMBERS;
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ProcessPerTask,
    phrase: "A process for each piece of work",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "members-follow-each-other",
        tier: Tier::Lineage,
        model: Shape::ProcessPerTask,
        tests: &[IS_TASKS],
        unless: &[DELEGATES, MEMBERS_SERVE, &[at_least(&LISTENING_MEMBERS, 0.5)], IS_PIPELINE],
        evidence: |_| {
            "Processes that do the same follow each other, several at a time; who created them waits for them.".to_owned()
        },
    }],
};
