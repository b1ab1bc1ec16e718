//! Processes that are created for one connection each.

use whywait_report::{Shape, ThreadModel};

use super::program_facts::{CONNECTION_MEMBERS, DELEGATES_TO_PROCESSES, MEMBERS};
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::ProcessPerConnection,
    phrase: "A process for each connection",
    about: &[ThreadModel::Connection],
    quadrant: BLOCKING,
    rules: &[
        Rule {
            id: "creates-processes-for-connections",
            tier: Tier::Lineage,
            model: Shape::ProcessPerConnection,
            tests: &[&[is(&DELEGATES_TO_PROCESSES)]],
            unless: &[],
            evidence: |_| {
                "A thread that accepts connections creates a process for each.".to_owned()
            },
        },
        Rule {
            id: "members-have-one-connection",
            tier: Tier::Lineage,
            model: Shape::ProcessPerConnection,
            tests: &[&[at_least(&MEMBERS, 2.0), at_least(&CONNECTION_MEMBERS, 0.5)]],
            unless: &[&[is(&DELEGATES_TO_PROCESSES)]],
            evidence: |_| "Most processes of the group were created for one connection.".to_owned(),
        },
    ],
};
