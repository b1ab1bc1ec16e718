//! A loop over the completions of an io_uring in one thread.

use whywait_report::{Shape, ThreadModel};

use super::groups::MOSTLY_POLLS;
use super::program_facts::{MOSTLY_RING, RING_LOOPS, RING_PER_LOOP};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier, at_least, below, is};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::UringLoop,
    phrase: "A loop over an io_uring",
    about: &[ThreadModel::UringLoop],
    quadrant: EVENTS,
    rules: &[
        Rule {
            id: "ring",
            tier: Tier::Protocol,
            model: Shape::UringLoop,
            tests: &[&[
                at_least(&RING_LOOPS, 1.0),
                below(&RING_LOOPS, 2.0),
                at_least(&RING_PER_LOOP, 1.0),
            ]],
            unless: &[MOSTLY_POLLS],
            evidence: |_| "One thread loops over an io_uring.".to_owned(),
        },
        Rule {
            id: "mostly-ring",
            tier: Tier::Time,
            model: Shape::UringLoop,
            tests: &[&[is(&MOSTLY_RING)]],
            unless: &[MOSTLY_POLLS],
            evidence: |_| "The thread that works most loops over an io_uring.".to_owned(),
        },
    ],
};
