//! A loop that asks which of several descriptors are ready.
//!
//! What makes it one is where the thread returns to, not where its time goes: a loop may be idle,
//! busy, or stalled by a blocking call, and is a loop all the same.
//!
//! Left out on purpose: poll(2) or select(2) of one descriptor, which is a blocking call with a
//! time limit, and is counted as such.

use super::{Match, ThreadFacts};
use crate::words::{count, time};

/// A loop asks at least once for so many blocking calls that it makes beside, where there is an
/// epoll: somebody who makes one means to have a loop.
const BLOCKED_PER_TURN_OF_EPOLL: u64 = 100;

/// The same of poll(2) and select(2), which a blocking program calls now and then.
const BLOCKED_PER_TURN_OF_POLL: u64 = 2;

/// A loop of which less was seen may be none: it is told from a single call by having slept in it.
pub(crate) const LEAST_ITERATIONS: u64 = 3;

/// The same where all of them returned at once. Some programs ask poll(2) a few times as they start
/// which descriptors they were given.
const LEAST_ITERATIONS_WITHOUT_WAIT: u64 = 16;

/// From which part of its waiting on a thread mostly waits for events.
const MOSTLY: f64 = 0.5;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    let bound =
        if profile.has_epoll { BLOCKED_PER_TURN_OF_EPOLL } else { BLOCKED_PER_TURN_OF_POLL };
    let returns = profile.iterations.saturating_mul(bound) >= profile.blocked;
    let mostly = crate::share(profile.event_wait_ns, subject.ledger.waiting_ns());
    let may_never_sleep = profile.has_epoll || profile.event_waits > 0;
    let least_iterations =
        if may_never_sleep { LEAST_ITERATIONS } else { LEAST_ITERATIONS_WITHOUT_WAIT };
    let returned = profile.iterations / subject.thread.merged_count.max(1) >= least_iterations;
    let enough = returned || (profile.event_waits > 0 && mostly >= MOSTLY);
    if profile.iterations == 0 || !enough || !(returns || mostly >= MOSTLY) {
        return None;
    }
    if !returned && serves_a_connection(subject) {
        return None;
    }
    let among =
        crate::share(profile.iterations, profile.iterations.saturating_add(profile.blocked));
    let call =
        if profile.has_epoll { "epoll_wait" } else { "poll or select of several descriptors" };
    let beside = match profile.blocked {
        0 => String::new(),
        blocked => format!(", with {} beside", count(blocked, "blocking sleep")),
    };
    // Who makes an epoll means to have a loop, and is one even if every turn of it blocks.
    let least_sure = if profile.has_epoll { 0.87 } else { 0.80 };
    Some(Match {
        confidence: least_sure + (0.98 - least_sure) * among.max(mostly),
        evidence: format!(
            "Returned to {call} {}, and slept there for {} ({}){beside}.",
            times(profile.iterations),
            time(profile.event_wait_ns),
            subject.of_life(profile.event_wait_ns),
        ),
    })
}

/// Whether it was made for a connection. It may ask once or twice whether more comes.
fn serves_a_connection(subject: &ThreadFacts<'_>) -> bool {
    !subject.is_main()
        && subject.profile.sockets.max(subject.profile.served) > 0
        && subject.lineage.made_by_acceptor(subject.process, subject.thread)
}

fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { count(number, "time") }
}
