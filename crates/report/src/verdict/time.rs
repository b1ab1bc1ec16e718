//! Where the time went, and so what would make it less.
//!
//! Said of `blocking`, whose split is the plainest, and of the fastest.
//!
//! Left out on purpose: the split of the rest; the table has the numbers.

use crate::page_cache::FileTraffic;
use crate::quantity::{Estimate, Percent, Seconds};
use crate::{Comparison, Control, Notice, Run, TimeSplit, WorkerKind};

/// A run whose workers were on a CPU for at least this share is not I/O-bound.
const CPU_BOUND: f64 = 0.8;
/// A run whose workers were blocked for at least this share is one of waits.
const WAITING: f64 = 0.5;
/// A run whose workers lacked a CPU for at least this share has too many of them.
const CROWDED: f64 = 0.25;
/// CPU time of which the kernel has at least this share is the kernel's work. The share is an
/// estimate, so about a half is said of neither.
const KERNEL: f64 = 0.6;
/// CPU time of which the kernel has up to this share is the program's own.
const OWN: f64 = 0.4;
/// A share below this is not worth a word.
const NEGLIGIBLE: f64 = 0.005;

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let blocking = comparison.measured("blocking");
    let fastest = comparison.first().filter(|fastest| Some(*fastest) != blocking);
    let mut said = String::new();
    let mut sentences = Vec::new();
    for run in blocking.into_iter().chain(fastest) {
        let Some(split) = TimeSplit::of(run) else { continue };
        let meaning = if split.cpu >= CPU_BOUND && waits_by_asking(comparison, run) {
            "it burns CPU in order to wait, so this says nothing about the work".into()
        } else {
            let traffic = FileTraffic::of(comparison, run);
            let from_cache = traffic.is_some_and(|traffic| traffic.missed_the_disk());
            meaning(run, &split, comparison.machine.host.cpus, from_cache)
        };
        let conclusion = if meaning == said { "likewise" } else { &meaning };
        sentences.push(format!("{}: {conclusion}.", equation(run, &split)));
        said = meaning;
    }
    sentences
}

/// The wall time of a run as the sum of its shares.
fn equation(run: &Run, split: &TimeSplit) -> String {
    let workers = run.contestant.workers;
    let alone = workers.kind == WorkerKind::One && workers.helpers == 0;
    let on = if alone { String::new() } else { format!(" on {workers}") };
    let runnable = if split.runnable < NEGLIGIBLE {
        String::new()
    } else {
        format!(" + {} waiting for a CPU", Percent(split.runnable))
    };
    let kernel = run.kernel_share().filter(|_| split.cpu >= NEGLIGIBLE);
    let kernel = kernel.map(|share| format!(" ({} of it in the kernel)", Estimate(share)));
    format!(
        "{}: {} of wall{on} = {} CPU{}{runnable} + {} blocked",
        run.contestant.label(),
        Seconds(run.wall().map_or(0.0, |wall| wall.median)),
        Percent(split.cpu),
        kernel.unwrap_or_default(),
        Percent(split.blocked),
    )
}

/// Whether a run spent CPU where others sleep: it asked in vain, or the same work left another
/// model's workers blocked.
fn waits_by_asking(comparison: &Comparison, run: &Run) -> bool {
    let refused = run.measures.would_block.is_some_and(|count| count.median > 0.0);
    let sleeps = |other: &Run| TimeSplit::of(other).is_some_and(|split| split.blocked >= WAITING);
    run.contestant.base() == "nonblocking" && (refused || comparison.runs.iter().any(sleeps))
}

/// What a split says about the work, and what would help.
fn meaning(run: &Run, split: &TimeSplit, cpus: u64, from_cache: bool) -> String {
    let contestant = &run.contestant;
    let overlaps = contestant.control == Some(Control::NonBlocking)
        && contestant.notice == Some(Notice::Asynchronous);
    if split.cpu >= CPU_BOUND {
        cpu_bound(run, from_cache)
    } else if split.blocked >= WAITING && overlaps {
        "waits dominate though they overlap; more flows in flight or shorter waits help, more \
         CPUs do not"
            .into()
    } else if split.blocked >= WAITING {
        "waits dominate; more waiting at once helps, more CPUs do not".into()
    } else if split.runnable >= CROWDED {
        format!("too few CPUs ({cpus}) for what wants to run; more CPUs or fewer workers help")
    } else {
        "neither CPU nor waits dominate; more CPUs and more waiting at once may both help".into()
    }
}

