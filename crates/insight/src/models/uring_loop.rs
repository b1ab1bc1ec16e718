//! A loop over the completions of an io_uring.
//!
//! Left out on purpose: threads that the kernel makes for a ring; they are workers.

use super::{Likeness, Subject};
use crate::words::{count, time};

pub(super) fn recognise(subject: &Subject<'_>) -> Option<Likeness> {
    let profile = &subject.profile;
    if subject.thread.io_worker || profile.ring_turns == 0 {
        return None;
    }
    // A loop over epoll that gives its files to a ring is a loop over epoll.
    let asks_more = profile.turns > profile.ring_turns && profile.turns_ns >= profile.ring_ns;
    if asks_more || (profile.ring_ns == 0 && profile.ring_turns < 3) {
        return None;
    }
    let among =
        crate::share(profile.ring_turns, profile.all_turns().saturating_add(profile.blocked));
    let requests = match profile.ring_requests {
        0 => String::new(),
        requests => format!(" with {}", count(requests, "request")),
    };
    Some(Likeness {
        confidence: 0.85 + 0.14 * among,
        evidence: format!(
            "Entered its io_uring by {}{requests}, and slept there for {} ({}).",
            count(profile.ring_turns, "call"),
            time(profile.ring_ns),
            subject.of_life(profile.ring_ns),
        ),
    })
}
