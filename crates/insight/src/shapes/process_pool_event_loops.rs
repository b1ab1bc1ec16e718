//! Processes that take work from another one, an event loop in each.

use whywait_report::{Shape, ThreadModel};

use super::groups::{DELEGATES, IS_PIPELINE, IS_TASKS, MEMBERS_SERVE};
use super::program_facts::{
    FED_MEMBERS, LISTENING_MEMBERS, LOOP_MEMBERS, MEMBERS, RING_MEMBERS, WAITING_PARENT,
};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is, is_not};

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
            tests: &[
                at_least(&MEMBERS, 2.0),
                below(&LISTENING_MEMBERS, 0.5),
                at_least(&LOOP_MEMBERS, 0.5),
                is(&FED_MEMBERS),
            ],
            unless: &[DELEGATES, MEMBERS_SERVE, &[is(&RING_MEMBERS)], IS_TASKS, IS_PIPELINE],
            evidence: |_| {
                "Processes with an event loop each read work from another process.".to_owned()
            },
        },
        Rule {
            id: "members-with-loops-of-a-busy-parent",
            tier: Tier::Lineage,
            model: Shape::ProcessPoolEventLoops,
            tests: &[
                at_least(&MEMBERS, 2.0),
                below(&LISTENING_MEMBERS, 0.5),
                at_least(&LOOP_MEMBERS, 0.5),
                is_not(&WAITING_PARENT),
                is_not(&FED_MEMBERS),
            ],
            unless: &[DELEGATES, MEMBERS_SERVE, &[is(&RING_MEMBERS)], IS_TASKS, IS_PIPELINE],
            evidence: |_| {
                "Processes with an event loop each; who created them works too.".to_owned()
            },
        },
    ],
};
