//! A thread that did nothing.
//!
//! Left out on purpose: a loop that waits for events, which is ready at any moment; and several
//! alike threads that wait for work, which are a pool that was not needed yet.

use super::{Match, ThreadFacts};
use crate::words::time;

/// Who uses less CPU time and waits less for anybody does nothing, whatever the shares are.
const NOTHING_NS: u64 = 5_000_000;

/// More sleeps than this are a program that does something between them.
const MOST_SLEEPS: u64 = 2;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let (ledger, profile) = (subject.ledger, &subject.profile);
    let for_others_ns = ledger
        .data_ns
        .saturating_add(ledger.disk_ns)
        .saturating_add(ledger.lock_ns)
        .saturating_add(ledger.child_ns);
    let waited_for = subject.lineage.waited_for(subject.thread.tid);
    // Waits that nobody ended are waits for nothing that came. Of several alike threads they are
    // those of workers.
    let waits_alone = waited_for.count == 0 && (subject.is_main() || subject.alike() < 2);
    let for_nobody_ns = if waits_alone { ledger.handoff_ns } else { 0 };
    let asleep_ns = ledger.sleep_ns.saturating_add(for_nobody_ns).saturating_add(ledger.other_ns);
    let asleep = subject.share(asleep_ns);
    let slept_once = asleep >= 0.5 && for_others_ns.saturating_mul(10) <= asleep_ns;
    let lived_ns = ledger.lived_ns();
    let each = subject.thread.merged_count.max(1);
    let sleeps_each = profile.slept / each;
    let nothing = lived_ns.saturating_sub(asleep_ns) / each < NOTHING_NS;
    if !(slept_once || nothing) || sleeps_each > MOST_SLEEPS {
        return None;
    }
    let confidence = if slept_once { 0.55 + 0.40 * asleep } else { 0.60 };
    Some(Match {
        confidence,
        evidence: format!(
            "Used {} of CPU time and slept for {} ({}).",
            time(ledger.cpu_ns()),
            time(asleep_ns),
            subject.of_life(asleep_ns),
        ),
    })
}
