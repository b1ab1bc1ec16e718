//! The verdict: a sentence or two for readers who read nothing else.

use std::collections::BTreeMap;

use crate::Ledger;
use whywait_record::Category;
use whywait_report::{BoundBy, FindingEntry, Severity, Shape, ThreadModel};

use crate::analysis::how_many;
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis, shapes};

/// The verdict, escaped.
pub(crate) fn of(analysis: &Analysis<'_>, findings: &[FindingEntry]) -> String {
    let working = working(analysis);
    let mut sum = Ledger::default();
    for one in &working {
        sum.add(&one.ledger);
    }
    let first = opening(analysis, &working, &sum, findings);
    let second = match findings.first() {
        Some(finding) if finding.severity == Severity::High => {
            format!(" Most severe, {}: {}", finding.name, finding.evidence)
        }
        Some(finding) if finding.severity == Severity::Warn => {
            format!(" Look at {}: {}", finding.name, finding.evidence)
        }
        _ => String::new(),
    };
    format!("{first}{second}")
}

/// A thread that did less than this fraction (1/5) of what the busiest did only looks after others.
const LEAST_EFFORT: u64 = 5;

/// The threads by which a program is judged: those that its shape is about. Where that is all, those
/// that do something, without those that only wait for others that do.
fn working<'s, 'a>(analysis: &'s Analysis<'a>) -> Vec<&'s ThreadAnalysis<'a>> {
    let models = shapes::row_of(analysis.shape).map_or(&[][..], |row| row.about);
    let mut meant: Vec<_> =
        analysis.threads.iter().filter(|one| models.contains(&one.model)).collect();
    if !meant.is_empty() {
        let most = |of: fn(&ThreadAnalysis<'_>) -> u64| meant.iter().map(|one| of(one)).max();
        let iterations = most(|one| one.profile.all_iterations()).unwrap_or(0);
        let busy_ns = most(|one| one.ledger.wanted_ns()).unwrap_or(0);
        // Of several loops those that hardly iterate, or hardly work, are not what the program is
        // about.
        meant.retain(|one| {
            one.profile.all_iterations().saturating_mul(20) >= iterations
                && one.ledger.wanted_ns().saturating_mul(100) >= busy_ns
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
    // One that only looks after the others, such as every 10 ms, does not tell where the time went.
    let most_ns = chosen.iter().map(|one| shapes::effort_ns(one)).max().unwrap_or(0);
    chosen.retain(|one| shapes::effort_ns(one).saturating_mul(LEAST_EFFORT) >= most_ns);
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
    let is_bound_by = |what| findings.iter().any(|finding| finding.bound_by.contains(&what));
    let in_kernel = is_bound_by(BoundBy::KernelWork);
    let computes = analysis.shape == Shape::CpuBound
        || findings.iter().any(|finding| !finding.bound_by.is_empty());
    if analysis.shape == Shape::Idle || working.is_empty() {
        return format!(
            "Nothing to wait for: in {} the program did next to nothing.",
            time(analysis.record.wall_ns)
        );
    }
    if computes && cpu >= 0.5 {
        let whose = busiest(analysis.shape, working);
        if in_kernel {
            return format!(
                "Not waiting for I/O: {} of the time is CPU in {whose}, most of it inside system \
                 calls.",
                percent(cpu)
            );
        }
        return format!(
            "Not I/O-bound: {} of the time is CPU in {whose}; another I/O model would not help.",
            percent(cpu)
        );
    }
    format!(
        "{}{}: {}.",
        shapes::row_of(analysis.shape).map_or("No shape that is known", |row| row.phrase),
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

/// The two greatest parts of the time of the threads that do something. How long they waited for a
/// CPU is said beside these: a busy machine must not hide what the program does.
fn time_went(sum: &Ledger) -> String {
    let lived_ns = sum.lived_ns();
    let mut parts: Vec<(&str, u64)> = vec![
        ("on a CPU", sum.cpu_ns().saturating_sub(sum.spinning_ns)),
        ("polling without a result", sum.spinning_ns),
    ];
    parts.extend(sum.categories().map(|(category, length_ns)| (waiting_for(category), length_ns)));
    parts.sort_by_key(|(_, length_ns)| std::cmp::Reverse(*length_ns));
    parts.truncate(2);
    if crate::share(sum.runnable_ns, lived_ns) >= LEAST_RUNNABLE {
        parts.push(("waiting for a CPU", sum.runnable_ns));
        parts.sort_by_key(|(_, length_ns)| std::cmp::Reverse(*length_ns));
    }
    let told: Vec<String> = parts
        .iter()
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

/// From which share of the time on waits for a CPU are said.
const LEAST_RUNNABLE: f64 = 0.05;

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

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::DescriptorKind;

    use super::{of, time_went};
    use crate::Ledger;
    use crate::findings::findings;
    use crate::findings::scene::{MS, SECOND, Scene};

    #[test]
    fn a_busy_machine_does_not_hide_what_the_program_waits_for() {
        let mut ledger = Ledger { cpu_user_ns: 3 * SECOND, ..Ledger::default() };
        ledger.disk_ns = 2 * SECOND;
        ledger.runnable_ns = 5 * SECOND;
        let shown = "50 % of the time waiting for a CPU (5.0 s), 30 % of the time on a CPU (3.0 s), \
                     20 % of the time waiting for files (2.0 s)";
        assert_eq!(time_went(&ledger), shown);
        ledger.runnable_ns = 200 * MS;
        assert!(!time_went(&ledger).contains("waiting for a CPU"));
    }

    #[test]
    fn work_of_the_kernel_is_not_called_computing() {
        let mut scene = Scene::lasting(4 * SECOND);
        scene.cpu(200 * MS, 3500 * MS);
        let calls = scene.call(Sysno::write, DescriptorKind::File);
        (calls.count, calls.total_ns) = (1000, 3500 * MS);
        let analysis = scene.analysis();
        let verdict = of(&analysis, &findings(&analysis));
        assert!(verdict.starts_with("Not waiting for I/O: 92 %"), "{verdict}");
        assert!(verdict.contains("most of it inside system calls"), "{verdict}");
    }
}
