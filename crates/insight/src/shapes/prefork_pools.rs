//! Processes that share a listening socket, a pool of threads in each.

use whywait_report::{Shape, ThreadModel};

use super::groups::{DELEGATES, MEMBERS_LISTEN, MEMBERS_SERVE};
use super::program_facts::POOL_MEMBERS;
use super::row::{BLOCKING, ShapeRow};
use crate::rules::{Rule, Tier, at_least};

pub(super) const ROW: ShapeRow = ShapeRow {
    shape: Shape::PreforkPools,
    phrase: "Processes that share a listening socket, a pool of threads in each",
    about: &[ThreadModel::PoolWorker],
    quadrant: BLOCKING,
    rules: &[Rule {
        id: "listening-members-with-pools",
        tier: Tier::Lineage,
        model: Shape::PreforkPools,
        tests: &[MEMBERS_LISTEN, &[at_least(&POOL_MEMBERS, 0.5)]],
        unless: &[DELEGATES, MEMBERS_SERVE],
        evidence: |_| {
            "Processes that share a listening socket have a pool of threads each.".to_owned()
        },
    }],
};
