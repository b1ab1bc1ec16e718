//! A thread that computes.
//!
//! Left out on purpose: threads whose structure says what they are, such as a loop under full load;
//! those models are surer than this one ever is.

use super::{Match, ThreadFacts};
use crate::words::time;

/// Less CPU time than this is what any program uses to begin and end; the less, the less it says.
const LEAST_NS: u64 = 20_000_000;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let ledger = subject.ledger;
    // Whoever waits for the lock of an interpreter would compute.
    let lock_ns = if subject.contends { ledger.lock_ns } else { 0 };
    let share = subject.share(ledger.cpu_ns().saturating_add(lock_ns));
    let each_ns = ledger.cpu_ns() / subject.thread.merged_count.max(1);
    if share < 0.5 || each_ns == 0 {
        return None;
    }
    let enough = crate::share(each_ns, LEAST_NS);
    let lock = match lock_ns {
        0 => String::new(),
        _ => format!(", and waited {} for a lock", time(lock_ns)),
    };
    Some(Match {
        confidence: (0.40 + 0.35 * share) * enough,
        evidence: format!(
            "Used a CPU for {} ({}){lock}.",
            time(ledger.cpu_ns()),
            subject.of_life(ledger.cpu_ns()),
        ),
    })
}
