//! A thread that makes processes and waits for them.
//!
//! Left out on purpose: a thread that speaks with its children all the time; it does what it does
//! to speak.

use whywait_record::Purpose;

use super::{Match, ThreadFacts};
use crate::words::time;

/// A poll(2) or select(2) of several pipes that children write to, with this many turns at most,
/// is a way to wait for them; more is a loop.
const MOST_ITERATIONS: u64 = 16;

/// Who looks after its children so often does nothing else meanwhile.
const LEAST_LOOKS: u64 = 10;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let (ledger, profile) = (subject.ledger, &subject.profile);
    let made = subject.thread.processes_created;
    let pipes_ns = if made > 0 && profile.iterations <= MOST_ITERATIONS && !profile.has_epoll {
        profile.event_wait_ns
    } else {
        0
    };
    // The master of a prefork server sleeps until a signal tells of a child; others sleep for a
    // while between one look at their children and the next.
    let for_children = made > 1 || (made > 0 && asks_for_them(subject));
    let signals_ns = if for_children { ledger.sleep_ns } else { 0 };
    let waiting_ns = ledger
        .child_ns
        .saturating_add(pipes_ns)
        .saturating_add(if made > 0 { profile.ipc_read_wait_ns } else { 0 })
        .saturating_add(signals_ns);
    let mostly = subject.share_of_waiting(waiting_ns);
    if waiting_ns == 0 || mostly < 0.5 || subject.share(waiting_ns) < 0.3 {
        return None;
    }
    if made == 0 && ledger.child_ns == 0 {
        return None;
    }
    Some(Match {
        confidence: 0.85 + 0.14 * mostly,
        evidence: format!(
            "Waited {} for child processes ({}), of which it made {made} itself.",
            time(waiting_ns),
            subject.of_life(waiting_ns),
        ),
    })
}

/// Whether it asks again and again how its children are.
fn asks_for_them(subject: &ThreadFacts<'_>) -> bool {
    let asks =
        subject.thread.calls.iter().filter(|call| call.syscall.purpose() == Purpose::WaitsForChild);
    asks.map(|call| call.count).sum::<u64>() >= LEAST_LOOKS
}
