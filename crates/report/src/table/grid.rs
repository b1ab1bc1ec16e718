//! The table of the runs.
//!
//! Left out on purpose: making it fit; the layout does that.

use super::columns::{Column, columns};
use crate::layout::{Layout, LayoutColumn, Side};
use crate::{Comparison, Run, Status};

/// The column of the number that ranks a run, which is where the eye looks: it says why there is
/// none.
const STATUS_PLACE: usize = 1;

/// A table's lines, and the columns that it has.
#[derive(Debug)]
pub(super) struct Grid {
    shown: Vec<Column>,
    layout: Layout,
}

impl Grid {
    /// Lays runs of a comparison out, best first, in no more columns of text than given. The most
    /// important columns stay, even if they do not fit; a column that is empty goes first.
    pub(super) fn new(comparison: &Comparison, runs: &[&Run], width_limit: usize) -> Self {
        let yardstick = comparison.yardstick();
        let text = |column: &Column, run: &Run| column.text(run, yardstick);
        let says = |column: &Column| runs.iter().any(|run| !text(column, run).is_empty());
        let columns: Vec<_> = columns(comparison)
            .into_iter()
            .enumerate()
            .filter(|(place, column)| *place <= STATUS_PLACE || says(column))
            .map(|(_, column)| column)
            .collect();
        let sides = columns.iter().enumerate().map(|(place, column)| LayoutColumn {
            head: column.head,
            rank: column.rank,
            side: if place == 0 { Side::Left } else { Side::Right },
            least: None,
        });
        let cells = |run: &&Run| {
            let columns = columns.iter().enumerate();
            let cells = columns.map(|(place, column)| match (place, run.status) {
                (STATUS_PLACE, Status::Skipped) => "skipped".into(),
                (STATUS_PLACE, Status::Failed) => "failed".into(),
                _ => text(column, run),
            });
            cells.collect()
        };
        let rows: Vec<_> = runs.iter().map(cells).collect();
        let layout = Layout::new(&sides.collect::<Vec<_>>(), &rows, width_limit);
        let shown = layout.shown.iter().map(|place| columns[*place]).collect();
        Self { shown, layout }
    }

    /// The line with the columns' names.
    pub(super) fn header(&self) -> &str {
        self.layout.header()
    }

    /// A line for each run.
    pub(super) fn rows(&self) -> impl Iterator<Item = &str> {
        self.layout.rows()
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
