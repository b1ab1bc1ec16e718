//! That the comparison was ended early.
//!
//! Left out on purpose: which repeats are missing; the samples show it.

use crate::Comparison;

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let samples = comparison.runs.iter().map(|run| run.samples.len() as u64);
    let done: u64 = samples.sum();
    let sentence = || {
        let runs = if done == 1 { "run" } else { "runs" };
        format!("Interrupted after {done} {runs}: what follows is of those alone.")
    };
    comparison.interrupted.then(sentence).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn only_what_was_interrupted_is_called_so() {
        assert_eq!(say(&example::files()), [""; 0]);
        let expected = "Interrupted after 5 runs: what follows is of those alone.";
        assert_eq!(say(&example::interrupted()), [expected]);
    }
}
