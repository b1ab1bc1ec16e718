//! A thread that hands work to another thread and waits for the result.
//!
//! Whether the others work at the same time, which makes a pool of them, or one after another, which
//! makes it a detour, is for the shape to tell.

use whywait_report::ThreadModel;

use super::rule::{Rule, Test, Tier, at_least, below, is_not};
use crate::facts::{
    HANDED_WORK, HANDOFF_OF_WAITING, HANDOFF_SHARE, MADE_THREADS, MAIN, ThreadFacts,
    WAITS_PER_HANDOFF,
};
use crate::words::{count, time};

/// A worker has the same waits. The thread that created the others is the one that waits for them.
const IS_A_WORKER: &[Test] = &[is_not(&MAIN), below(&MADE_THREADS, 1.0)];

pub(super) const RULES: &[Rule] = &[Rule {
    id: "waits-on-helpers",
    tier: Tier::Time,
    model: ThreadModel::WaitsOnHelper,
    tests: &[&[
        at_least(&HANDED_WORK, 1.0),
        at_least(&HANDOFF_OF_WAITING, 0.5),
        at_least(&HANDOFF_SHARE, 0.1),
        below(&WAITS_PER_HANDOFF, 1.000_001),
    ]],
    unless: &[IS_A_WORKER],
    evidence,
}];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let waiting_ns = facts.ledger.handoff_ns;
    let waited_for = facts.lineage.waited_for;
    let (waited, of_life) = (time(waiting_ns), facts.of_life(waiting_ns));
    if crate::share(facts.profile.handed_over_ns, waiting_ns) >= 0.5 {
        format!(
            "Handed work to other threads and waited {waited} for results ({of_life}); they ended \
             {} of its waits.",
            waited_for.count,
        )
    } else {
        format!(
            "Waited {waited} for {} ({of_life}), of which it created {}.",
            count(waited_for.wakers, "other thread"),
            facts.thread.threads_created,
        )
    }
}
