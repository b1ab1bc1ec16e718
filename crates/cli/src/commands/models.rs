//! `whywait models`: what I/O models there are, and which can run here.

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use whywait::{MODELS, Model, ModelRow, WorkersKind};

use crate::failure::Failure;
use crate::terminal;

pub(super) fn build(name: &'static str) -> Command {
    Command::new(name)
        .about("List the I/O models: how each waits, who works, and whether it can run here")
        .after_help(
            "Two readings of the words. The program's: does the call give control back before it \
             is done (control), and who finds out that it is done (notice)? The kernel's, which is \
             POSIX's: who waits for the data, and who copies it? Only where the kernel does both \
             is the operation asynchronous in that sense.\n\n\
             The last column is what `whywait explain` calls a program that behaves so: a server, \
             or else one that runs flows or has files.\n\n\
             A model with N workers takes their number behind a colon: thread-pool:8.",
        )
}

pub(super) fn run(_: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(terminal::columns(&stdout())).unwrap_or(u16::MAX))
        .set_header([
            "model",
            "control",
            "notice",
            "wait / copy",
            "driver",
            "workers",
            "runs here",
            "seen as",
        ]);
    for row in MODELS {
        table.add_row(cells(row));
    }
    // A name that is cut in two is none.
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    let text = table.to_string();
    let trimmed: Vec<_> = text.lines().map(str::trim_end).collect();
    // A reader that closes early, such as `head`, has seen what it wanted.
    let _ = writeln!(anstream::stdout(), "{}", trimmed.join("\n"));
    Ok(ExitCode::SUCCESS)
}

fn cells(row: &ModelRow) -> [String; 8] {
    let model: Model = row.name.parse().expect("a row's name is a model");
    let dash = || "chosen".to_owned();
    [
        row.name.into(),
        row.control.map_or_else(dash, |control| control.to_string()),
        row.notice.map_or_else(dash, |notice| notice.to_string()),
        row.phases.map_or_else(dash, |phases| {
            let posix = if phases.is_asynchronous() { " (asynchronous)" } else { "" };
            format!("{} / {}{posix}", phases.wait, phases.copy)
        }),
        row.driver.unwrap_or("chosen").into(),
        workers(row, model),
        runs_here(model),
        seen_as(row),
    ]
}

/// What `whywait explain` calls it, a server first.
fn seen_as(row: &ModelRow) -> String {
    if row.seen_as.is_empty() { "what is chosen".into() } else { row.seen_as.join(", ") }
}

fn workers(row: &ModelRow, model: Model) -> String {
    let helpers = model.driver().map_or(0, |driver| (driver.helpers)(&Default::default()));
    let who = match row.workers {
        WorkersKind::One => "one".into(),
        WorkersKind::ThreadPerFlow => "a thread per flow".into(),
        WorkersKind::Threads => format!("{} threads, or :N", count(model)),
        WorkersKind::Processes => format!("{} processes, or :N", count(model)),
        WorkersKind::ProcessPerFlow => "a process per flow".into(),
        WorkersKind::Chosen => return "chosen".into(),
    };
    match helpers {
        0 => who,
        1 => format!("{who} + 1 helper"),
        helpers => format!("{who} + {helpers} helpers"),
    }
}

fn count(model: Model) -> usize {
    model.workers().map_or(1, std::num::NonZero::get)
}

fn runs_here(model: Model) -> String {
    let resolved = model.resolve();
    match (resolved.model.probe(), resolved.why) {
        (Err(refusal), _) => {
            format!("no: {}; it needs {}", refusal.source, refusal.driver.needs)
        }
        (Ok(()), None) => "yes".into(),
        (Ok(()), Some(why)) => format!("yes; in a program `{}`: {why}", resolved.model),
    }
}
