//! Rows in columns that fit.
//!
//! Left out on purpose: wrapping within a cell, which makes numbers unreadable; a column that
//! does not fit is left out whole.

use comfy_table::{CellAlignment, Table, presets};

use super::columns::{Column, columns};
use crate::paragraph::width;
use crate::{Comparison, Run, Status};

/// The column of the number that ranks a run, which is where the eye looks: it says why there is
/// none.
const STATUS_PLACE: usize = 1;

/// A table's lines, and the columns that it has.
#[derive(Debug)]
pub(super) struct Grid {
    shown: Vec<Column>,
    lines: Vec<String>,
}

impl Grid {
    /// Lays runs of a comparison out, best first, in no more columns of text than given. The most
    /// important columns stay, even if they do not fit; a column that is empty goes first.
    pub(super) fn new(comparison: &Comparison, runs: &[&Run], width_limit: usize) -> Self {
        let yardstick = comparison.yardstick();
        let best = comparison.first();
        let text = |column: &Column, run: &Run| column.text(run, yardstick, best);
        let says = |column: &Column| runs.iter().any(|run| !text(column, run).is_empty());
        let mut shown: Vec<_> = columns(comparison)
            .into_iter()
            .enumerate()
            .filter(|(place, column)| *place <= STATUS_PLACE || says(column))
            .map(|(_, column)| column)
            .collect();
        loop {
            let lines = lay_out(&shown, runs, text);
            let fits = lines.iter().all(|line| width(line) <= width_limit);
            let least = shown.iter().map(|column| column.rank).max().unwrap_or(0);
            if fits || least == 0 {
                return Self { shown, lines };
            }
            shown.retain(|column| column.rank != least);
        }
    }

    /// The line with the columns' names.
    pub(super) fn header(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// A line for each run.
    pub(super) fn rows(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().skip(1).map(String::as_str)
    }

    /// What the columns mean, for those whose name does not say it. Neighbours of one meaning
    /// share it.
    pub(super) fn legend(&self) -> String {
        let explained: Vec<_> =
            self.shown.iter().filter(|column| !column.meaning.is_empty()).collect();
        let alike = explained.chunk_by(|left, right| left.meaning == right.meaning);
        let parts = alike.map(|columns| {
            let heads: Vec<_> = columns.iter().map(|column| column.head).collect();
            format!("{}: {}", heads.join(", "), columns[0].meaning)
        });
        format!("Medians. {}.", parts.collect::<Vec<_>>().join(". "))
    }
}

fn lay_out(shown: &[Column], runs: &[&Run], text: impl Fn(&Column, &Run) -> String) -> Vec<String> {
    let mut table = Table::new();
    table.force_no_tty().load_style(presets::NOTHING);
    table.set_header(shown.iter().map(|column| column.head));
    for run in runs {
        table.add_row(shown.iter().enumerate().map(|(place, column)| match (place, run.status) {
            (STATUS_PLACE, Status::Skipped) => "skipped".into(),
            (STATUS_PLACE, Status::Failed) => "failed".into(),
            _ => text(column, run),
        }));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if place == 0 { 0 } else { 2 }, 0));
        if place > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_string()).collect()
}
