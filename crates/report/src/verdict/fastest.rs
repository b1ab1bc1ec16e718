//! Which model was fastest, and by how much.
//!
//! Left out on purpose: an order of all; the table has it.

use crate::quantity::{Factor, Seconds, models};
use crate::{Comparison, Run, Spread};

pub(super) fn say(comparison: &Comparison) -> Vec<String> {
    let ranked: Vec<(&Run, Spread)> = comparison
        .ranked()
        .into_iter()
        .filter_map(|run| run.wall().map(|wall| (run, wall)))
        .collect();
    let sentence = match ranked.as_slice() {
        [] => "No model could be measured.".into(),
        [(run, wall)] => {
            format!("Only {} was measured: {}.", run.contestant.label(), Seconds(wall.median))
        }
        [first, others @ ..] => among(first, others, comparison),
    };
    vec![sentence]
}

fn among(first: &(&Run, Spread), others: &[(&Run, Spread)], comparison: &Comparison) -> String {
    let (run, wall) = first;
    let level: Vec<_> = others.iter().filter(|(_, other)| other.overlaps(wall)).collect();
    if !level.is_empty() {
        return tie(first, &level, others.len() - level.len());
    }
    let (next, next_wall) = &others[0];
    let lead = |over: &Run, other: Spread| {
        let factor = Factor(other.median / wall.median);
        format!("{factor} as fast as {}", over.contestant.label())
    };
    let next_lead = lead(next, *next_wall);
    let blocking = comparison.measured("blocking").filter(|other| other != run && other != next);
    let over_blocking = blocking
        .and_then(|other| Some(format!(" and {}", lead(other, other.wall()?))))
        .unwrap_or_default();
    format!(
        "{} was fastest: {}, {next_lead}{over_blocking}.",
        run.contestant.label(),
        Seconds(wall.median)
    )
}

fn tie(first: &(&Run, Spread), level: &[&(&Run, Spread)], slower: usize) -> String {
    let (run, wall) = first;
    let all = std::iter::once(first).chain(level.iter().copied());
    let names =
        all.map(|(run, wall)| format!("{} ({})", run.contestant.label(), Seconds(wall.median)));
    let rest = match slower {
        0 => "",
        _ => "; the others were slower",
    };
    format!(
        "{} tie: their ranges overlap that of {}, {} to {}{rest}.",
        models(names),
        run.contestant.label(),
        Seconds(wall.min),
        Seconds(wall.max),
    )
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

    #[test]
    fn ranges_that_overlap_are_a_tie() {
        let mut comparison = example::files();
        let wall = comparison.runs.iter_mut().find(|run| run.contestant.base() == "processes");
        wall.expect("it is there").measures.wall_s =
            comparison.best.wall_s.as_ref().and(crate::Spread::of(&[0.080, 0.084, 0.090]));
        let expected = "`thread-pool:2` (79.0 ms) and `processes:2` (84.0 ms) tie: their ranges \
                        overlap that of `thread-pool:2`, 77.5 ms to 81.0 ms; the others were \
                        slower.";
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
