//! A thread that waits for one peer after the other, though it could wait for all of them at once.
//!
//! Whether what is asked of one peer depends on what another said cannot be seen from outside, so
//! this is always said as *possible*. Left out are waits that cannot overlap as far as can be seen:
//! those on one connection, on connections that others opened to this program, and waits for
//! threads of this program that had waited for this one.
//!
//! Files and pipes do not count, since their order mostly matters, and neither does the name service,
//! whose answer the next call needs.

use std::collections::{BTreeMap, BTreeSet};

use whywait_record::{
    Category, Control, Descriptor, DescriptorId, Histogram, Purpose, Wait, Waker,
};
use whywait_report::{Shape, SourcePlace, ThreadModel, escaped};

use super::blocking_dns::is_name_service;
use super::finding::{place_of, seconds};
use super::language::ByLanguage;
use super::named_call::name_of;
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW04",
    name: "serial-waits",
    weakened_by: |record| [record.losses.events, record.losses.wakes].into_iter().total(),
    find,
    scales: &[SERIAL_WAITS],
    bounds: &[SERIAL_WAIT, SERIAL_PEERS],
    docs: Docs {
        means: "\
A thread that makes blocking calls waited for several connections, one after the other.
If what it asked of one did not depend on what another answered, it could have waited for all of
them at once. That cannot be seen from outside, so this is reported as *possible*, and at most as a
`warn`. Not counted are requests over one connection, connections that others opened to the
program, lookups of names, and waits that ended by a thread of the program that had itself waited
for this one.",
        example: "\
```python
for server in servers:                      # three of them
    server.sendall(request)
    answers.append(server.recv(65536))
```",
        printed: r#""It waited for 3 connections, one after the other: 450 ms for 10.0.0.1:80 (fd 3), 450
ms for 10.0.0.2:80 (fd 4), 450 ms for 10.0.0.3:80 (fd 5); 1.4 s in all. If they don't depend on
each other, which cannot be seen from outside, it is possible to wait for all at once, 450 ms at
best instead of 1.4 s (63 % of the time watched).""#,
        what_to_do: "\
Ask all before waiting for the first answer: `asyncio.gather`, `Promise.all`,
`tokio::join!`, a thread for each. `whywait explain --timeline` shows the waits in their order.",
    },
};

/// Of `serial-waits`, which is never more than a warning: whether the waits depend on each other
/// cannot be seen from outside.
const SERIAL_WAITS: Scale = Scale {
    part: None,
    seconds_of: "the waits without the longest: what overlapping them could save at best",
    share_of: "the time watched",
    info: level(0.1, 0.05),
    warn: Some(level(0.2, 0.1)),
    high: None,
};

/// How long a wait must be to be one of a row.
const SERIAL_WAIT: Bound = Bound {
    name: "wait",
    value: 0.005,
    unit: Unit::Time,
    meaning: "A connection counts on which a call slept this long, if such calls took half of its \
              waiting.",
};

/// How many connections must be waited for.
const SERIAL_PEERS: Bound = Bound {
    name: "connections",
    value: 3.0,
    unit: Unit::Count,
    meaning: "So many different connections at least.",
};

/// Looks for it in every thread that makes blocking calls.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let threads = analysis.threads_of(ThreadModel::Blocking);
    threads
        .filter(|one| !is_one_of_a_pool(analysis, one))
        .filter_map(|one| find_in(analysis, one))
        .collect()
}

/// Whether others of its kind wait at the same time, so that waits overlap already.
fn is_one_of_a_pool(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> bool {
    let pools = matches!(
        analysis.shape,
        Shape::HandOffAndWait
            | Shape::ThreadPool
            | Shape::ProcessPool
            | Shape::ProcessPoolEventLoops
    );
    pools && one.thread.tid != analysis.record.root_pid
}

/// What a thread waited for on one connection.
struct Connection<'a> {
    descriptor: &'a Descriptor,
    waits: u64,
    waited_ns: u64,
    longest_ns: u64,
    /// How much of that the short ones took at the most.
    most_in_short_ns: u64,
}

fn find_in(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
    let connections = connections_of(analysis, one);
    let sum_ns: u64 = connections.values().map(|connection| connection.waited_ns).total();
    let longest = connections.values().max_by_key(|connection| connection.waited_ns)?;
    let saved_ns = sum_ns.saturating_sub(longest.waited_ns);
    let share = crate::share(saved_ns, analysis.record.wall_ns);
    let number = connections.len() as u64;
    if number < SERIAL_PEERS.count() || times_given_work(analysis, one) >= number {
        return None;
    }
    let severity = SERIAL_WAITS.severity(seconds(saved_ns), share)?;
    let waits = connections.values().map(|connection| connection.waits).total();
    Some(Finding {
        key: escaped(&one.thread.name).into_owned(),
        evidence: format!(
            "It waited for {} connections, one after the other: {}; {} in all. If they don't \
             depend on each other, which cannot be seen from outside, it is possible to wait for \
             all at once, {} at best instead of {} ({} of the time watched).",
            connections.len(),
            listed(&connections),
            time(sum_ns),
            time(longest.waited_ns),
            time(sum_ns),
            percent(share)
        ),
        advice: format!(
            "{} `whywait explain --timeline` shows the waits in their order.",
            ADVICE.for_process(one.process)
        ),
        count: waits,
        seconds: seconds(saved_ns),
        share,
        at: place_of_wait(analysis, one, &connections),
        ..Finding::about(one.process, one.thread, severity)
    })
}

const ADVICE: ByLanguage = ByLanguage {
    python: "Ask all of them before waiting for the first answer: `asyncio.gather`, or a thread for \
             each.",
    ruby: "Ask all of them before waiting for the first answer: a thread for each.",
    node: "Ask all of them before waiting for the first answer: `Promise.all`.",
    java: "Ask all of them before waiting for the first answer: `invokeAll`, or `sendAsync` of an \
           HttpClient.",
    rust: "Ask all of them before waiting for the first answer: `tokio::join!`, or a thread for \
           each.",
    other: "Ask all of them before waiting for the first answer: a thread for each, or non-blocking \
            sockets and poll(2).",
};

/// The connections on which a thread waited, but for those on which it had to.
fn connections_of<'a>(
    analysis: &Analysis<'a>,
    one: &ThreadAnalysis<'_>,
) -> BTreeMap<DescriptorId, Connection<'a>> {
    let record = analysis.record;
    let served = served_ports(analysis, one);
    let mut connections: BTreeMap<DescriptorId, Connection<'a>> = BTreeMap::new();
    for wait in &one.thread.waits {
        let Some(id) = wait.descriptor else { continue };
        let Some(descriptor) = record.descriptor(id) else { continue };
        let is_served = descriptor.local.as_ref().is_some_and(|local| served.contains(local));
        if !is_for_peer(wait) || is_served || is_name_service(descriptor) {
            continue;
        }
        connections
            .entry(id)
            .or_insert_with(|| Connection::to(descriptor))
            .add(wait, ended_by_dependents_ns(analysis, one, wait));
    }
    connections.retain(|_, connection| connection.is_long());
    connections
}

impl<'a> Connection<'a> {
    fn to(descriptor: &'a Descriptor) -> Self {
        Self { descriptor, waits: 0, waited_ns: 0, longest_ns: 0, most_in_short_ns: 0 }
    }

    /// Adds waits on it, but for what threads ended that had waited for this one.
    fn add(&mut self, wait: &Wait, dependent_ns: u64) {
        let waited_ns = wait.waiting_ns.saturating_sub(dependent_ns);
        if waited_ns == 0 {
            return;
        }
        self.waits = self.waits.saturating_add(wait.count);
        self.waited_ns = self.waited_ns.saturating_add(waited_ns);
        self.longest_ns = self.longest_ns.max(wait.longest_ns.min(waited_ns));
        self.most_in_short_ns = self.most_in_short_ns.saturating_add(most_in_short_ns(wait));
    }

    /// Whether there were waits that are long enough to matter, and they took most of the time: a
    /// conversation of many short answers depends on each of them.
    fn is_long(&self) -> bool {
        self.longest_ns >= SERIAL_WAIT.nanoseconds() && self.most_in_short_ns <= self.waited_ns / 2
    }
}

/// How long the waits that were too short took at the most, by their histogram.
fn most_in_short_ns(wait: &Wait) -> u64 {
    let buckets = wait.latency.buckets.iter().enumerate();
    buckets
        .map(|(index, count)| (Histogram::bounds_ns(index).1, *count))
        .filter(|(upper_ns, _)| *upper_ns <= SERIAL_WAIT.nanoseconds())
        .map(|(upper_ns, count)| count.saturating_mul(upper_ns))
        .total()
}

/// Whether it is a wait for what another process sends over a connection.
fn is_for_peer(wait: &Wait) -> bool {
    wait.kind.is_socket()
        && Category::of(wait) == Category::Data
        && wait.control == Control::Blocking
        && Purpose::of(wait.syscall) != Purpose::Accepts
}

/// Where in the program the longest wait is that has a record of its own.
fn place_of_wait(
    analysis: &Analysis<'_>,
    one: &ThreadAnalysis<'_>,
    connections: &BTreeMap<DescriptorId, Connection<'_>>,
) -> Option<SourcePlace> {
    let calls = analysis.record.slow_calls.iter().filter(|call| call.tid == one.thread.tid);
    let on_them =
        calls.filter(|call| call.descriptor.is_some_and(|id| connections.contains_key(&id)));
    place_of(&on_them.max_by_key(|call| call.waiting_ns)?.stack)
}

/// How often another thread of the program ended a wait of this one for other threads: who is given
/// each piece of work waits for one thing at a time because it is asked for one thing at a time.
fn times_given_work(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> u64 {
    let wakes = analysis.record.wakes.iter().filter(|wake| wake.sleeper == one.thread.tid);
    wakes
        .filter(|wake| Purpose::of(wake.syscall) == Purpose::WaitsForThread)
        .filter(|wake| matches!(wake.waker, Waker::Thread(_)))
        .map(|wake| wake.count)
        .total()
}

/// The program's own ends of connections that came to it.
fn served_ports(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> BTreeSet<String> {
    let record = analysis.record;
    let of_waits = one.thread.waits.iter().map(|wait| (wait.syscall, wait.descriptor));
    let of_calls = one.thread.calls.iter().map(|call| (Some(call.syscall), call.example));
    of_waits
        .chain(of_calls)
        .filter(|(syscall, _)| Purpose::of(*syscall) == Purpose::Accepts)
        .filter_map(|(_, id)| record.descriptor(id?)?.local.clone())
        .collect()
}

/// Of waits, the time that a thread ended which had waited for this one itself: it could not have
/// answered before.
fn ended_by_dependents_ns(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, wait: &Wait) -> u64 {
    let answers = analysis.record.wakes.iter().filter(|wake| {
        (wake.sleeper, wake.syscall) == (one.thread.tid, wait.syscall)
            && is_dependent(analysis, one, wake.waker)
    });
    let answered_ns = answers.map(|wake| wake.waited_ns).total();
    answered_ns.min(wait.handed_over_ns.saturating_add(wait.by_program_ns))
}

fn is_dependent(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, waker: Waker) -> bool {
    let Waker::Thread(waker) = waker else { return false };
    let this = Waker::Thread(one.thread.tid);
    analysis.record.wakes.iter().any(|wake| wake.waker == this && wake.sleeper == waker)
}

/// The connections with their waits, the longest first and at most four of them.
fn listed(connections: &BTreeMap<DescriptorId, Connection<'_>>) -> String {
    const SHOWN: usize = 4;
    let mut sorted: Vec<_> = connections.values().collect();
    sorted.sort_by_key(|connection| std::cmp::Reverse(connection.waited_ns));
    let mut shown: Vec<_> = sorted
        .iter()
        .take(SHOWN)
        .map(|connection| {
            let descriptor = connection.descriptor;
            let name = name_of(descriptor).map_or("a socket".into(), escaped);
            let fd = descriptor.fd.map_or_else(String::new, |fd| format!(" (fd {fd})"));
            format!("{} for {name}{fd}", time(connection.waited_ns))
        })
        .collect();
    if sorted.len() > SHOWN {
        shown.push(format!("and {} more", sorted.len() - SHOWN));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::DescriptorKind;
    use whywait_report::{Severity, Shape, ThreadModel};

    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene, call};

    /// A blocking thread that waits for each of these peers in turn.
    fn waiting_for(peers: &[&str], each_ns: u64) -> Scene {
        let mut scene = Scene::new();
        scene.model = Some(ThreadModel::Blocking);
        for (nth, peer) in peers.iter().enumerate() {
            let socket = scene.descriptor(DescriptorKind::Tcp, peer);
            scene.wait(call(Sysno::recvfrom), Some(socket), 1, each_ns);
            scene.slow(call(Sysno::recvfrom), Some(socket), nth as u64 * SECOND, each_ns);
        }
        scene
    }

    #[test]
    fn waits_for_several_peers_are_found_from_the_thresholds_on() {
        for (peers, each_ms, expected) in [
            (&["a:1", "b:1"][..], 4000, None),
            (&["a:1", "b:1", "c:1"], 499, None),
            (&["a:1", "b:1", "c:1"], 500, Some(Severity::Info)),
            (&["a:1", "b:1", "c:1"], 1000, Some(Severity::Warn)),
            (&["a:1", "b:1", "c:1", "d:1"], 2500, Some(Severity::Warn)),
        ] {
            let scene = waiting_for(peers, each_ms * MS);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{peers:?} × {each_ms} ms");
        }
    }

    #[test]
    fn the_evidence_says_possible_and_what_it_could_become() {
        let finding = find(&waiting_for(&["a:1", "b:1", "\x1bc:1"], SECOND).analysis()).remove(0);
        for part in ["possible", "1.0 s for \\x1bc:1", "3.0 s in all", "1.0 s at best"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
        assert!((finding.seconds - 2.0).abs() < 1e-9, "the longest is no loss: {finding:?}");
    }

    #[test]
    fn requests_over_one_connection_depend_on_each_other() {
        let mut scene = waiting_for(&["a:1", "b:1"], SECOND);
        let socket = scene.descriptor(DescriptorKind::Tcp, "c:1");
        assert_eq!(find(&scene.analysis()), [], "two connections");
        scene.thread().waits[1].descriptor = Some(socket);
        scene.wait(call(Sysno::recvfrom), Some(socket), 3, SECOND);
        assert_eq!(find(&scene.analysis()), [], "one of them used again and again");
    }

    #[test]
    fn a_chain_through_threads_of_the_program_cannot_overlap() {
        let mut scene = waiting_for(&["a:1", "b:1", "c:1"], SECOND);
        let main = scene.thread().tid;
        let other = scene.spawn("other");
        scene.wake(other, main, Sysno::recvfrom, 3, 3 * SECOND);
        for wait in &mut scene.record.processes[0].threads[0].waits {
            wait.by_program_ns = wait.waiting_ns;
        }
        assert_eq!(find(&scene.analysis()).len(), 1, "the other never waited for this one");
        scene.wake(main, other, Sysno::recvfrom, 3, SECOND);
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn a_worker_that_is_given_each_piece_of_work_has_no_choice() {
        for (times, expected) in [(2, 1), (3, 0)] {
            let mut scene = waiting_for(&["a:1", "b:1", "c:1"], SECOND);
            let (worker, master) = (scene.thread().tid, scene.spawn("master"));
            scene.wake(master, worker, Sysno::futex, times, SECOND);
            assert_eq!(find(&scene.analysis()).len(), expected, "{times}");
        }
    }

    #[test]
    fn the_waits_of_a_pool_overlap_already() {
        for (shape, expected) in [(Shape::ProcessPool, 0), (Shape::ThreadPerTask, 1)] {
            let mut scene = Scene::new();
            scene.spawn("worker");
            for nth in 0..3 {
                let socket = scene.descriptor(DescriptorKind::Tcp, "a:1");
                scene.wait(call(Sysno::recvfrom), Some(socket), 1 + nth, SECOND);
            }
            (scene.others, scene.shape) = (Some(ThreadModel::Blocking), Some(shape));
            assert_eq!(find(&scene.analysis()).len(), expected, "{shape:?}");
        }
    }

    #[test]
    fn clients_that_are_served_in_turn_are_no_peers() {
        let mut scene = waiting_for(&["a:1", "b:1", "c:1"], SECOND);
        let listener = scene.descriptor(DescriptorKind::Tcp, "");
        for descriptor in &mut scene.record.descriptors {
            descriptor.local = Some("0.0.0.0:80".into());
        }
        scene.wait(call(Sysno::accept4), Some(listener), 3, MS);
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn files_pipes_and_names_do_not_count() {
        for kind in [DescriptorKind::File, DescriptorKind::Pipe] {
            let mut scene = waiting_for(&["a", "b", "c"], SECOND);
            for wait in &mut scene.thread().waits {
                wait.kind = kind;
            }
            assert_eq!(find(&scene.analysis()), [], "{kind:?}");
        }
        let scene = waiting_for(&["10.0.0.1:53", "10.0.0.2:53", "10.0.0.3:53"], SECOND);
        assert_eq!(find(&scene.analysis()), [], "names");
    }

    #[test]
    fn waits_count_whether_or_not_there_is_a_single_record_of_each() {
        let mut scene = waiting_for(&["a:1", "b:1", "c:1"], SECOND);
        let before = find(&scene.analysis());
        scene.record.slow_calls.clear();
        assert_eq!(find(&scene.analysis()), before);
        let count_of = |findings: &[super::Finding]| findings[0].count;
        assert_eq!(count_of(&before), 3);
        scene.thread().waits[0].count = 700;
        assert_eq!(count_of(&find(&scene.analysis())), 702);
    }

    #[test]
    fn short_waits_do_not_count() {
        for (each_ns, expected) in [(5 * MS, 1), (5 * MS - 1, 0)] {
            let mut scene = waiting_for(&["a:1", "b:1", "c:1"], SECOND);
            for wait in &mut scene.thread().waits {
                wait.longest_ns = each_ns;
            }
            assert_eq!(find(&scene.analysis()).len(), expected, "{each_ns}");
        }
    }

    #[test]
    fn a_conversation_of_short_answers_does_not_count_for_one_that_was_long() {
        for (short, expected) in [(100, 1), (10_000, 0)] {
            let mut scene = waiting_for(&["a:1", "b:1", "c:1"], 600 * MS);
            for wait in &mut scene.thread().waits {
                wait.count = short;
                for _ in 0..short {
                    wait.latency.add(50_000);
                }
            }
            assert_eq!(find(&scene.analysis()).len(), expected, "{short}");
        }
    }
}
