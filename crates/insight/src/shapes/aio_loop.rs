//! A loop over io_getevents(2).

use whywait_report::{Shape, ThreadModel};

use super::groups::{HAS_AIO, MOSTLY_POLLS};
use super::row::{EVENTS, ShapeRow};
use crate::rules::{Rule, Tier};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::AioLoop,
    phrase: "A loop over io_getevents",
    about: &[ThreadModel::AioLoop],
    quadrant: EVENTS,
    rules: &[Rule {
        id: "aio",
        tier: Tier::Protocol,
        model: Shape::AioLoop,
        tests: &[HAS_AIO],
        unless: &[MOSTLY_POLLS],
        evidence: |_| {
            "A thread submits requests and waits for any of them in io_getevents.".to_owned()
        },
    }],
};
