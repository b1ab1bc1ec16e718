//! Where the threads slept: the calls and descriptors that took longest.
//!
//! Left out on purpose: whether that is good. An event loop is to wait.

use std::collections::BTreeSet;

use super::naming::{call, descriptor, thread_by_tid};
use crate::layout::{Layout, LayoutColumn, Side};
use crate::page::{Page, Role};
use crate::quantity::{Count, Percent, Seconds};
use crate::{Diagnosis, WaitCategory, WaitEntry, WatchDetail};

/// Lines that are shown.
const MOST_ROWS: usize = 10;

const COLUMNS: &[LayoutColumn] = &[
    LayoutColumn { head: "on", rank: 0, side: Side::Left, least: Some(22) },
    left("call", 0),
    left("for", 6),
    right("count", 2),
    right("total", 0),
    right("p50", 3),
    right("p99", 2),
    right("asleep", 4),
    right("CPU wait", 4),
    right("kernel", 4),
    left("thread", 5),
];

const fn left(head: &'static str, rank: u8) -> LayoutColumn {
    LayoutColumn { head, rank, side: Side::Left, least: None }
}

const fn right(head: &'static str, rank: u8) -> LayoutColumn {
    LayoutColumn { head, rank, side: Side::Right, least: None }
}

pub(super) fn write(diagnosis: &Diagnosis, page: &mut Page) {
    let waits = &diagnosis.waits;
    if waits.is_empty() {
        page.text(Role::Plain, "Nowhere: no thread slept.");
        return;
    }
    let (shown, rest) = waits.split_at(MOST_ROWS.min(waits.len()));
    let threads: BTreeSet<_> = shown.iter().map(|wait| (wait.pid, wait.tid)).collect();
    // A column that has the same in every line says nothing.
    let says = |column: &&LayoutColumn| match column.head {
        "thread" => threads.len() > 1,
        "kernel" => diagnosis.detail == WatchDetail::Full,
        _ => true,
    };
    let places: Vec<_> = (0..COLUMNS.len()).filter(|place| says(&&COLUMNS[*place])).collect();
    let columns: Vec<_> = places.iter().map(|place| COLUMNS[*place]).collect();
    let rows = shown.iter().map(|wait| {
        let cells = cells(wait, diagnosis);
        places.iter().map(|place| cells[*place].clone()).collect()
    });
    let layout = Layout::new(&columns, &rows.collect::<Vec<_>>(), page.columns());
    page.line(Role::Quiet, layout.header());
    layout.rows().for_each(|line| page.line(Role::Plain, line));
    if !rest.is_empty() {
        let rest_s: f64 = rest.iter().map(|wait| wait.total_s).sum();
        page.text(Role::Quiet, &format!("… and {} more: {}", rest.len(), Seconds(rest_s)));
    }
}

fn cells(wait: &WaitEntry, diagnosis: &Diagnosis) -> [String; COLUMNS.len()] {
    let share = |seconds: f64| Percent(seconds / wait.total_s.max(f64::MIN_POSITIVE)).to_string();
    [
        descriptor(wait),
        call(wait),
        purpose(wait.category).to_string(),
        Count(wait.count as f64).to_string(),
        Seconds(wait.total_s).to_string(),
        Seconds(wait.p50_s).to_string(),
        Seconds(wait.p99_s).to_string(),
        share(wait.waiting_s),
        share(wait.runnable_s),
        share(wait.kernel_s),
        thread_by_tid(diagnosis, wait.pid, wait.tid),
    ]
}

fn purpose(category: WaitCategory) -> &'static str {
    match category {
        WaitCategory::Data => "data",
        WaitCategory::Disk => "disk",
        WaitCategory::Multiplexer => "events",
        WaitCategory::Handoff => "hand-off",
        WaitCategory::Lock => "lock",
        WaitCategory::Sleep => "time",
        WaitCategory::Child => "child",
        WaitCategory::Other => "other",
    }
}
