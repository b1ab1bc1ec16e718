//! A thread, or a process of one thread, that serves one connection and ends with it.
//!
//! Left out on purpose: loops, which serve many; workers that take one connection after another;
//! and threads that make a connection themselves, for which it is a part of their task.

use super::event_loop::LEAST_ITERATIONS;
use super::{Match, ThreadFacts};
use crate::words::time;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    if subject.is_main() && subject.lineage.is_single_connection_child(subject.process.pid) {
        // It may have been given the connection over a socket, on which it then waited too.
        return Some(Match {
            confidence: 0.985,
            evidence: format!(
                "Made by a process that has one for each connection; waited {} on sockets ({}).",
                time(profile.socket_ns),
                subject.of_life(profile.socket_ns),
            ),
        });
    }
    let accepts = profile.accepted > 0 || profile.accepting_ns > 0;
    // Threads that were put together have a socket each.
    let sockets_each = profile.sockets.div_ceil(subject.thread.merged_count.max(1));
    let waits_each = profile.event_waits / subject.thread.merged_count.max(1);
    if accepts || waits_each >= LEAST_ITERATIONS || sockets_each > 1 {
        return None;
    }
    if !subject.lineage.made_by_acceptor(subject.process, subject.thread) {
        return None;
    }
    let waited = profile.socket_ns > 0;
    if subject.has_nothing_to_serve() {
        return None;
    }
    Some(Match {
        confidence: if waited { 0.95 } else { 0.82 },
        evidence: format!(
            "Made by a thread that accepts connections; waited {} on one socket ({}).",
            time(profile.socket_ns),
            subject.of_life(profile.socket_ns),
        ),
    })
}
