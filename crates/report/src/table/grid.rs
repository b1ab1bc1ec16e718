//! Rows in columns that fit.
//!
//! Left out on purpose: wrapping within a cell, which makes numbers unreadable; a column that
//! does not fit is left out whole.

use comfy_table::{CellAlignment, Table, presets};

use super::columns::{COLUMNS, Column};
use crate::paragraph::width;
use crate::{Run, Spread};

/// A table's lines, and the columns that it has.
#[derive(Debug)]
pub(super) struct Grid {
    shown: Vec<&'static Column>,
    lines: Vec<String>,
}

impl Grid {
    /// Lays the runs out, fastest first, in no more columns of text than given. The most
    /// important columns stay, even if they do not fit; a column that is empty goes first.
    pub(super) fn new(runs: &[&Run], columns: usize) -> Self {
        let fastest = runs.first().and_then(|run| run.wall());
        let says =
            |column: &&Column| runs.iter().any(|run| !(column.cell)(run, fastest).is_empty());
        let mut shown: Vec<_> = COLUMNS.iter().filter(says).collect();
        loop {
            let lines = lay_out(&shown, runs, fastest);
            let fits = lines.iter().all(|line| width(line) <= columns);
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

    /// What the columns mean, for those whose name does not say it.
    pub(super) fn legend(&self) -> String {
        let parts = self.shown.iter().map(|column| column.legend);
        let parts: Vec<_> = parts.filter(|legend| !legend.is_empty()).collect();
        format!("Medians. {}.", parts.join(". "))
    }
}

fn lay_out(shown: &[&'static Column], runs: &[&Run], fastest: Option<Spread>) -> Vec<String> {
    let mut table = Table::new();
    table.force_no_tty().load_style(presets::NOTHING);
    table.set_header(shown.iter().map(|column| column.head));
    for run in runs {
        table.add_row(shown.iter().map(|column| (column.cell)(run, fastest)));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if place == 0 { 0 } else { 2 }, 0));
        if place > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_string()).collect()
}