/// What it says about the work that its workers were on a CPU. Whether it is I/O-bound is not known
/// of work whose files were in the page cache.
fn cpu_bound(run: &Run, from_cache: bool) -> String {
    let bound =
        if from_cache { "CPU-bound with its files in the page cache" } else { "not I/O-bound" };
    let whose = match run.kernel_share() {
        Some(share) if share >= KERNEL => {
            "the time is the kernel's work for the calls, so more CPUs or fewer calls help"
        }
        Some(share) if share <= OWN => "the time is the program's own, so more CPUs help",
        _ => "more CPUs help",
    };
    format!("{bound}; {whose}, more waiting at once does not")
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example::{self, Split};
    use crate::{Comparison, Spread};

    fn of_blocking(split: Split) -> String {
        let mut comparison = example::files();
        comparison.runs.retain(|run| run.contestant.base() == "blocking");
        comparison.runs[0] = example::run("blocking", split);
        say(&comparison).concat()
    }

    #[test]
    fn the_shares_are_told_of_blocking_and_of_the_fastest() {
        let sentences = say(&example::files());
        let blocking = "`blocking`: 134 ms of wall = 98 % CPU (~90 % of it in the kernel) + 2 % \
                        blocked: CPU-bound with its files in the page cache; the time is the kernel's work for the calls, so more CPUs \
                        or fewer calls help, more waiting at once does not.";
        assert_eq!(sentences[0], blocking);
        let pool = "`thread-pool:2`: 79.0 ms of wall on 2 threads = 89 % CPU (~90 % of it in the \
                    kernel) + 4 % waiting for a CPU + 8 % blocked: likewise.";
        assert!(sentences[1].starts_with(pool), "{}", sentences[1]);
        assert_eq!(sentences.len(), 2);
    }

    #[test]
    fn user_cpu_is_the_program_s_own() {
        let split = Split { wall_s: 4.1, user_s: 3.9, kernel_s: 0.15, ..Split::default() };
        assert!(of_blocking(split).contains("the time is the program's own"));
    }

    #[test]
    fn only_files_that_were_read_from_the_disk_show_that_it_is_not_io_bound() {
        let mut comparison = example::files();
        let meaning = |comparison: &Comparison| say(comparison).concat();
        assert!(meaning(&comparison).contains("CPU-bound with its files in the page cache"));
        assert!(!meaning(&comparison).contains("not I/O-bound"));
        for run in &mut comparison.runs {
            run.metrics.insert("read_bytes".into(), 5e7);
            run.measures.disk_read_bytes = Spread::of(&[5e7]);
        }
        assert!(meaning(&comparison).contains("not I/O-bound"));
        comparison.plan.file_steps = 0;
        assert!(meaning(&comparison).contains("not I/O-bound"), "there are no files");
    }

    #[test]
    fn waits_want_more_waiting_at_once() {
        let split = Split { wall_s: 3.0, user_s: 0.1, kernel_s: 0.1, ..Split::default() };
        assert!(of_blocking(split).contains("93 % blocked: waits dominate; more waiting at once"));
    }

    #[test]
    fn too_few_cpus_are_told() {
        let split = Split { wall_s: 1.0, user_s: 0.5, runnable_s: 0.4, ..Split::default() };
        assert!(of_blocking(split).contains("too few CPUs (2)"));
    }

    #[test]
    fn a_mixture_is_called_one() {
        let split = Split { wall_s: 1.0, user_s: 0.6, ..Split::default() };
        assert!(of_blocking(split).contains("neither CPU nor waits dominate"));
    }

    #[test]
    fn who_spins_where_others_sleep_burns_cpu_even_if_nothing_was_refused() {
        let mut comparison = example::files();
        let spins = Split { wall_s: 1.0, user_s: 1.0, ..Split::default() };
        let sleeps = Split { wall_s: 1.1, user_s: 0.1, ..Split::default() };
        comparison.runs = vec![example::run("nonblocking", spins), example::run("epoll", sleeps)];
        assert!(say(&comparison)[0].contains("burns CPU"), "{:?}", say(&comparison));
    }

    #[test]
    fn waits_that_overlap_already_and_spinning_are_told_apart() {
        let waits = Split { wall_s: 3.0, user_s: 0.1, ..Split::default() };
        let spins = Split { wall_s: 3.0, user_s: 2.9, would_block: 70_000, ..Split::default() };
        for (model, split, expected) in
            [("epoll", waits, "though they overlap"), ("nonblocking", spins, "burns CPU")]
        {
            let mut comparison = example::files();
            comparison.runs = vec![example::run(model, split)];
            assert!(say(&comparison)[0].contains(expected), "{:?}", say(&comparison));
        }
    }
}
