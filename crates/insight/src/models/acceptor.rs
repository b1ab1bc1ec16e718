//! A thread that accepts connections and gives them to others.
//!
//! Left out on purpose: a thread that serves what it accepts itself; it is a blocking one.

use super::{Match, ThreadFacts};
use crate::lineage;
use crate::words::{count, time};

/// Who makes a thread or a process for each connection has made some of them.
const LEAST_MADE: u64 = 3;

/// Of so many processes that it makes, one or more are for connections: others clean up, or end
/// before they are seen to serve.
const MOST_OTHERS_EACH: u64 = 4;

/// How often it asks for events for each connection: that there is one, that it has ended, and what
/// it came to.
const ITERATIONS_EACH: u64 = 3;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    by_what_it_made(subject).or_else(|| by_its_calls(subject))
}

/// One whose processes are seen to have a connection each. Its own calls need not show it: whoever
/// asks by poll(2) for connections accepts them without a wait.
fn by_what_it_made(subject: &ThreadFacts<'_>) -> Option<Match> {
    let made = subject.thread.processes_created;
    let serve = subject.lineage.single_connection_child_count(subject.process.pid);
    let for_that = serve >= LEAST_MADE && serve.saturating_mul(MOST_OTHERS_EACH) >= made;
    for_that.then(|| Match {
        confidence: 0.985,
        evidence: format!(
            "Made {}, of which at least {serve} served one connection each.",
            count(made, "process"),
        ),
    })
}

fn by_its_calls(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    if profile.accepted == 0 && profile.accepting_ns == 0 {
        return None;
    }
    if lineage::rests_on_threads(subject.thread) {
        return None;
    }
    let made = subject.thread.threads_created.saturating_add(subject.thread.processes_created);
    let one_each = made >= LEAST_MADE
        && made.saturating_mul(2) >= profile.accepted
        && profile.iterations <= profile.accepted.saturating_mul(ITERATIONS_EACH);
    let serves = (!one_each && profile.socket_ns > profile.accepting_ns)
        || profile.served > profile.accepted;
    // Who was there before watching began made its threads before. It then does nothing else.
    let only_accepts = !subject.saw_beginning()
        && profile.sockets == 0
        && subject.share_of_waiting(profile.accepting_ns) >= 0.5
        && subject.process.threads.len() > 1;
    let returns = !one_each && profile.iterations > profile.accepted;
    if serves || returns || !(made > 0 || only_accepts) {
        return None;
    }
    // One that makes a thread for every connection is more certainly one than one that made a pool.
    let each = crate::share(made, profile.accepted.max(made));
    Some(Match {
        confidence: 0.84 + 0.14 * each,
        evidence: format!(
            "Accepted {} and made {}; waited {} for connections ({}).",
            count(profile.accepted, "connection"),
            made_of(subject),
            time(profile.accepting_ns),
            subject.of_life(profile.accepting_ns),
        ),
    })
}

fn made_of(subject: &ThreadFacts<'_>) -> String {
    let threads = || count(subject.thread.threads_created, "thread");
    let processes = || count(subject.thread.processes_created, "process");
    match (subject.thread.threads_created, subject.thread.processes_created) {
        (_, 0) => threads(),
        (0, _) => processes(),
        (_, _) => format!("{} and {}", threads(), processes()),
    }
}
