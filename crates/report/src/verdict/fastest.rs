//! Which model was fastest, and by how much.
//!
//! Left out on purpose: an order of those that tie; it would be one of noise.

use crate::quantity::{Factor, Seconds, models, several};
use crate::yardstick::Yardstick;
use crate::{Comparison, Ratio, Run};

/// Models that tie are named up to this many.
const NAMED: usize = 4;

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let sentence = match comparison.ranked().as_slice() {
        [] => "No model could be measured.".into(),
        [run] => format!("Only {} was measured: {}.", run.contestant.label(), wall(run)),
        [first, others @ ..] => among(first, others, comparison),
    };
    vec![sentence]
}

fn wall(run: &Run) -> Seconds {
    Seconds(run.wall().map_or(0.0, |wall| wall.median))
}

fn among(first: &Run, others: &[&Run], comparison: &Comparison) -> String {
    let ratio = |run: &Run| Yardstick::Wall.ratio(run, first);
    let (mut level, mut slower) = (Vec::new(), Vec::new());
    for run in others {
        match ratio(run).filter(|ratio| !ratio.is_tie()) {
            None => level.push(*run),
            Some(ratio) => slower.push((*run, ratio)),
        }
    }
    match (level.as_slice(), slower.as_slice()) {
        ([], [next, ..]) => {
            let blocking = comparison.measured("blocking");
            lead(first, next, blocking.and_then(|run| Some((run, ratio(run)?))))
        }
        _ => tie(first, &level, &slower),
    }
}

/// Who leads, by how much over the next and over `blocking`, which is what most programs do.
fn lead(first: &Run, (next, over_next): &(&Run, Ratio), blocking: Option<(&Run, Ratio)>) -> String {
    let over = |run: &Run, ratio: &Ratio| {
        format!("{} as fast as {}", Factor(ratio.median), run.contestant.label())
    };
    let blocking = blocking.filter(|(run, _)| *run != first && run != next);
    let over_blocking = blocking.map(|(run, ratio)| format!(" and {}", over(run, &ratio)));
    format!(
        "{} was fastest: {}, {}{}.",
        first.contestant.label(),
        wall(first),
        over(next, over_next),
        over_blocking.unwrap_or_default()
    )
}

fn tie(first: &Run, level: &[&Run], slower: &[(&Run, Ratio)]) -> String {
    let leader = format!("{} ({})", first.contestant.label(), wall(first));
    let tied = if level.len() < NAMED {
        let named = level.iter().map(|run| run.contestant.label());
        models([leader].into_iter().chain(named))
    } else {
        format!("{leader} and {}", several(level.len() as u64, "other"))
    };
    let slower = slower
        .iter()
        .map(|(run, ratio)| format!("{} ({})", run.contestant.label(), Factor(ratio.median)));
    match models(slower) {
        none if none.is_empty() => format!("{tied} tie."),
        slower => format!("{tied} tie; slower: {slower}."),
    }
}

#[cfg(test)]
mod tests {
    use super::say;
    use crate::{Comparison, Run, example};

    #[test]
    fn a_clear_lead_is_a_factor_over_the_next_and_over_blocking() {
        let expected = "`thread-pool:2` was fastest: 79.0 ms, 1.19 × as fast as `processes:2` and \
                        1.70 × as fast as `blocking`.";
        assert_eq!(say(&example::files()), [expected]);
    }

    fn with_walls(comparison: &mut Comparison, base: &str, walls: [f64; 3]) {
        let run = comparison.runs.iter_mut().find(|run| run.contestant.base() == base);
        let samples = &mut run.expect("it is there").samples;
        samples.iter_mut().zip(walls).for_each(|(sample, wall_s)| sample.wall_s = wall_s);
    }

    #[test]
    fn models_that_tie_are_named_and_what_differs_has_a_factor() {
        let mut comparison = example::files();
        with_walls(&mut comparison, "processes", [0.080, 0.084, 0.090]);
        let expected = "`thread-pool:2` (79.0 ms) and `processes:2` tie; slower: `epoll` (1.24 ×), \
                        `uring` (1.44 ×), `blocking` (1.70 ×), `nonblocking` (1.72 ×) and \
                        `offload` (3.08 ×).";
        assert_eq!(say(&comparison), [expected]);
    }

    #[test]
    fn many_that_tie_are_counted() {
        let mut comparison = example::files();
        for base in ["processes", "epoll", "uring", "blocking", "nonblocking"] {
            with_walls(&mut comparison, base, [0.079, 0.080, 0.090]);
        }
        let expected = "`thread-pool:2` (79.0 ms) and 5 others tie; slower: `offload` (3.08 ×).";
        assert_eq!(say(&comparison), [expected]);
    }

    #[test]
    fn one_alone_is_not_called_the_fastest() {
        let mut comparison = example::files();
        comparison.runs.retain(|run| run.contestant.base() == "blocking");
        assert_eq!(say(&comparison), ["Only `blocking` was measured: 134 ms."]);
        let Comparison { runs, .. } = &mut comparison;
        *runs = vec![Run::skipped(runs[0].contestant.clone(), "no room")];
        assert_eq!(say(&comparison), ["No model could be measured."]);
    }
}
