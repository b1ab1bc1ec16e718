//! What `nonblocking` asked in vain.
//!
//! Left out on purpose: readiness drivers, which ask in vain too, but once per wait.

use crate::Comparison;
use crate::quantity::{Count, Seconds};

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let Some(run) = comparison.measured("nonblocking") else { return Vec::new() };
    let Some(refused) = run.measures.would_block else { return Vec::new() };
    let model = &run.contestant.model;
    if refused.median > 0.0 {
        let cpu = run.measures.cpu_s.map_or(0.0, |cpu| cpu.median);
        let (count, cpu) = (Count(refused.median), Seconds(cpu));
        vec![format!(
            "`{model}` asked {count} times in vain (EAGAIN): part of its {cpu} of CPU went into \
             asking where other models sleep."
        )]
    } else if comparison.plan.file_steps > 0 {
        vec![format!(
            "O_NONBLOCK does nothing on regular files: `{model}` carried them out inline, as \
             `blocking` does, and its would_block is 0."
        )]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example::{self, Split};

    #[test]
    fn on_files_it_does_nothing() {
        let sentences = say(&example::files());
        assert!(sentences[0].starts_with("O_NONBLOCK does nothing on regular files"));
    }

    #[test]
    fn on_sockets_it_asks_in_vain() {
        let mut comparison = example::files();
        let split = Split {
            wall_s: 3.0,
            user_s: 1.2,
            kernel_s: 1.8,
            would_block: 70_000,
            ..Split::default()
        };
        comparison.runs = vec![example::run("nonblocking", split)];
        let sentences = say(&comparison);
        assert!(sentences[0].contains("70.0k times in vain"), "{sentences:?}");
        assert!(sentences[0].contains("3.00 s of CPU"), "{sentences:?}");
    }

    #[test]
    fn without_files_or_refusals_nothing_is_said() {
        let mut comparison = example::files();
        comparison.plan.file_steps = 0;
        assert_eq!(say(&comparison), [""; 0]);
    }
}
