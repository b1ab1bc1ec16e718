//! What handing an operation off and waiting for it costs.
//!
//! Left out on purpose: helper threads of models that go on while they work.

use super::versus::took;
use crate::Comparison;
use crate::quantity::Count;

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    sentence(comparison).into_iter().collect()
}

fn sentence(comparison: &Comparison) -> Option<String> {
    let offload = comparison.measured("offload")?;
    let blocking = comparison.measured("blocking")?;
    let switches = offload.measures.voluntary_switches?.median;
    let more = switches - blocking.measures.voluntary_switches?.median;
    let cost = if more > 0.0 {
        format!(", with {} more context switches", Count(more.round()))
    } else {
        String::new()
    };
    Some(format!(
        "`offload` hands each operation to a helper thread and waits for that one result, so \
         nothing overlaps: it {} `blocking`{cost}.",
        took(offload, blocking)?
    ))
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::example;

    #[test]
    fn the_hand_off_costs_time_and_switches() {
        let expected = "`offload` hands each operation to a helper thread and waits for that one \
                        result, so nothing overlaps: it took 1.81 × the time of `blocking`, with \
                        10.0k more context switches.";
        assert_eq!(say(&example::files()), [expected]);
    }

    #[test]
    fn without_blocking_there_is_nothing_to_compare_with() {
        let mut comparison = example::files();
        comparison.runs.retain(|run| run.contestant.base() != "blocking");
        assert_eq!(say(&comparison), [""; 0]);
    }
}
