//! A thread that computes.

use whywait_report::ThreadModel;

use super::rule::{Rule, Tier, at_least};
use crate::facts::{COMPUTING_SHARE, CPU_EACH, ThreadFacts};
use crate::words::time;

/// Any program uses some CPU time to begin and end: 2 ms.
const LEAST_NS: f64 = 2_000_000.0;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "computes",
    tier: Tier::Time,
    model: ThreadModel::Cpu,
    tests: &[&[at_least(&COMPUTING_SHARE, 0.5), at_least(&CPU_EACH, LEAST_NS)]],
    unless: &[],
    evidence,
}];

fn evidence(facts: &ThreadFacts<'_>) -> String {
    let ledger = &facts.ledger;
    let lock = match ledger.lock_ns {
        lock_ns if facts.contends && lock_ns > 0 => {
            format!(", and waited {} for a lock", time(lock_ns))
        }
        _ => String::new(),
    };
    let cpu_ns = ledger.cpu_ns();
    format!("Used a CPU for {} ({}){lock}.", time(cpu_ns), facts.of_life(cpu_ns))
}
