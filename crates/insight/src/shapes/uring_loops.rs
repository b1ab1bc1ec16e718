//! A loop over the completions of an io_uring in each of several threads or processes.

use whywait_report::{Shape, ThreadModel};

use super::groups::{DELEGATES, MEMBERS_SERVE, MOSTLY_POLLS};
use super::program_facts::{MEMBERS, RING_LOOPS, RING_MEMBERS, RING_PER_LOOP};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::UringLoops,
    phrase: "A loop over an io_uring in each of several threads or processes",
    about: &[ThreadModel::UringLoop],
    quadrant: EVENTS,
    rules: &[
        Rule {
            id: "members-with-rings",
            tier: Tier::Lineage,
            model: Shape::UringLoops,
            tests: &[&[at_least(&MEMBERS, 2.0), is(&RING_MEMBERS)]],
            unless: &[DELEGATES, MEMBERS_SERVE],
            evidence: |_| "Processes have a loop over an io_uring each.".to_owned(),
        },
        Rule {
            id: "rings",
            tier: Tier::Protocol,
            model: Shape::UringLoops,
            tests: &[&[at_least(&RING_LOOPS, 2.0), at_least(&RING_PER_LOOP, 1.0)]],
            unless: &[MOSTLY_POLLS],
            evidence: |_| "Several threads loop over an io_uring.".to_owned(),
        },
    ],
};
