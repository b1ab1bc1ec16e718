//! What it comes to, in a sentence or two.
//!
//! Left out on purpose: anything that is not in the document besides; the verdict is for those who
//! read nothing else.

use std::collections::BTreeMap;

use crate::Ledger;
use whywait_record::Category;
use whywait_report::{FindingEntry, Severity, Shape, ThreadModel};

use crate::analysis::how_many;
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The verdict, escaped.
pub(crate) fn of(analysis: &Analysis<'_>, findings: &[FindingEntry]) -> String {
    let working = working(analysis);
    let mut sum = Ledger::default();
    for one in &working {
        sum.add(&one.ledger);
    }
    let first = opening(analysis, &working, &sum, findings);
    let grave = findings
        .first()
        .filter(|finding| finding.severity == Severity::High && finding.name != "not-io-bound");
    let second = match (grave, findings.first()) {
        (Some(finding), _) => format!(" Worst of it, {}: {}", finding.name, finding.evidence),
        (None, Some(finding)) if finding.severity == Severity::Warn => {
            format!(" Look at {}: {}", finding.name, finding.evidence)
        }
        _ => String::new(),
    };
    format!("{first}{second}")
}

/// The models of the threads that a shape is about; none of a shape that is about all of them.
fn about(shape: Shape) -> &'static [ThreadModel] {
    match shape {
        Shape::EventLoop
        | Shape::EventLoopAndPool
        | Shape::EventLoops
        | Shape::PreforkEventLoops
        | Shape::ProcessPoolEventLoops => &[ThreadModel::EventLoop],
        Shape::UringLoop | Shape::UringLoops => &[ThreadModel::UringLoop],
        Shape::BusyPolling => &[ThreadModel::Spinner],
        Shape::HandOffAndWait => &[ThreadModel::WaitsOnHelper],
        Shape::ThreadPerConnection | Shape::ProcessPerConnection => &[ThreadModel::Connection],
        Shape::ThreadPool => &[ThreadModel::PoolWorker],
        Shape::CpuBound => &[ThreadModel::Cpu],
        Shape::Blocking
        | Shape::ThreadPerTask
        | Shape::PreforkBlocking
        | Shape::ProcessPool
        | Shape::Idle
        | Shape::Unknown => &[],
    }
}

/// For how long a thread had a CPU, or wanted one.
fn wanted_ns(one: &ThreadAnalysis<'_>) -> u64 {
    one.ledger.cpu_ns().saturating_add(one.ledger.runnable_ns)
}

/// The threads by which a program is judged: those that its shape is about. Where that is all, those
/// that do something, without those that only wait for others that do.
fn working<'s, 'a>(analysis: &'s Analysis<'a>) -> Vec<&'s ThreadAnalysis<'a>> {
    let models = about(analysis.shape);
    let mut meant: Vec<_> =
        analysis.threads.iter().filter(|one| models.contains(&one.model)).collect();
    if !meant.is_empty() {
        let most = |of: fn(&ThreadAnalysis<'_>) -> u64| meant.iter().map(|one| of(one)).max();
        let iterations = most(|one| one.profile.all_iterations()).unwrap_or(0);
        let busy_ns = most(wanted_ns).unwrap_or(0);
        // Of several loops those that hardly turn, or hardly work, are not what the program is
        // about.
        meant.retain(|one| {
            one.profile.all_iterations().saturating_mul(20) >= iterations
                && wanted_ns(one).saturating_mul(100) >= busy_ns
        });
        return meant;
    }
    let works = |one: &&ThreadAnalysis<'_>| {
        !one.thread.io_worker
            && !matches!(
                one.model,
                ThreadModel::Idle
                    | ThreadModel::Unknown
                    | ThreadModel::WaitsForChildren
                    | ThreadModel::Acceptor
            )
    };
    let all: Vec<_> = analysis.threads.iter().filter(works).collect();
    let waits_for_threads = |one: &&ThreadAnalysis<'_>| one.model == ThreadModel::WaitsOnHelper;
    let without: Vec<_> = all.iter().copied().filter(|one| !waits_for_threads(one)).collect();
    let mut chosen = if without.is_empty() { all } else { without };
    let lived_ns = chosen.iter().fold(0, |sum: u64, one| sum.saturating_add(one.thread.lived_ns));
    // Children that are gone at once do not tell where the time went; who waits for them does.
    if lived_ns < analysis.record.wall_ns / 2 {
        let parents = |one: &&ThreadAnalysis<'_>| one.model == ThreadModel::WaitsForChildren;
        chosen.extend(analysis.threads.iter().filter(parents));
    }
    chosen
}

