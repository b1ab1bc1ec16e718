//! Whether all models gave the same result.
//!
//! Left out on purpose: what a digest is of; whoever computes it says so.

use std::collections::BTreeMap;

use crate::Run;

/// Whether all models that were measured gave the same result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Each has a digest, and all are the same.
    Equal,
    /// These gave another result than most did: models, as they were asked for.
    Differ(Vec<String>),
    /// Those that have a digest agree, but these have none: models, as they were asked for.
    Unchecked(Vec<String>),
}

impl Agreement {
    /// How the results of the `ok` runs agree. Without such runs they do.
    #[must_use]
    pub fn of(runs: &[Run]) -> Self {
        let measured = || runs.iter().filter(|run| run.is_ok());
        let models = |wanted: &dyn Fn(&Run) -> bool| -> Vec<String> {
            measured().filter(|run| wanted(run)).map(|run| run.contestant.model.clone()).collect()
        };
        let usual = most_common(measured().filter_map(|run| run.digest.as_deref()));
        let others = models(&|run| run.digest.is_some() && run.digest.as_deref() != usual);
        if !others.is_empty() {
            return Self::Differ(others);
        }
        let unchecked = models(&|run| run.digest.is_none());
        if unchecked.is_empty() { Self::Equal } else { Self::Unchecked(unchecked) }
    }
}

/// The digest that most have; of equally common ones, the one seen first.
fn most_common<'a>(digests: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, digest) in digests.enumerate() {
        seen.entry(digest).or_insert((0, place)).0 += 1;
    }
    seen.into_iter()
        .max_by_key(|(_, (count, place))| (*count, std::cmp::Reverse(*place)))
        .map(|(digest, _)| digest)
}

#[cfg(test)]
mod tests {
    use super::Agreement;
    use crate::example;

    #[test]
    fn the_same_digest_everywhere_is_equal() {
        assert_eq!(Agreement::of(&example::files().runs), Agreement::Equal);
        assert_eq!(Agreement::of(&[]), Agreement::Equal);
    }

    #[test]
    fn the_minority_differs() {
        let differ = Agreement::of(&example::results_differ().runs);
        assert_eq!(differ, Agreement::Differ(vec!["uring".into()]));
    }

    #[test]
    fn of_two_that_differ_the_first_is_the_reference() {
        let mut runs = example::results_differ().runs;
        runs.retain(|run| ["blocking", "uring"].contains(&run.contestant.base()));
        assert_eq!(Agreement::of(&runs), Agreement::Differ(vec!["uring".into()]));
    }

    #[test]
    fn a_missing_digest_is_not_agreement() {
        let mut runs = example::files().runs;
        runs[0].digest = None;
        assert_eq!(Agreement::of(&runs), Agreement::Unchecked(vec!["blocking".into()]));
    }
}
