//! A program in which nothing happened.

use whywait_report::Shape;

use super::program_facts::{ACTIVE, THREADS};
use super::row::ShapeRow;
use crate::rules::{Rule, Tier, at_least, is_not};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::Idle,
    phrase: "A program that does nothing",
    about: &[],
    quadrant: None,
    rules: &[Rule {
        id: "nothing-active",
        tier: Tier::Time,
        model: Shape::Idle,
        tests: &[&[at_least(&THREADS, 1.0), is_not(&ACTIVE)]],
        unless: &[],
        evidence: |_| "No thread did anything.".to_owned(),
    }],
};
