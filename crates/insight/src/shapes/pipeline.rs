//! Processes joined by pipes or local sockets, each of which does a part of the work.

use whywait_report::Shape;

use super::groups::{DELEGATES, IS_PIPELINE, MEMBERS_SERVE};
use super::program_facts::LISTENING_MEMBERS;
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::Pipeline,
    phrase: "Stages joined by pipes",
    about: &[],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "stages",
        tier: Tier::Lineage,
        model: Shape::Pipeline,
        tests: &[IS_PIPELINE],
        unless: &[DELEGATES, MEMBERS_SERVE, &[at_least(&LISTENING_MEMBERS, 0.5)]],
        evidence: |_| {
            "Processes of which none created the other wait for each other on pipes or local \
             sockets."
                .to_owned()
        },
    }],
};