fn opening(
    analysis: &Analysis<'_>,
    working: &[&ThreadAnalysis<'_>],
    sum: &Ledger,
    findings: &[FindingEntry],
) -> String {
    let cpu = crate::share(sum.cpu_ns(), sum.lived_ns());
    let computes = analysis.shape == Shape::CpuBound
        || findings.iter().any(|finding| finding.name == "not-io-bound");
    if analysis.shape == Shape::Idle || working.is_empty() {
        return format!(
            "Nothing to wait for: in {} the program did next to nothing.",
            time(analysis.record.wall_ns)
        );
    }
    if computes && cpu >= 0.5 {
        let whose = busiest(analysis.shape, working);
        return format!(
            "Not I/O-bound: {} of the time is CPU in {whose}; another I/O model would not help.",
            percent(cpu)
        );
    }
    format!(
        "{}{}: {}.",
        phrase(analysis.shape),
        in_how_many(analysis.shape, working),
        time_went(sum)
    )
}

/// Whose CPU time it is.
fn busiest(shape: Shape, working: &[&ThreadAnalysis<'_>]) -> String {
    let threads = how_many(working.iter().copied());
    if shape == Shape::CpuBound || threads == 1 {
        "one thread".to_owned()
    } else {
        count(threads, "thread")
    }
}

/// The two greatest parts of the time of the threads that do something.
fn time_went(sum: &Ledger) -> String {
    let lived_ns = sum.lived_ns();
    let mut parts: Vec<(&str, u64)> = vec![
        ("on a CPU", sum.cpu_ns().saturating_sub(sum.spinning_ns)),
        ("asking again and again", sum.spinning_ns),
        ("waiting for a CPU", sum.runnable_ns),
    ];
    parts.extend(sum.categories().map(|(category, length_ns)| (waiting_for(category), length_ns)));
    parts.sort_by_key(|(_, length_ns)| std::cmp::Reverse(*length_ns));
    let told: Vec<String> = parts
        .iter()
        .take(2)
        .filter(|(_, length_ns)| crate::share(*length_ns, lived_ns) >= 0.01)
        .map(|(what, length_ns)| {
            format!(
                "{} of the time {what} ({})",
                percent(crate::share(*length_ns, lived_ns)),
                time(*length_ns)
            )
        })
        .collect();
    if told.is_empty() { "hardly any time at all".to_owned() } else { told.join(", ") }
}

fn waiting_for(category: Category) -> &'static str {
    match category {
        Category::Data => "waiting for data",
        Category::Disk => "waiting for files",
        Category::Multiplexer => "waiting for events",
        Category::Handoff => "waiting for another thread",
        Category::Lock => "waiting for locks",
        Category::Sleep => "sleeping",
        Category::Child => "waiting for children",
        Category::Other => "waiting for something else",
    }
}

/// Where the calls are made of a shape that several threads may have by themselves.
fn in_how_many(shape: Shape, working: &[&ThreadAnalysis<'_>]) -> String {
    if shape != Shape::Blocking {
        return String::new();
    }
    // An interpreter or a runtime has threads of its own beside.
    let blocking: Vec<_> =
        working.iter().copied().filter(|one| one.model == ThreadModel::Blocking).collect();
    let processes: BTreeMap<u32, u64> =
        blocking.iter().map(|one| (one.process.pid, one.process.merged_count.max(1))).collect();
    let processes = processes.into_values().fold(0, u64::saturating_add);
    match (processes, how_many(blocking.iter().copied())) {
        (2.., _) => format!(", in each of {}", count(processes, "process")),
        (_, threads @ 2..) => format!(", in each of {}", count(threads, "thread")),
        _ => ", in one thread".to_owned(),
    }
}

fn phrase(shape: Shape) -> &'static str {
    match shape {
        Shape::Blocking => "Blocking calls, one after another",
        Shape::BusyPolling => "A thread that asks again and again",
        Shape::HandOffAndWait => "A thread that hands its work to another and waits for it",
        Shape::EventLoop => "An event loop",
        Shape::EventLoopAndPool => "An event loop and a pool of threads for what would block it",
        Shape::EventLoops => "An event loop in each of several threads",
        Shape::PreforkEventLoops => "Processes that share their work, an event loop in each",
        Shape::ThreadPerConnection => "A thread for each connection",
        Shape::ThreadPerTask => "A thread for each task",
        Shape::ThreadPool => "A pool of threads",
        Shape::ProcessPerConnection => "A process for each connection",
        Shape::PreforkBlocking => "Processes that share a listening socket, with blocking calls",
        Shape::ProcessPool => "A pool of processes",
        Shape::ProcessPoolEventLoops => "A pool of processes, an event loop in each",
        Shape::UringLoop => "A loop over an io_uring",
        Shape::UringLoops => "A loop over an io_uring in each of several threads or processes",
        Shape::CpuBound => "A program that computes in one thread",
        Shape::Idle => "A program that does nothing",
        Shape::Unknown => "No shape that is known",
    }
}
