//! A thread or a process for each connection, past the number at which that is the simplest way.
//!
//! Whether the connections are slow or busy does not matter: a thread costs its stack, its start and
//! its switches either way.

use whywait_record::{Process, Thread};
use whywait_report::{Severity, Shape, ThreadModel};

use super::finding::seconds;
use super::language::ByLanguage;
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use crate::thresholds::{Bound, Unit};
use crate::words::{percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW06",
    name: "thread-per-connection",
    // What is lost can only add to the threads and to their waits that were counted.
    weakened_by: |_| 0,
    find,
    scales: &[],
    bounds: &[CONNECTIONS_INFO, CONNECTIONS_WARN, CONNECTIONS_HIGH],
    docs: Docs {
        means: "\
A server makes a thread or a process for each connection, and there are many of them at
once, or many are made per second. That is the simplest kind of server and right for few clients;
each of many costs a stack, a start and its switches. `count` is the number of connections,
`seconds` how long these threads were ready to run and waited for a CPU, and `share` that as a part
of their lives.",
        example: "\
```python
while True:
    connection, _ = server.accept()
    threading.Thread(target=serve, args=(connection,)).start()
```",
        printed: r#""100 connections had a thread of their own each, 100 at once and 50 made per second.
These threads waited for a CPU for 1.2 s (4 % of their lives).""#,
        what_to_do: "\
Serve many connections in one loop, or bound the number of threads by a pool.
`whywait compare echo` shows what a connection costs under each model here.",
    },
};

/// From how many connection threads on it is said.
const CONNECTIONS_INFO: Bound = Bound {
    name: "connections (info)",
    value: 16.0,
    unit: Unit::Count,
    meaning: "Threads or processes for one connection each, at once or made per second.",
};

/// From how many connection threads on it is a warning.
const CONNECTIONS_WARN: Bound =
    Bound { name: "connections (warn)", value: 50.0, unit: Unit::Count, meaning: "The same." };

/// From how many connection threads on it is `high`.
const CONNECTIONS_HIGH: Bound =
    Bound { name: "connections (high)", value: 1000.0, unit: Unit::Count, meaning: "The same." };

/// Looks for it in programs of that shape.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let of_threads = match analysis.shape {
        Shape::ThreadPerConnection => true,
        Shape::ProcessPerConnection => false,
        _ => return Vec::new(),
    };
    let what = if of_threads { "thread" } else { "process" };
    let connections: Vec<_> = analysis.threads_of(ThreadModel::Connection).collect();
    let made: u64 = connections.iter().map(|one| merged_count(one)).total();
    let at_once = at_once(&connections, analysis.record.wall_ns);
    let per_second = made as f64 / seconds(analysis.record.wall_ns).max(1.0);
    let Some(severity) = severity(at_once as f64, per_second) else { return Vec::new() };
    let Some(first) = connections.first() else { return Vec::new() };
    let runnable_ns: u64 = connections.iter().map(|one| one.ledger.runnable_ns).total();
    let lived_ns: u64 = connections.iter().map(|one| one.ledger.lived_ns()).total();
    let share = crate::share(runnable_ns, lived_ns);
    let plural = if of_threads { "threads" } else { "processes" };
    vec![Finding {
        tid: None,
        key: String::new(),
        evidence: format!(
            "{made} connections had a {what} of their own each, {at_once} at once and \
             {per_second:.0} made per second. These {plural} waited for a CPU for {} ({} of their \
             lives).",
            time(runnable_ns),
            percent(share)
        ),
        advice: format!(
            "{} A pool of {plural} bounds what many clients cost. `whywait compare echo` shows \
             what each way costs here per connection.",
            LOOP.for_process(first.process)
        ),
        count: made,
        seconds: seconds(runnable_ns),
        share,
        ..Finding::about(first.process, first.thread, severity)
    }]
}

const LOOP: ByLanguage = ByLanguage {
    python: "A loop (asyncio) serves thousands of connections in one thread.",
    ruby: "A loop (Falcon, async) serves thousands of connections in one thread.",
    java: "A loop (Netty, a Selector) or virtual threads serve thousands of connections with few \
           threads.",
    rust: "A loop (tokio) serves thousands of connections in one thread.",
    ..ByLanguage::all("A loop (epoll(7)) serves thousands of connections in one thread.")
};

fn severity(at_once: f64, per_second: f64) -> Option<Severity> {
    let most = at_once.max(per_second);
    [
        (CONNECTIONS_HIGH, Severity::High),
        (CONNECTIONS_WARN, Severity::Warn),
        (CONNECTIONS_INFO, Severity::Info),
    ]
    .into_iter()
    .find(|(bound, _)| most >= bound.value)
    .map(|(_, severity)| severity)
}

/// How many connections a thread or its process stands for.
fn merged_count(one: &ThreadAnalysis<'_>) -> u64 {
    one.thread.merged_count.max(one.process.merged_count).max(1)
}

/// The most that lived at one moment. Those that were put together count as one, since it is not
/// known any more when each of them lived.
fn at_once(connections: &[&ThreadAnalysis<'_>], wall_ns: u64) -> u64 {
    let mut changes: Vec<(u64, i64)> = connections
        .iter()
        .flat_map(|one| {
            let (began_at_ns, ended_at_ns) = life(one.process, one.thread, wall_ns);
            [(began_at_ns, 1), (ended_at_ns, -1)]
        })
        .collect();
    // Of what happens in one moment the ends come first.
    changes.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    most.unsigned_abs()
}

fn life(process: &Process, thread: &Thread, wall_ns: u64) -> (u64, u64) {
    (thread.began_at_ns, thread.ended_at_ns.or(process.ended_at_ns).unwrap_or(wall_ns))
}

#[cfg(test)]
mod tests {
    use whywait_report::{Severity, Shape, ThreadModel};

    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene};

    /// So many connections that begin so long after one another, for a second each.
    fn serving(connections: u64, apart_ns: u64) -> Scene {
        let mut scene = Scene::new();
        for nth in 0..connections {
            scene.spawn("connection");
            let began_at_ns = nth * apart_ns;
            let thread = scene.thread();
            thread.began_at_ns = began_at_ns;
            thread.ended_at_ns = Some(began_at_ns + SECOND);
            scene.back_to_main();
        }
        scene.model = Some(ThreadModel::Acceptor);
        scene.others = Some(ThreadModel::Connection);
        scene.shape = Some(Shape::ThreadPerConnection);
        scene
    }

    #[test]
    fn many_at_once_are_found_from_the_bounds_on() {
        for (connections, expected) in [
            (15, None),
            (16, Some(Severity::Info)),
            (49, Some(Severity::Info)),
            (50, Some(Severity::Warn)),
            (999, Some(Severity::Warn)),
            (1000, Some(Severity::High)),
        ] {
            let scene = serving(connections, MS / 2);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{connections}");
        }
    }

    #[test]
    fn few_at_once_are_no_finding_however_many_there_are_in_all() {
        let scene = serving(150, SECOND);
        assert_eq!(find(&scene.analysis()), [], "one after the other, 15 per second of watching");
    }

    #[test]
    fn many_made_per_second_are_a_finding() {
        let finding = find(&serving(600, SECOND).analysis()).remove(0);
        assert_eq!(finding.severity, Severity::Warn);
        assert!(finding.evidence.contains("1 at once and 60 made"), "{}", finding.evidence);
    }

    #[test]
    fn other_shapes_may_have_many_threads() {
        let mut scene = serving(600, MS);
        scene.shape = Some(Shape::ThreadPool);
        assert_eq!(find(&scene.analysis()), []);
    }
}
