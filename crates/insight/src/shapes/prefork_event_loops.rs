//! Processes that share a listening socket, an event loop in each.

use whywait_report::{Shape, ThreadModel};

use super::groups::{IS_NO_PREFORK, IS_NO_PROCESS_POOL, MEMBERS_LISTEN, MEMBERS_LOOP};
use super::program_facts::{FED_MEMBERS, LOOP_MEMBERS, POOL_MEMBERS, WAITING_PARENT};
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
            tests: &[MEMBERS_LISTEN, &[at_least(&LOOP_MEMBERS, 0.5), below(&POOL_MEMBERS, 0.5)]],
            unless: IS_NO_PREFORK,
            evidence: |_| {
                "Processes that share a listening socket have an event loop each.".to_owned()
            },
        },
        Rule {
            id: "members-with-loops-that-nobody-feeds",
            tier: Tier::Lineage,
            model: Shape::PreforkEventLoops,
            tests: &[MEMBERS_LOOP, &[is(&WAITING_PARENT), is_not(&FED_MEMBERS)]],
            unless: IS_NO_PROCESS_POOL,
            evidence: |_| {
                "Processes with an event loop each take work from no other process; who created them only waits.".to_owned()
            },
        },
    ],
};
