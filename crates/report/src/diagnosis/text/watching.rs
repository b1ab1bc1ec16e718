//! How it was watched: what that cost, what was not seen, and what is therefore not known.
//!
//! Left out on purpose: how much slower the program ran; only a run without a watcher tells.

use crate::page::{Page, Role};
use crate::quantity::{Bytes, Count, Seconds};
use crate::{Diagnosis, WatchBackend, WatchDetail, WatchLosses};

pub(super) fn write(diagnosis: &Diagnosis, page: &mut Page) {
    page.text(Role::Quiet, &level(diagnosis));
    page.text(Role::Quiet, &cost(diagnosis));
    if let Some(recorded) = recorded(diagnosis) {
        page.text(Role::Quiet, &recorded);
    }
    for sentence in &diagnosis.not_watched {
        page.text(Role::Warning, sentence);
    }
    let lost = losses(&diagnosis.cost.losses);
    if lost.is_empty() {
        page.text(Role::Quiet, "Nothing was lost.");
    }
    for (role, sentence) in lost {
        page.text(role, &sentence);
    }
}

fn level(diagnosis: &Diagnosis) -> String {
    let backend = match diagnosis.backend {
        WatchBackend::Bpf => "BPF programs in the kernel",
    };
    match diagnosis.detail {
        WatchDetail::Full => format!("Full detail, by {backend}: every call was counted."),
        WatchDetail::Light => format!(
            "Light detail, by {backend}: every call that slept was seen, the others only by \
             samples of what ran. So it is not known how many calls there were, how many of them \
             asked in vain or moved few bytes, how long the kernel worked in those that slept, \
             and which line of the program made them; `--detail full` tells."
        ),
    }
}

fn cost(diagnosis: &Diagnosis) -> String {
    let cost = &diagnosis.cost;
    let mut text = format!(
        "whywait itself used {} of CPU in {} and held at most {}.",
        Seconds(cost.cpu_s),
        Seconds(diagnosis.wall_s),
        Bytes(cost.memory_bytes as f64),
    );
    if let Some(kernel_cpu_s) = cost.kernel_cpu_s {
        text += &format!(" Its programs in the kernel used {}.", Seconds(kernel_cpu_s));
    }
    if let Some(per_foreign_call_ns) = cost.per_foreign_call_ns {
        let per_call = Seconds(per_foreign_call_ns * 1e-9);
        text += &format!(" Every call of other processes took {per_call} longer meanwhile.");
    }
    text
}

/// How much of a recording over time there is.
fn recorded(diagnosis: &Diagnosis) -> Option<String> {
    let counts = [diagnosis.timeline.len(), diagnosis.edges.len()];
    let cut_off = diagnosis.timeline_cut_off;
    if counts == [0, 0] && cut_off.is_none() {
        return None;
    }
    let [intervals, edges] = counts.map(|count| Count(count as f64));
    let rest = cut_off.map_or(String::new(), |cut_off| {
        format!(
            "; it was full after {}, and {} later ones were not kept",
            Seconds(cut_off.at_s),
            Count(cut_off.entries as f64)
        )
    });
    Some(format!("Recorded over time: intervals {intervals}, wakings {edges}{rest}."))
}

/// What was not seen, and what that means; what makes no number wrong is quiet.
fn losses(losses: &WatchLosses) -> Vec<(Role, String)> {
    let WatchLosses { events, threads, calls, waits, merged_waits, wakes, slow_calls, names } =
        *losses;
    let kinds = [
        (
            Role::Warning,
            events,
            "Events lost",
            "The ring buffer was full; lives of threads, descriptors or slow calls are missing.",
        ),
        (
            Role::Warning,
            threads,
            "Threads lost",
            "All of their time is missing; there were too many.",
        ),
        (
            Role::Warning,
            calls,
            "Calls without their kind",
            "A thread made too many kinds of calls; the cheapest are counted together.",
        ),
        (Role::Warning, waits, "Waits without their kind", "There were too many kinds."),
        (Role::Warning, wakes, "Wakings without their waker", "There were too many."),
        (
            Role::Quiet,
            merged_waits,
            "Waits merged by call",
            "Threads waited on many descriptors; the cheapest are told apart by call only, and their \
             time is complete.",
        ),
        (
            Role::Quiet,
            slow_calls,
            "Slow calls without a record of their own",
            "They are counted all the same.",
        ),
        (
            Role::Quiet,
            names,
            "Descriptors without path or peer",
            "They were closed before it could be looked up.",
        ),
    ];
    let lost = kinds.into_iter().filter(|(_, count, ..)| *count > 0);
    lost.map(|(role, count, what, why)| (role, format!("{what}: {}. {why}", Count(count as f64))))
        .collect()
}
