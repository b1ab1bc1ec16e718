//! Each thread: its model, and where its time went.
//!
//! Left out on purpose: calls and switches; the JSON document has them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::naming::{command_line, thread};
use super::shares::shares;
use crate::layout::{Layout, LayoutColumn, Side};
use crate::page::{Page, Role};
use crate::paragraph::Paragraph;
use crate::quantity::{Percent, Seconds, several};
use crate::shortened::shortened;
use crate::{Diagnosis, LedgerSeconds, ProcessEntry, ThreadEntry, escaped};

/// Threads that are shown, at most; a larger program would fill screens with what nobody reads.
const MOST_ROWS: usize = 12;

/// Shares of a thread's time that are shown, as there is room.
const SHARES: RangeInclusive<usize> = 2..=6;

/// So many shares are worth more than a column that may be left out.
const WORTH_A_COLUMN: usize = 3;

const COLUMNS: &[LayoutColumn] = &[
    LayoutColumn { head: "  thread", rank: 0, side: Side::Left, least: Some(20) },
    LayoutColumn { head: "alike", rank: 0, side: Side::Right, least: None },
    LayoutColumn { head: "model", rank: 0, side: Side::Left, least: None },
    LayoutColumn { head: "sure", rank: 0, side: Side::Right, least: None },
    LayoutColumn { head: "lived", rank: 2, side: Side::Right, least: None },
    LayoutColumn { head: "where its time went", rank: 1, side: Side::Left, least: None },
];

/// The place of the column that goes into a line of its own where it does not fit.
const TIME_PLACE: usize = 5;

pub(super) type Row<'a> = (&'a ProcessEntry, &'a ThreadEntry);

pub(super) fn write(diagnosis: &Diagnosis, page: &mut Page) {
    let (rows, rest) = chosen(diagnosis);
    if rows.is_empty() {
        page.text(Role::Plain, "None was seen.");
        return;
    }
    let (layout, places) = lay_out(&rows, page.columns());
    let time_fits = layout.shown.iter().any(|shown| places[*shown] == TIME_PLACE);
    page.line(Role::Quiet, layout.header());
    let mut before = None;
    for ((process, entry), line) in rows.iter().zip(layout.rows()) {
        if before.replace(process.pid) != Some(process.pid) {
            page.line(Role::Plain, &shortened(&process_line(process), page.columns()));
        }
        page.line(Role::Plain, line);
        if !time_fits {
            remark(page, "    ", &shares(&entry.ledger_s, *SHARES.end()));
        }
        let doubt = entry.doubt.as_deref().unwrap_or_default();
        let said = format!("{} {doubt}", entry.evidence);
        if !said.trim().is_empty() {
            remark(page, "  └ ", &escaped(&said));
        }
    }
    if !rest.is_empty() {
        remark(page, "  … ", &summed(&rest, &rows));
    }
}

fn remark(page: &mut Page, first: &str, text: &str) {
    page.paragraph(Role::Quiet, &Paragraph { first, rest: "    ", text });
}

/// The threads that are shown, in the document's order, and the others.
pub(super) fn chosen(diagnosis: &Diagnosis) -> (Vec<Row<'_>>, Vec<Row<'_>>) {
    let processes = diagnosis.processes.iter();
    let all: Vec<Row<'_>> = processes
        .flat_map(|process| process.threads.iter().map(move |entry| (process, entry)))
        .collect();
    let found = |(process, entry): &Row<'_>| {
        let mut findings = diagnosis.findings.iter();
        findings.any(|finding| finding.pid == process.pid && finding.tid == Some(entry.tid))
    };
    let mut ranked: Vec<_> = (0..all.len()).collect();
    ranked.sort_by(|left, right| {
        let found = |place: &usize| Reverse(found(&all[*place]));
        let busy_s = |place: &usize| busy_s(&all[*place].1.ledger_s);
        found(left).cmp(&found(right)).then(busy_s(right).total_cmp(&busy_s(left)))
    });
    let (shown, rest) = ranked.split_at(MOST_ROWS.min(ranked.len()));
    let of = |places: &[usize]| {
        let mut places = places.to_vec();
        places.sort_unstable();
        places.into_iter().map(|place| all[place]).collect()
    };
    (of(shown), of(rest))
}

/// Time in which somebody may have waited for this thread.
fn busy_s(ledger_s: &LedgerSeconds) -> f64 {
    ledger_s.cpu() + ledger_s.runnable + ledger_s.data + ledger_s.disk + ledger_s.handoff
}

/// The lines with as many shares of the time as there is room for, and the places in [`COLUMNS`]
/// of those that it was given.
fn lay_out(rows: &[Row<'_>], width_limit: usize) -> (Layout, Vec<usize>) {
    // A column that says nothing is none.
    let says = |place: &usize| {
        rows.iter().any(|(_, entry)| !cells(entry, *SHARES.end())[*place].is_empty())
    };
    let places: Vec<_> = (0..COLUMNS.len()).filter(says).collect();
    let columns: Vec<_> = places.iter().map(|place| COLUMNS[*place]).collect();
    let with = |most_shares| {
        let rows = rows.iter().map(|(_, entry)| {
            let cells = cells(entry, most_shares);
            places.iter().map(|place| cells[*place].clone()).collect()
        });
        Layout::new(&columns, &rows.collect::<Vec<_>>(), width_limit)
    };
    let whole = |layout: &Layout| layout.shown.len() == columns.len();
    let timed = |layout: &Layout| layout.shown.iter().any(|shown| places[*shown] == TIME_PLACE);
    let layout = (WORTH_A_COLUMN..=*SHARES.end()).rev().map(with).find(whole);
    let layout = layout.or_else(|| SHARES.rev().map(with).find(timed));
    (layout.unwrap_or_else(|| with(*SHARES.start())), places)
}

fn cells(entry: &ThreadEntry, most_shares: usize) -> [String; 6] {
    let sure = entry.doubt.as_ref().map(|_| Percent(entry.confidence).to_string());
    [
        format!("  {}", thread(entry.tid, &entry.name)),
        if entry.alike > 1 { format!("×{}", entry.alike) } else { String::new() },
        entry.model.name().to_string(),
        sure.unwrap_or_default(),
        Seconds(entry.lived_s).to_string(),
        shares(&entry.ledger_s, most_shares),
    ]
}

fn process_line(process: &ProcessEntry) -> String {
    let alike = if process.alike > 1 { format!(" ×{}", process.alike) } else { String::new() };
    format!("{}{alike} {}", process.pid, command_line(&process.command))
}

/// What the threads that are not shown did together.
fn summed(rest: &[Row<'_>], shown: &[Row<'_>]) -> String {
    let shown: BTreeSet<_> = shown.iter().map(|(process, _)| process.pid).collect();
    let processes: BTreeMap<_, _> =
        rest.iter().map(|(process, _)| (process.pid, process.alike)).collect();
    let hidden = processes.iter().filter(|(pid, _)| !shown.contains(pid));
    let of = match hidden.map(|(_, alike)| alike).sum() {
        0 => String::new(),
        1 => ", 1 more process among them".into(),
        hidden => format!(", {hidden} more processes among them"),
    };
    let mut ledger_s = LedgerSeconds::default();
    rest.iter().for_each(|(_, entry)| ledger_s += entry.ledger_s);
    let threads = several(rest.iter().map(|(_, entry)| entry.alike).sum(), "more thread");
    format!("and {threads}{of}: {}", shares(&ledger_s, *SHARES.end()))
}
