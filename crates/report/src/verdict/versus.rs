//! One time against another.
//!
//! Left out on purpose: how sure a difference has to be, which [`Ratio`](crate::Ratio) knows.

use crate::Run;
use crate::quantity::Factor;
use crate::yardstick::Yardstick;

/// What one run took in terms of another: a phrase that goes between "it" and the other's name.
/// `None` where one of them was not measured.
pub(super) fn took(run: &Run, other: &Run) -> Option<String> {
    let ratio = Yardstick::Wall.ratio(run, other)?;
    Some(if ratio.is_tie() {
        "ties in time with".into()
    } else {
        format!("took {} the time of", Factor(ratio.median))
    })
}

#[cfg(test)]
mod tests {
    use super::took;
    use crate::{Run, Sample, example};

    fn run(walls: [f64; 3]) -> Run {
        let samples = walls.map(|wall_s| Sample { wall_s, ..Sample::default() });
        Run::measured(example::files().runs[0].contestant.clone(), samples.to_vec())
    }

    #[test]
    fn a_difference_that_the_rounds_do_not_bear_out_is_none() {
        let [fast, near, slow] = [[0.9, 1.0, 1.2], [1.1, 1.3, 1.4], [1.9, 2.0, 2.1]].map(run);
        let took = |left, right| took(left, right).expect("both were measured");
        assert_eq!(took(&near, &fast), "ties in time with");
        assert_eq!(took(&slow, &fast), "took 2.00 × the time of");
        assert_eq!(took(&fast, &slow), "took 0.50 × the time of");
    }
}
