//! What `auto` chose, and how good a choice it was.
//!
//! Left out on purpose: why it chose so; the table says it under the row.

use super::versus::took;
use crate::{Comparison, Run};

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    comparison.runs.iter().filter_map(|run| sentence(run, comparison)).collect()
}

fn sentence(run: &Run, comparison: &Comparison) -> Option<String> {
    let chosen = run.contestant.chosen.as_ref()?;
    let fastest =
        comparison.ranked().into_iter().find(|other| other.contestant.chosen.is_none())?;
    Some(format!(
        "`{}` chose `{}` and {} `{}`, the fastest that was asked for by name.",
        run.contestant.model,
        chosen.model,
        took(run, fastest)?,
        fastest.contestant.model
    ))
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn without_auto_nothing_is_said() {
        assert_eq!(say(&example::files()), [""; 0]);
    }

    #[test]
    fn auto_is_measured_against_the_fastest() {
        let expected = "`auto` chose `thread-pool:2` and ties in time with `thread-pool:2`, the fastest that was asked for by name.";
        assert_eq!(say(&example::everything()), [expected]);
    }
}
