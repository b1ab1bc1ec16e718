//! The columns of the table.
//!
//! Left out on purpose: numbers that only a program compares, such as the least and greatest of
//! each; the JSON document has them.

use std::fmt::Display;

use crate::quantity::{Bytes, Count, Factor, Percent, Seconds};
use crate::{Run, Spread, Status};

/// A column: a row of [`COLUMNS`].
#[derive(Debug)]
pub(super) struct Column {
    /// Its name.
    pub(super) head: &'static str,
    /// How soon it is left out when the table is too wide: the greatest first, 0 never.
    pub(super) rank: u8,
    /// Its name and what it means; empty where the name says all.
    pub(super) legend: &'static str,
    /// What it says of a run, given the wall time of the fastest.
    pub(super) cell: fn(&Run, Option<Spread>) -> String,
}

/// Every column, from left to right.
pub(super) const COLUMNS: &[Column] = &[
    Column { head: "model", rank: 0, legend: "", cell: |run, _| run.contestant.model.clone() },
    Column { head: "wall", rank: 0, legend: "wall: first submit to last completion", cell: wall },
    Column {
        head: "±",
        rank: 3,
        legend: "±: the repeat farthest from the median",
        cell: deviation,
    },
    Column { head: "× best", rank: 0, legend: "", cell: times_best },
    Column {
        head: "user",
        rank: 1,
        legend: "",
        cell: |run, _| show(run.measures.cpu_user_s, |time| Seconds(time.median)),
    },
    Column {
        head: "kernel",
        rank: 1,
        legend: "",
        cell: |run, _| show(run.measures.cpu_system_s, |time| Seconds(time.median)),
    },
    Column {
        head: "blocked",
        rank: 1,
        legend: "user, kernel, blocked: sums over all workers",
        cell: |run, _| show(run.measures.blocked_s, |time| Seconds(time.median)),
    },
    Column {
        head: "queued",
        rank: 6,
        legend: "queued: ready, but no CPU was free",
        cell: |run, _| show(run.measures.runnable_s, |time| Seconds(time.median)),
    },
    Column {
        head: "memory",
        rank: 2,
        legend: "memory: peak, an upper bound",
        cell: |run, _| show(run.measures.peak_memory_bytes, |size| Bytes(size.median)),
    },
    Column {
        head: "switches",
        rank: 4,
        legend: "switches: a thread gave or lost its CPU",
        cell: switches,
    },
    Column {
        head: "syscalls",
        rank: 5,
        legend: "",
        cell: |run, _| show(run.measures.syscalls, |count| Count(count.median)),
    },
    Column {
        head: "EAGAIN",
        rank: 8,
        legend: "EAGAIN: asked, but not ready",
        cell: |run, _| show(run.measures.would_block, |count| Count(count.median)),
    },
    Column {
        head: "flow p99",
        rank: 7,
        legend: "flow p99: 99 % of flows took no longer",
        cell: |run, _| show(run.flow_latency_s.as_ref(), |latency| Seconds(latency.p99)),
    },
    Column {
        head: "start",
        rank: 9,
        legend: "start: of the workers, not in wall",
        cell: |run, _| show(run.measures.worker_start_s, |time| Seconds(time.median)),
    },
    Column {
        head: "workers",
        rank: 10,
        legend: "",
        cell: |run, _| run.contestant.workers.to_string(),
    },
];

fn wall(run: &Run, _fastest: Option<Spread>) -> String {
    match run.status {
        Status::Ok => show(run.wall(), |wall| Seconds(wall.median)),
        Status::Skipped => "skipped".into(),
        Status::Failed => "failed".into(),
    }
}

/// One repeat alone has no spread, which is not a spread of nothing.
fn deviation(run: &Run, _fastest: Option<Spread>) -> String {
    let wall = run.wall().filter(|_| run.samples.len() > 1);
    show(wall, |wall| Percent(wall.relative_deviation()))
}

fn times_best(run: &Run, fastest: Option<Spread>) -> String {
    let (Some(wall), Some(fastest)) = (run.wall(), fastest) else { return String::new() };
    if fastest.median > 0.0 {
        Factor(wall.median / fastest.median).to_string().replace(" ×", "")
    } else {
        String::new()
    }
}

fn switches(run: &Run, _fastest: Option<Spread>) -> String {
    let both = run.measures.voluntary_switches.zip(run.measures.involuntary_switches);
    show(both, |(voluntary, involuntary)| Count(voluntary.median + involuntary.median))
}

/// A number as text, or nothing where there is none.
fn show<N, T: Display>(number: Option<N>, quantity: impl FnOnce(N) -> T) -> String {
    number.map(|number| quantity(number).to_string()).unwrap_or_default()
}
