//! A thread, or a process of one thread, that waits for work which others bring.
//!
//! Threads are brought work by futex(2) or eventfd(2), processes over a pipe or a local socket.
//!
//! Left out on purpose: who brings it; see the record's wakings.

use super::{Match, ThreadFacts};
use crate::words::{count, time};

/// Who tells a loop less often may have told it that it ended.
const LEAST_ANSWERS: u64 = 2;

/// A thread that is made for one task tells its maker that it began and that it ended, and the lock
/// of an interpreter may add to that.
const LEAST_RESULTS: u64 = 5;

/// A thread that is made for one task has one connection, or two.
const LEAST_CONNECTIONS: u64 = 3;

/// From which part of its waiting on a thread mostly waits for work. The workers of an interpreter wait
/// for its lock for most of the time, and for work for a third of it.
const MOSTLY: f64 = 0.25;

/// Who waits for a lock more than so many times as long as for work is no worker, but contends.
const LOCK_FOR_WORK: u64 = 3;

/// A thread that waits for others for less than this part of its waiting met them at its beginning
/// and its end, or at the lock of an interpreter.
const LEAST_OFTEN: f64 = 0.05;

/// Unless it did so this often: a worker that always has work hardly waits for it.
const MANY_TIMES: u64 = 20;

pub(super) fn classify(subject: &ThreadFacts<'_>) -> Option<Match> {
    if subject.thread.io_worker {
        return Some(Match {
            confidence: 1.0,
            evidence: "The kernel made it, for requests to io_uring that would block.".to_owned(),
        });
    }
    if subject.is_main() { process(subject) } else { thread(subject) }
}

fn thread(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    let waited_for = subject.lineage.waited_for(subject.thread.tid);
    let waiting_ns = subject.ledger.handoff_ns;
    let of_structure = takes_connections(subject)
        .or_else(|| answers_loop(subject))
        .or_else(|| does_one_after_another(subject));
    if of_structure.is_some() {
        return of_structure;
    }
    let for_connections = !subject.has_nothing_to_serve()
        && subject.lineage.made_by_acceptor(subject.process, subject.thread);
    if waiting_ns == 0 || for_connections {
        return pool_of_acceptor(subject);
    }
    let alike = subject.alike();
    if waited_for.count == 0 && profile.woken_by_peer_ns == 0 {
        // Nobody brought it anything yet. One of several that wait for that is a worker.
        let only_waits = subject.share(waiting_ns) >= 0.9;
        return (alike > 1 && only_waits).then(|| Match {
            confidence: 0.70,
            evidence: format!(
                "One of {alike} threads made alike that wait for work; none came in {}.",
                time(waiting_ns),
            ),
        });
    }
    // A thread that only meets others at its beginning and end is no worker of theirs.
    let mostly = subject.share_of_waiting(waiting_ns);
    // Those who contend for a lock end each other's waits often too.
    let for_work = mostly >= LEAST_OFTEN || waited_for.count >= MANY_TIMES;
    let often = waited_for.count >= 3 && for_work && !subject.contends;
    let contends_more = subject.contends && waiting_ns < subject.ledger.lock_ns / LOCK_FOR_WORK;
    if contends_more || (mostly < MOSTLY && !often) {
        return None;
    }
    let kin = if alike > 1 { 0.06 } else { 0.0 };
    let handed = if often { 0.04 } else { 0.0 };
    Some(Match {
        confidence: 0.76 + kin + handed + 0.12 * mostly,
        evidence: format!(
            "Waited {} for other threads to bring work ({}), which they did {}; {}.",
            time(waiting_ns),
            subject.of_life(waiting_ns),
            count(waited_for.count, "time"),
            made_alike(alike),
        ),
    })
}

