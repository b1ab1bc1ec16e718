//! A thread, or a process of one thread, that serves one connection and ends with it.
//!
//! Left out on purpose: loops, which serve many; workers that take one connection after another;
//! and threads that make a connection themselves, for which it is a part of their task.

use super::event_loop::LEAST_TURNS;
use super::{Likeness, Subject};
use crate::words::time;

pub(super) fn recognise(subject: &Subject<'_>) -> Option<Likeness> {
    let profile = &subject.profile;
    if subject.is_main() && subject.kinship.serves_one(subject.process.pid) {
        // It may have been given the connection over a socket, on which it then waited too.
        return Some(Likeness {
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
    let sockets_each = profile.sockets.div_ceil(subject.thread.stands_for.max(1));
    let turns_each = profile.turns_slept / subject.thread.stands_for.max(1);
    if accepts || turns_each >= LEAST_TURNS || sockets_each > 1 {
        return None;
    }
    if !subject.kinship.made_by_acceptor(subject.process, subject.thread) {
        return None;
    }
    let waited = profile.socket_ns > 0;
    if subject.has_nothing_to_serve() {
        return None;
    }
    Some(Likeness {
        confidence: if waited { 0.95 } else { 0.82 },
        evidence: format!(
            "Made by a thread that accepts connections; waited {} on one socket ({}).",
            time(profile.socket_ns),
            subject.of_life(profile.socket_ns),
        ),
    })
}
