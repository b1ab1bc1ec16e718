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
    let more = offload.switches()? - blocking.switches()?;
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
    fn switches_are_those_of_the_table_also_where_the_kernel_took_the_cpu() {
        let mut comparison = example::files();
        let run = comparison.runs.iter_mut().find(|run| run.contestant.base() == "offload");
        let measures = &mut run.expect("it is there").measures;
        let voluntary = measures.voluntary_switches.as_mut().expect("it was measured");
        voluntary.median -= 4000.0;
        measures.involuntary_switches.as_mut().expect("it was measured").median += 4000.0;
        let said = say(&comparison).remove(0);
        assert!(said.ends_with("with 10.0k more context switches."), "{said}");
    }

    #[test]
    fn without_blocking_there_is_nothing_to_compare_with() {
        let mut comparison = example::files();
        comparison.runs.retain(|run| run.contestant.base() != "blocking");
        assert_eq!(say(&comparison), [""; 0]);
    }
}
