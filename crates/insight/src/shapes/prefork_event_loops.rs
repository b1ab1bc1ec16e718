//! Processes that share a listening socket, an event loop in each.

use whywait_report::{Shape, ThreadModel};

use super::groups::{DELEGATES, IS_PIPELINE, IS_TASKS, MEMBERS_SERVE};
use super::program_facts::{
    FED_MEMBERS, LISTENING_MEMBERS, LOOP_MEMBERS, MEMBERS, POOL_MEMBERS, RING_MEMBERS,
    WAITING_PARENT,
};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is, is_not};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::PreforkEventLoops,
    phrase: "Processes that share their work, an event loop in each",
    about: &[ThreadModel::EventLoop],
    quadrant: EVENTS,
    rules: &[
        Rule {
            id: "listening-members-with-loops",
            tier: Tier::Lineage,
            model: Shape::PreforkEventLoops,
            tests: &[
                at_least(&MEMBERS, 2.0),
                at_least(&LISTENING_MEMBERS, 0.5),
                at_least(&LOOP_MEMBERS, 0.5),
                below(&POOL_MEMBERS, 0.5),
            ],
            unless: &[DELEGATES, MEMBERS_SERVE, &[is(&RING_MEMBERS)]],
            evidence: |_| {
                "Processes that share a listening socket have an event loop each.".to_owned()
            },
        },
        Rule {
            id: "members-with-loops-that-nobody-feeds",
            tier: Tier::Lineage,
            model: Shape::PreforkEventLoops,
            tests: &[
                at_least(&MEMBERS, 2.0),
                below(&LISTENING_MEMBERS, 0.5),
                at_least(&LOOP_MEMBERS, 0.5),
                is(&WAITING_PARENT),
                is_not(&FED_MEMBERS),
            ],
            unless: &[DELEGATES, MEMBERS_SERVE, &[is(&RING_MEMBERS)], IS_TASKS, IS_PIPELINE],
            evidence: |_| {
                "Processes with an event loop each take work from no other process; who created them only waits.".to_owned()
            },
        },
    ],
};
