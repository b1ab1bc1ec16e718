//! One figure of everybody who did one work, round by round.
//!
//! Left out on purpose: how a figure was come by (see [`race`](crate::race)), and what a promise
//! makes of it (see [`targets`](crate::targets)).

use crate::cpus::Nearness;
use crate::spread::Spread;

/// What a column's figures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// The work, and where: `write ext4`, `echo 50`. A promise names a column by how this begins.
    pub(crate) title: String,
    /// `ms`, `µs`, `B`.
    pub(crate) unit: &'static str,
    /// What the figure is, in some words.
    pub(crate) about: &'static str,
}

/// One figure of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    /// How near the two CPUs were, where that makes a difference to the figure.
    pub(crate) nearness: Option<Nearness>,
}

/// One figure of everybody who did one work.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) heading: Heading,
    pub(crate) rows: Vec<Row>,
}

/// One contestant in one column.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// One per round; the same index is the same round in every row.
    pub(crate) figures: Vec<Figure>,
    /// Why the contestant left the race, if it did.
    pub(crate) failure: Option<String>,
}

impl Column {
    /// The row of a contestant that did not fail and has figures.
    pub(crate) fn row(&self, name: &str) -> Option<&Row> {
        let found = self.rows.iter().find(|row| row.name == name);
        found.filter(|row| row.failure.is_none() && !row.figures.is_empty())
    }

    /// The state of the CPUs that most samples saw from beginning to end, if it was looked at.
    pub(crate) fn prevailing(&self) -> Option<Nearness> {
        let states = [Nearness::Near, Nearness::Far];
        let seen = states.into_iter().filter(|state| self.count(*state).0 > 0);
        seen.max_by_key(|state| self.count(*state).0)
    }

    /// How many samples saw a state, of how many.
    pub(crate) fn count(&self, state: Nearness) -> (usize, usize) {
        let all = self.rows.iter().flat_map(|row| &row.figures);
        (all.clone().filter(|figure| figure.nearness == Some(state)).count(), all.count())
    }

    /// The spread over the rounds of `name`'s figure divided by the least one of `references` in
    /// the same round, over the rounds in which both saw the same state of the CPUs.
    pub(crate) fn ratios(&self, name: &str, references: &[&str]) -> Option<Spread> {
        let own = self.row(name)?;
        let others: Vec<&Row> = references.iter().filter_map(|name| self.row(name)).collect();
        let ratio = |(round, figure): (usize, &Figure)| {
            let alike = others.iter().filter_map(|row| row.figures.get(round));
            let alike = alike.filter(|other| comparable(figure, other));
            let best = alike.map(|other| other.value).reduce(f64::min)?;
            Some(figure.value / best)
        };
        let ratios: Vec<f64> = own.figures.iter().enumerate().filter_map(ratio).collect();
        Spread::of(&ratios)
    }
}

impl Row {
    /// The spread of all figures, or of those of one state of the CPUs.
    pub(crate) fn spread(&self, nearness: Option<Nearness>) -> Option<Spread> {
        let wanted = |figure: &&Figure| nearness.is_none() || figure.nearness == nearness;
        let values: Vec<f64> =
            self.figures.iter().filter(wanted).map(|figure| figure.value).collect();
        Spread::of(&values)
    }
}

fn comparable(one: &Figure, other: &Figure) -> bool {
    one.nearness == other.nearness && one.nearness != Some(Nearness::Moved)
}

#[cfg(test)]
mod tests {
    use super::{Column, Figure, Heading, Row};
    use crate::cpus::Nearness;

    fn row(name: &str, figures: &[(f64, Nearness)]) -> Row {
        let figure = |&(value, nearness)| Figure { value, nearness: Some(nearness) };
        let figures = figures.iter().map(figure).collect();
        Row { name: name.into(), figures, failure: None }
    }

    fn column(rows: Vec<Row>) -> Column {
        Column { heading: Heading { title: "echo 50".into(), unit: "µs", about: "" }, rows }
    }

    #[test]
    fn only_samples_of_one_state_are_compared() {
        let column = column(vec![
            row("raw", &[(4.0, Nearness::Near), (6.0, Nearness::Far), (5.0, Nearness::Moved)]),
            row("peer", &[(8.0, Nearness::Near), (6.0, Nearness::Near), (5.0, Nearness::Moved)]),
        ]);
        let ratios = column.ratios("peer", &["raw"]).expect("one round compares");
        assert_eq!([ratios.min, ratios.max], [2.0, 2.0]);
    }

    #[test]
    fn who_failed_is_no_reference() {
        let mut failed = row("raw", &[(4.0, Nearness::Near)]);
        failed.failure = Some("lost a byte".into());
        let column = column(vec![failed, row("peer", &[(8.0, Nearness::Near)])]);
        assert!(column.ratios("peer", &["raw"]).is_none());
        assert!(column.ratios("raw", &["peer"]).is_none());
    }
}