/// One of several threads that wait for connections on one socket, and serve those that they get.
fn takes_connections(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    let accepts = profile.accepted > 0 || profile.accepting_ns > 0;
    let made = subject.thread.threads_created > 0 || subject.thread.processes_created > 0;
    let several = subject.lineage.acceptors_in(subject.process.pid);
    (accepts && !made && several > 1 && profile.iterations <= profile.accepted).then(|| Match {
        confidence: 0.90,
        evidence: format!(
            "One of {several} threads that take connections from a listening socket; waited {} for \
             them ({}).",
            time(profile.accepting_ns),
            subject.of_life(profile.accepting_ns),
        ),
    })
}

/// A worker of a loop tells the loop when it is done.
fn answers_loop(subject: &ThreadFacts<'_>) -> Option<Match> {
    let answers = subject.lineage.answers(subject.thread.tid);
    (answers >= LEAST_ANSWERS && subject.profile.all_iterations() == 0).then(|| Match {
        confidence: 0.88,
        evidence: format!(
            "Ended {} of a loop for events, and waited {} for work ({}); {}.",
            count(answers, "wait"),
            time(subject.ledger.handoff_ns),
            subject.of_life(subject.ledger.handoff_ns),
            made_alike(subject.alike()),
        ),
    })
}

/// A worker gives results, one after another, to the thread that made it, or has one connection
/// after another. It may never wait for work itself, if there is always some. What single threads
/// did says little; what those did together that were made alike says more.
fn does_one_after_another(subject: &ThreadFacts<'_>) -> Option<Match> {
    let alike = subject.alike();
    let did = subject.lineage.did_alike(subject.process, subject.thread);
    let each = |sum: u64| sum / alike.max(1);
    let several = each(did.results) >= LEAST_RESULTS || each(did.connections) >= LEAST_CONNECTIONS;
    let ledger = subject.ledger;
    let contends_most = subject.contends && ledger.lock_ns >= ledger.data_ns;
    if !several || alike < 2 || contends_most || subject.profile.all_iterations() > 0 {
        return None;
    }
    Some(Match {
        confidence: 0.87,
        evidence: format!(
            "One of {alike} threads made alike, which together had {} and ended {} of the thread \
             that made them; waited {} for work ({}).",
            count(did.connections, "connection"),
            count(did.results, "wait"),
            time(subject.ledger.handoff_ns),
            subject.of_life(subject.ledger.handoff_ns),
        ),
    })
}

/// A worker that an acceptor made: unlike a thread for one connection it waits for the next one.
fn pool_of_acceptor(subject: &ThreadFacts<'_>) -> Option<Match> {
    let waited_for = subject.lineage.waited_for(subject.thread.tid);
    let mostly = subject.share_of_waiting(subject.ledger.handoff_ns);
    let rests = subject.share(subject.ledger.handoff_ns) >= 0.5;
    if waited_for.count < 2 || mostly < 0.5 || !rests || subject.contends {
        return None;
    }
    Some(Match {
        confidence: 0.96,
        evidence: format!(
            "Waited {} for the next connection, which other threads brought {}; {}.",
            time(subject.ledger.handoff_ns),
            count(waited_for.count, "time"),
            made_alike(subject.alike()),
        ),
    })
}

fn process(subject: &ThreadFacts<'_>) -> Option<Match> {
    let profile = &subject.profile;
    let alike = subject.alike();
    let woken_by_peer_ns = profile.ipc_read_wait_ns.saturating_add(subject.ledger.handoff_ns);
    let is_fed = profile.ipc_reads > 0 && (profile.ipc_read_wait_ns > 0 || subject.is_full());
    if subject.process.parent_pid.is_none()
        || alike < 2
        || !is_fed
        || profile.accepted > 0
        || profile.accepting_ns > 0
    {
        return None;
    }
    Some(Match {
        confidence: 0.86,
        evidence: format!(
            "One of {alike} processes made alike; reads work from a pipe or a local socket ({}), \
             and waited {} for it ({}).",
            count(profile.ipc_reads, "time"),
            time(woken_by_peer_ns),
            subject.of_life(woken_by_peer_ns),
        ),
    })
}

fn made_alike(alike: u64) -> String {
    if alike > 1 {
        format!("{alike} threads are made alike")
    } else {
        "it is the only one".to_owned()
    }
}
