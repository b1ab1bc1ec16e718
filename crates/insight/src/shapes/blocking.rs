//! One thread that makes blocking calls.

use whywait_report::Shape;

use super::groups::{HANDS_OFF, HAS_GROUP, HAS_POOL};
use super::program_facts::MOSTLY_BLOCKS;
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::Blocking,
    phrase: "Blocking calls, one after another",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "mostly-blocks",
        tier: Tier::Time,
        model: Shape::Blocking,
        tests: &[&[is(&MOSTLY_BLOCKS)]],
        unless: &[HAS_POOL, HANDS_OFF, HAS_GROUP],
        evidence: |_| {
            "The thread that works most makes blocking calls, one after another.".to_owned()
        },
    }],
};
