//! Models that lost workers and finished all the same.
//!
//! Left out on purpose: what killed the worker, and advice, which the warning gives.

use crate::{Agreement, Comparison, Run};

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let lost = comparison.runs.iter().filter(|run| run.is_ok() && run.workers_lost > 0);
    lost.map(|run| sentence(run, comparison)).collect()
}

fn sentence(run: &Run, comparison: &Comparison) -> String {
    let model = &run.contestant.model;
    let workers = match run.workers_lost {
        1 => "1 worker".to_string(),
        count => format!("{count} workers"),
    };
    let result = match comparison.agreement() {
        Agreement::Differ(others) if others.contains(model) => ", but its result is another",
        Agreement::Unchecked(unchecked) if unchecked.contains(model) => "",
        _ => ", and its result is still the same",
    };
    format!("`{model}` lost {workers}; the unfinished flows were run again{result}.")
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn a_lost_worker_is_told_with_what_became_of_the_result() {
        let mut comparison = example::everything();
        let expected = "`processes:2` lost 1 worker; the unfinished flows were run again, and its \
                        result is still the same.";
        assert_eq!(say(&comparison), [expected]);
        for run in &mut comparison.runs {
            if run.workers_lost > 0 {
                run.workers_lost = 2;
                run.digest = Some("another".into());
            }
        }
        assert!(say(&comparison)[0].contains("lost 2 workers"));
        assert!(say(&comparison)[0].ends_with("but its result is another."));
    }

    #[test]
    fn nobody_lost_is_not_told() {
        assert_eq!(say(&example::files()), [""; 0]);
    }
}
