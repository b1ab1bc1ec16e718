//! Processes that share a listening socket, blocking calls in each.

use whywait_report::Shape;

use super::groups::{IS_NO_PREFORK, MEMBERS_LISTEN};
use super::program_facts::{LOOP_MEMBERS, POOL_MEMBERS};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, below};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::PreforkBlocking,
    phrase: "Processes that share a listening socket, with blocking calls",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "listening-members-that-block",
        tier: Tier::Lineage,
        model: Shape::PreforkBlocking,
        tests: &[MEMBERS_LISTEN, &[below(&LOOP_MEMBERS, 0.5), below(&POOL_MEMBERS, 0.5)]],
        unless: IS_NO_PREFORK,
        evidence: |_| {
            "Processes that share a listening socket serve what they accept with blocking calls."
                .to_owned()
        },
    }],
};
