//! Which models needed least CPU and memory.
//!
//! Left out on purpose: who needed least of the other numbers; few decide by them.

use crate::best::least;
use crate::quantity::{Bytes, Seconds};
use crate::{Comparison, Run};

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    sentence(&comparison.runs).into_iter().collect()
}

fn sentence(runs: &[Run]) -> Option<String> {
    let (thrifty, cpu) = least(runs, |run| run.measures.cpu_s)?;
    let (small, memory) = least(runs, |run| run.measures.peak_memory_bytes)?;
    let (large, most) = runs
        .iter()
        .filter(|run| run.is_ok())
        .filter_map(|run| Some((run, run.measures.peak_memory_bytes?.median)))
        .max_by(|(_, left), (_, right)| left.total_cmp(right))?;
    if most <= memory.median {
        return None;
    }
    Some(format!(
        "Least CPU: {}, {}. Least memory: {}, {}; most: {}, {}.",
        thrifty.contestant.label(),
        Seconds(cpu.median),
        small.contestant.label(),
        Bytes(memory.median),
        large.contestant.label(),
        Bytes(most)
    ))
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn least_and_most_are_named() {
        let expected = "Least CPU: `blocking`, 131 ms. Least memory: `blocking`, 4.10 MiB; most: \
                        `processes:2`, 14.0 MiB.";
        assert_eq!(say(&example::files()), [expected]);
    }

    #[test]
    fn one_alone_has_no_least() {
        let mut comparison = example::files();
        comparison.runs.truncate(1);
        assert_eq!(say(&comparison), [""; 0]);
    }
}
