//! A confusion matrix: what things are, and what they are called.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::judgement::Call;

/// How often what is the one thing is called the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Matrix(BTreeMap<(String, String), u64>);

impl Matrix {
    /// Counts once.
    pub(super) fn add(&mut self, call: &Call) {
        *self.0.entry((call.truth.clone(), call.said.clone())).or_default() += 1;
    }

    /// How many are called right, of how many.
    pub(super) fn right(&self) -> (u64, u64) {
        let right = self.0.iter().filter(|((truth, said), _)| truth == said).map(|(_, n)| n).sum();
        (right, self.0.values().sum())
    }

    /// As a table of Markdown: a line for each truth with how often it was called right, and what
    /// else it was called, the most frequent first.
    pub(super) fn table(&self, what: &str) -> String {
        let truths: BTreeSet<&String> = self.0.keys().map(|(truth, _)| truth).collect();
        let mut table =
            format!("| {what} | right | of | called something else |\n|---|---|---|---|\n");
        for truth in truths {
            let row = self.0.iter().filter(|((other, _), _)| other == truth);
            let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
            for ((_, said), count) in row {
                all += count;
                if said == truth {
                    right = *count;
                } else {
                    wrong.push((*count, said));
                }
            }
            wrong.sort_by_key(|&(count, said)| (std::cmp::Reverse(count), said));
            let wrong: Vec<_> =
                wrong.iter().map(|(count, said)| format!("{count} {said}")).collect();
            let _ = writeln!(table, "| {truth} | {right} | {all} | {} |", wrong.join(", "));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::Matrix;
    use crate::corpus::judgement::Call;

    #[test]
    fn a_line_says_what_else_something_is_called() {
        let mut matrix = Matrix::default();
        for (said, times) in [("a", 3), ("b", 1), ("c", 2)] {
            for _ in 0..times {
                matrix.add(&Call { truth: "a".to_owned(), said: said.to_owned() });
            }
        }
        assert_eq!(matrix.right(), (3, 6));
        assert!(matrix.table("shape").ends_with("| a | 3 | 6 | 2 c, 1 b |\n"));
    }
}
