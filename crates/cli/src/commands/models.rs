//! `whywait models`: what I/O models there are, and which can run here.

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use whywait::{MODELS, Model, ModelRow, WorkersKind};

use crate::failure::Failure;
use crate::terminal;

/// A column of the table.
struct Column {
    head: &'static str,
    /// How soon it is left out when the lines are too wide: the greatest first, 0 never.
    rank: u8,
    cell: fn(&ModelRow, Model) -> String,
}

const COLUMNS: [Column; 9] = [
    Column { head: "model", rank: 0, cell: |row, _| row.name.into() },
    Column { head: "control", rank: 0, cell: |row, _| or_chosen(row.control) },
    Column { head: "notice", rank: 0, cell: |row, _| or_chosen(row.notice) },
    Column {
        head: "wait / copy",
        rank: 3,
        cell: |row, _| {
            or_chosen(row.phases.map(|phases| format!("{} / {}", phases.wait, phases.copy)))
        },
    },
    Column { head: "driver", rank: 2, cell: |row, _| or_chosen(row.driver) },
    Column { head: "workers", rank: 0, cell: workers },
    Column { head: "helpers", rank: 1, cell: |_, model| helpers(model) },
    Column {
        head: "here",
        rank: 0,
        cell: |_, model| if can_run(model) { "yes" } else { "no" }.into(),
    },
    Column { head: "seen as", rank: 4, cell: |row, _| seen_as(row) },
];

/// Between two cells.
const GAP: &str = "  ";

pub(super) fn build(name: &'static str) -> Command {
    Command::new(name)
        .about("List the I/O models: how each waits, who works, and whether it can run here")
        .after_help(
            "Two readings of the words. The program's: does the call give control back before it \
             is done (control), and who finds out that it is done (notice)? The kernel's, which is \
             POSIX's: who waits for the data, and who copies it? Only where the kernel does both \
             is the operation asynchronous in that sense.\n\n\
             `here` is whether it can run on this machine; why not is below the table. On a terminal \
             of 160 columns or more the last column is what `whywait explain` calls a program that \
             behaves so: a server, or else one that runs flows or has files.\n\n\
             A model with N threads or processes takes their number behind a colon: thread-pool:8. \
             Each of them has the helper threads that are listed.",
        )
}

pub(super) fn run(_: &ArgMatches) -> Result<ExitCode, Failure> {
    let width = terminal::columns(&stdout());
    let mut text = table(width);
    let notes = notes(width);
    if !notes.is_empty() {
        text = format!("{text}\n{notes}");
    }
    // A reader that closes early, such as `head`, has seen what it wanted.
    let _ = write!(anstream::stdout(), "{text}");
    Ok(ExitCode::SUCCESS)
}

/// The models, with as many columns as fit.
fn table(width: usize) -> String {
    let cells = |column: &Column| {
        let cell = |row: &ModelRow| (column.cell)(row, model(row));
        let cells: Vec<_> =
            [column.head.into()].into_iter().chain(MODELS.iter().map(cell)).collect();
        let width = cells.iter().map(|cell: &String| cell.chars().count()).max().unwrap_or(0);
        (column.rank, width, cells)
    };
    let mut columns: Vec<_> = COLUMNS.iter().map(cells).collect();
    let taken = |columns: &[(u8, usize, Vec<String>)]| {
        columns.iter().map(|(_, width, _)| width + GAP.len()).sum::<usize>() - GAP.len()
    };
    while taken(&columns) > width
        && let Some(last) = columns.iter().map(|(rank, ..)| *rank).max().filter(|rank| *rank > 0)
    {
        columns.retain(|(rank, ..)| *rank != last);
    }
    let line = |place: usize| {
        let cells = columns.iter().map(|(_, width, cells)| format!("{:width$}", cells[place]));
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned() + "\n"
    };
    (0..=MODELS.len()).map(line).collect()
}

/// Why models cannot run here, or run as others.
fn notes(width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in MODELS {
        if let Some(note) = note(model(row)) {
            table.add_row([row.name.to_owned(), note]);
        }
    }
    // A name that is cut in two is none.
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    let lines = table.to_string();
    lines.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn model(row: &ModelRow) -> Model {
    row.name.parse().expect("a row's name is a model")
}

fn or_chosen(what: Option<impl ToString>) -> String {
    what.map_or_else(|| "chosen".into(), |what| what.to_string())
}

/// What `whywait explain` calls it, a server first.
fn seen_as(row: &ModelRow) -> String {
    if row.seen_as.is_empty() { "what is chosen".into() } else { row.seen_as.join(", ") }
}

fn workers(row: &ModelRow, model: Model) -> String {
    match row.workers {
        WorkersKind::One => "one".into(),
        WorkersKind::ThreadPerFlow => "a thread per flow".into(),
        WorkersKind::Threads => format!("{} threads", count(model)),
        WorkersKind::Processes => format!("{} processes", count(model)),
        WorkersKind::ProcessPerFlow => "a process per flow".into(),
        WorkersKind::Chosen => "chosen".into(),
    }
}

fn helpers(model: Model) -> String {
    or_chosen(model.driver().map(|driver| (driver.helpers)(&Default::default())))
}

fn count(model: Model) -> usize {
    model.workers().map_or(1, std::num::NonZero::get)
}

fn can_run(model: Model) -> bool {
    model.resolve().model.probe().is_ok()
}

/// Why it cannot run here, or as what it runs.
fn note(model: Model) -> Option<String> {
    let resolved = model.resolve();
    match (resolved.model.probe(), resolved.why) {
        (Err(refusal), _) => {
            Some(format!("cannot run: {}; it needs {}", refusal.source, refusal.driver.needs))
        }
        (Ok(()), why) => why.map(|why| format!("in a program `{}`: {why}", resolved.model)),
    }
}
