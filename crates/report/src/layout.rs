//! Columns of text side by side, in lines that fit.
//!
//! Left out on purpose: wrapping within a cell, which makes numbers unreadable; a column that
//! does not fit is left out whole.

use comfy_table::{CellAlignment, Table, presets};

use crate::paragraph::width;
use crate::shortened::shortened;

/// Columns between two cells.
const GAP: u16 = 2;

/// What a column is like, whatever is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayoutColumn {
    /// Its name.
    pub(crate) head: &'static str,
    /// How soon it is left out when the lines are too wide: the greatest first, 0 never.
    pub(crate) rank: u8,
    /// On which side its cells are even.
    pub(crate) side: Side,
    /// The width to which long texts in it may be shortened, before any column is left out.
    pub(crate) least: Option<usize>,
}

/// On which side cells are even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// The lines, and which columns they have.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The columns that are shown, by their places.
    pub(crate) shown: Vec<usize>,
    lines: Vec<String>,
}

impl Layout {
    /// Lays rows out, each with a cell for each column, in no more columns of text than given. The
    /// most important columns stay, even if they do not fit.
    pub(crate) fn new(columns: &[LayoutColumn], rows: &[Vec<String>], width_limit: usize) -> Self {
        let mut shown: Vec<_> = (0..columns.len()).collect();
        loop {
            let narrowest = lay_out(columns, &shown, rows, 0);
            let spare = width_limit.checked_sub(widest(&narrowest));
            let least = shown.iter().map(|place| columns[*place].rank).max().unwrap_or(0);
            if spare.is_some() || least == 0 {
                let lines = lay_out(columns, &shown, rows, spare.unwrap_or(0));
                return Self { shown, lines };
            }
            shown.retain(|place| columns[*place].rank != least);
        }
    }

    /// The line with the columns' names.
    pub(crate) fn header(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// A line for each row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().skip(1).map(String::as_str)
    }
}

/// The lines of those columns, of which those that may be shortened are wider by `spare` than they
/// need to be.
fn lay_out(
    columns: &[LayoutColumn],
    shown: &[usize],
    rows: &[Vec<String>],
    spare: usize,
) -> Vec<String> {
    let mut table = Table::new();
    table.force_no_tty().load_style(presets::NOTHING);
    table.set_header(shown.iter().map(|place| columns[*place].head));
    for row in rows {
        table.add_row(shown.iter().map(|place| match columns[*place].least {
            Some(least) => shortened(&row[*place], least + spare).into_owned(),
            None => row[*place].clone(),
        }));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { GAP }, 0));
        if columns[shown[index]].side == Side::Right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_string()).collect()
}

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| width(line)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Layout, LayoutColumn, Side, widest};

    const COLUMNS: &[LayoutColumn] = &[
        LayoutColumn { head: "where", rank: 0, side: Side::Left, least: Some(6) },
        LayoutColumn { head: "count", rank: 1, side: Side::Right, least: None },
        LayoutColumn { head: "total", rank: 0, side: Side::Right, least: None },
    ];

    fn lines(width_limit: usize) -> Vec<String> {
        let rows = [["/data/a/b/c", "12", "1.0 s"], ["/x", "7", "20 ms"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let layout = Layout::new(COLUMNS, &rows, width_limit);
        assert!(widest(&layout.lines) <= width_limit.max(13));
        std::iter::once(layout.header()).chain(layout.rows()).map(str::to_owned).collect()
    }

    #[test]
    fn what_fits_is_whole() {
        assert_eq!(
            lines(40),
            ["where        count  total", "/data/a/b/c     12  1.0 s", "/x               7  20 ms"]
        );
    }

    #[test]
    fn texts_are_shortened_first_and_columns_left_out_then() {
        assert_eq!(
            lines(22),
            ["where     count  total", "/dat…b/c     12  1.0 s", "/x            7  20 ms"]
        );
        assert_eq!(lines(16), ["where      total", "/dat…/b/c  1.0 s", "/x         20 ms"]);
        assert_eq!(lines(3), ["where   total", "/da…/c  1.0 s", "/x      20 ms"]);
    }
}
