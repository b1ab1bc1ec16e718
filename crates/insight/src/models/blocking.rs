//! A thread that makes blocking calls, one after another.
//!
//! Left out on purpose: what the calls are for; the waits tell.

use super::{Match, ThreadFacts};
use crate::words::{count, time};

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let (ledger, profile) = (subject.ledger, &subject.profile);
    let waiting_ns = ledger
        .data_ns
        .saturating_add(ledger.disk_ns)
        .saturating_add(ledger.sleep_ns)
        .saturating_add(ledger.child_ns);
    let share = subject.share(waiting_ns);
    if profile.transfers == 0 && profile.blocked == 0 && profile.files == 0 {
        return None;
    }
    Some(Match {
        confidence: 0.45 + 0.40 * share.max(0.1),
        evidence: format!(
            "{}, one after another, and waited {} in blocking calls ({}).",
            made(subject),
            time(waiting_ns),
            subject.of_life(waiting_ns),
        ),
    })
}

fn made(subject: &ThreadFacts<'_>) -> String {
    if subject.is_full() {
        format!(
            "Made {} that read, write or name something",
            count(subject.profile.transfers, "call")
        )
    } else {
        let slept = subject.profile.blocked.saturating_add(subject.profile.files);
        format!("Slept {}", count(slept, "time"))
    }
}
