//! A thread that hands work to another thread and waits for the result.
//!
//! Left out on purpose: whether the others work at the same time, which makes a pool of it, or one
//! after another, which makes it a detour; the shape tells.

use super::{Match, ThreadFacts};
use crate::words::{count, time};

/// A wait for others counts from this share of a thread's life on.
const LEAST_WAITING: f64 = 0.1;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    let waiting_ns = subject.ledger.handoff_ns;
    let waited_for = subject.lineage.waited_for(subject.thread.tid);
    let mostly = subject.share_of_waiting(waiting_ns);
    let made_others = subject.thread.threads_created > 0;
    if waited_for.count == 0 || mostly < 0.5 || profile.all_iterations() > profile.hand_offs {
        return None;
    }
    // Whoever computes and then waits a moment for others to end computes.
    if subject.share(waiting_ns) < LEAST_WAITING {
        return None;
    }
    // A worker has the same waits. It is the other one who made the threads.
    if !made_others && !subject.is_main() {
        return None;
    }
    let returned = crate::share(profile.handed_over_ns, waiting_ns);
    let evidence = if returned >= 0.5 {
        format!(
            "Handed work to other threads and waited {} for results ({}); they ended \
             {} of its waits.",
            time(waiting_ns),
            subject.of_life(waiting_ns),
            waited_for.count,
        )
    } else {
        format!(
            "Waited {} for {} ({}), of which it made {}.",
            time(waiting_ns),
            count(waited_for.wakers, "other thread"),
            subject.of_life(waiting_ns),
            subject.thread.threads_created,
        )
    };
    Some(Match { confidence: 0.74 + 0.12 * mostly + 0.12 * returned, evidence })
}
