//! A thread that creates processes and waits for them.

use whywait_report::ThreadModel;

use super::rule::{Rule, Tier, at_least, is};
use crate::facts::{CHILD_WAIT_OF_WAITING, CHILD_WAIT_SHARE, HAS_CHILDREN, child_wait_ns};
use crate::words::time;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "waits-for-children",
    tier: Tier::Lineage,
    model: ThreadModel::WaitsForChildren,
    tests: &[&[
        is(&HAS_CHILDREN),
        at_least(&CHILD_WAIT_OF_WAITING, 0.5),
        at_least(&CHILD_WAIT_SHARE, 0.3),
    ]],
    unless: &[],
    evidence: |facts| {
        let wait_ns = child_wait_ns(facts);
        // Their pipes and signals are in other columns of the ledger.
        let in_wait_ns = facts.ledger.child_ns.min(wait_ns);
        format!(
            "Waited {} for child processes ({}): {} in wait(2) and {} for their pipes and signals. \
             It created {} itself.",
            time(wait_ns),
            facts.of_life(wait_ns),
            time(in_wait_ns),
            time(wait_ns - in_wait_ns),
            facts.thread.processes_created,
        )
    },
}];
