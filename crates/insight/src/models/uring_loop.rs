//! A loop over the completions of an io_uring.
//!
//! Left out on purpose: threads that the kernel makes for a ring; they are workers.

use super::{Match, ThreadFacts};
use crate::words::{count, time};

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    if subject.thread.io_worker || profile.ring_iterations == 0 {
        return None;
    }
    // A loop over epoll that gives its files to a ring is a loop over epoll.
    let asks_more = profile.iterations > profile.ring_iterations
        && profile.event_wait_ns >= profile.ring_wait_ns;
    if asks_more || (profile.ring_wait_ns == 0 && profile.ring_iterations < 3) {
        return None;
    }
    let among = crate::share(
        profile.ring_iterations,
        profile.all_iterations().saturating_add(profile.blocked),
    );
    let requests = match profile.ring_requests {
        0 => String::new(),
        requests => format!(" with {}", count(requests, "request")),
    };
    Some(Match {
        confidence: 0.85 + 0.14 * among,
        evidence: format!(
            "Entered its io_uring by {}{requests}, and slept there for {} ({}).",
            count(profile.ring_iterations, "call"),
            time(profile.ring_wait_ns),
            subject.of_life(profile.ring_wait_ns),
        ),
    })
}
