//! One work, those who do it, and the taking of turns.
//!
//! Left out on purpose: what the work is; `files`, `echo` and `timers` have one kind each.

use crate::bystanders::Bystanders;
use crate::column::{Column, Figure, Heading, Row};
use crate::failure::Failure;

/// A work that several contestants do, once a round each.
pub(crate) trait Discipline {
    /// What each sample yields, in order.
    fn headings(&self) -> Vec<Heading>;

    /// The names of those who can do it, in the order of the table.
    fn contestants(&self) -> Vec<String>;

    /// Lets a contestant do it once; gives a figure for each heading.
    ///
    /// # Errors
    /// Why the contestant is out of the race: it could not, or did not do all of it.
    fn sample(&self, contestant: &str, round: usize) -> Result<Vec<Figure>, Failure>;
}

/// A discipline with the figures so far.
pub(crate) struct Race {
    discipline: Box<dyn Discipline>,
    columns: Vec<Column>,
}

impl Race {
    /// The race of those contestants that are `wanted`; none if there are none.
    pub(crate) fn new(
        discipline: Box<dyn Discipline>,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let names: Vec<String> =
            discipline.contestants().into_iter().filter(|name| wanted(name)).collect();
        if names.is_empty() {
            return None;
        }
        let row = |name: &String| Row { name: name.clone(), figures: Vec::new(), failure: None };
        let column = |heading| Column { heading, rows: names.iter().map(row).collect() };
        let columns = discipline.headings().into_iter().map(column).collect();
        Some(Self { discipline, columns })
    }

    /// The work, by its first column.
    pub(crate) fn title(&self) -> &str {
        &self.columns[0].heading.title
    }

    /// One sample of everybody still in the race, beginning with another one each round.
    ///
    /// # Errors
    /// When the machine's CPU time cannot be read; a contestant's failure is kept in its row.
    pub(crate) fn run_round(
        &mut self,
        round: usize,
        bystanders: &mut Bystanders,
    ) -> Result<(), Failure> {
        let count = self.columns[0].rows.len();
        for turn in 0..count {
            let place = (turn + round) % count;
            let row = &self.columns[0].rows[place];
            if row.failure.is_some() {
                continue;
            }
            let before = bystanders.now()?;
            let outcome = self.discipline.sample(&row.name, round);
            bystanders.add(before)?;
            self.note(place, outcome);
        }
        Ok(())
    }

    /// The columns, with the figures of all rounds.
    pub(crate) fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    fn note(&mut self, place: usize, outcome: Result<Vec<Figure>, Failure>) {
        match outcome {
            Ok(figures) => {
                assert_eq!(figures.len(), self.columns.len(), "a figure for each heading");
                for (column, figure) in self.columns.iter_mut().zip(figures) {
                    column.rows[place].figures.push(figure);
                }
            }
            Err(error) => {
                for column in &mut self.columns {
                    column.rows[place].failure = Some(error.to_string());
                }
            }
        }
    }
}
