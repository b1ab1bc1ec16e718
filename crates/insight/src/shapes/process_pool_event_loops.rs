//! Processes that take work from another one, an event loop in each.

use whywait_report::{Shape, ThreadModel};

use super::groups::{IS_NO_PROCESS_POOL, MEMBERS_LOOP};
use super::program_facts::{FED_MEMBERS, WAITING_PARENT};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, is, is_not};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ProcessPoolEventLoops,
    phrase: "A pool of processes, an event loop in each",
    about: &[ThreadModel::EventLoop],
    quadrant: EVENTS,
    rules: &[
        Rule {
            id: "members-with-loops-that-are-fed",
            tier: Tier::Lineage,
            model: Shape::ProcessPoolEventLoops,
            tests: &[MEMBERS_LOOP, &[is(&FED_MEMBERS)]],
            unless: IS_NO_PROCESS_POOL,
            evidence: |_| {
                "Processes with an event loop each read work from another process.".to_owned()
            },
        },
        Rule {
            id: "members-with-loops-of-a-busy-parent",
            tier: Tier::Lineage,
            model: Shape::ProcessPoolEventLoops,
            tests: &[MEMBERS_LOOP, &[is_not(&WAITING_PARENT), is_not(&FED_MEMBERS)]],
            unless: IS_NO_PROCESS_POOL,
            evidence: |_| {
                "Processes with an event loop each; who created them works too.".to_owned()
            },
        },
    ],
};
