//! A thread that polls again and again.

use whywait_report::{Shape, ThreadModel};

use super::groups::{HAS_GROUP, HAS_POOL};
use super::program_facts::{MOSTLY_SPINS, SPINNING_SHARE};
use super::row::{POLLING, ShapeRow};
use crate::rules::{Rule, Tier, at_least, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::BusyPolling,
    phrase: "A thread that polls without a result",
    about: &[ThreadModel::Spinner],
    quadrant: POLLING,
    rules: &[
        Rule {
            id: "spins",
            tier: Tier::Protocol,
            model: Shape::BusyPolling,
            tests: &[&[at_least(&SPINNING_SHARE, 0.5)]],
            unless: &[],
            evidence: |_| "Most of the work is polls without a result.".to_owned(),
        },
        Rule {
            id: "mostly-spins",
            tier: Tier::Time,
            model: Shape::BusyPolling,
            tests: &[&[is(&MOSTLY_SPINS)]],
            unless: &[HAS_POOL, HAS_GROUP],
            evidence: |_| "The thread that works most polls again and again.".to_owned(),
        },
    ],
};
