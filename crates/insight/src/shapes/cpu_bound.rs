//! One thread that does the work, and that computes.

use whywait_report::{Shape, ThreadModel};

use super::groups::{HANDS_OFF, HAS_GROUP, HAS_POOL};
use super::program_facts::MOSTLY_COMPUTES;
use super::row::ShapeRow;
use crate::rules::{Rule, Tier, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::CpuBound,
    phrase: "A program that computes in one thread",
    about: &[ThreadModel::Cpu],
    quadrant: None,
    rules: &[Rule {
        id: "mostly-computes",
        tier: Tier::Time,
        model: Shape::CpuBound,
        tests: &[&[is(&MOSTLY_COMPUTES)]],
        unless: &[HAS_POOL, HANDS_OFF, HAS_GROUP],
        evidence: |_| "The thread that works most computes.".to_owned(),
    }],
};
