//! Processes that share a listening socket, blocking calls in each.

use whywait_report::Shape;

use super::groups::{DELEGATES, MEMBERS_SERVE};
use super::program_facts::{LISTENING_MEMBERS, LOOP_MEMBERS, MEMBERS, POOL_MEMBERS, RING_MEMBERS};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::PreforkBlocking,
    phrase: "Processes that share a listening socket, with blocking calls",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "listening-members-that-block",
        tier: Tier::Lineage,
        model: Shape::PreforkBlocking,
        tests: &[
            at_least(&MEMBERS, 2.0),
            at_least(&LISTENING_MEMBERS, 0.5),
            below(&LOOP_MEMBERS, 0.5),
            below(&POOL_MEMBERS, 0.5),
        ],
        unless: &[DELEGATES, MEMBERS_SERVE, &[is(&RING_MEMBERS)]],
        evidence: |_| {
            "Processes that share a listening socket serve what they accept with blocking calls."
                .to_owned()
        },
    }],
};
