//! Whether all models gave the same result.
//!
//! Left out on purpose: where two results differ; a digest cannot tell.

use crate::quantity::models;
use crate::{Agreement, Comparison};

/// That some result is another, or was not looked at.
pub(super) fn differ(comparison: &Comparison) -> Vec<String> {
    let quoted = |names: Vec<String>| models(names.into_iter().map(|name| format!("`{name}`")));
    match comparison.agreement() {
        Agreement::Equal => Vec::new(),
        Agreement::Differ(others) => vec![format!(
            "The results differ: {} did not give what the other models gave. Times of work that \
             was not done right mean nothing.",
            quoted(others)
        )],
        Agreement::Unchecked(unchecked) => {
            vec![format!("The results of {} were not checked.", quoted(unchecked))]
        }
    }
}

/// That all results are the same.
pub(super) fn equal(comparison: &Comparison) -> Vec<String> {
    let measured = comparison.runs.iter().filter(|run| run.is_ok()).count();
    let equal = measured > 1 && comparison.agreement() == Agreement::Equal;
    let sentence = || format!("All {measured} models gave the same result.");
    equal.then(sentence).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{differ, equal};
    use crate::example;

    #[test]
    fn equal_results_are_counted() {
        let comparison = example::files();
        assert_eq!(differ(&comparison), [""; 0]);
        assert_eq!(equal(&comparison), ["All 7 models gave the same result."]);
    }

    #[test]
    fn the_one_that_differs_is_named() {
        let comparison = example::results_differ();
        assert!(differ(&comparison)[0].starts_with("The results differ: `uring` did not"));
        assert_eq!(equal(&comparison), [""; 0]);
    }

    #[test]
    fn what_was_not_checked_is_named() {
        let comparison = example::interrupted();
        let expected = "The results of `blocking`, `epoll` and `thread-pool:2` were not checked.";
        assert_eq!(differ(&comparison), [expected]);
    }
}
