//! One model's number against another's, round by round.
//!
//! The speed of a shared machine changes from minute to minute, and both models of one round have
//! the same share of that. So two models are compared within each round, and the ratios of all
//! rounds say how many times as much one is as the other and how sure that is.
//!
//! Left out on purpose: any assumption on how times are distributed. The interval is that of the
//! sign test, which needs none, and which one disturbed round does not move.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Spread;

/// How many times as much one number is as another: the median over the rounds, and the interval
/// in which the true median lies with a confidence of 98 % or more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// The median of the rounds' ratios.
    pub median: f64,
    /// The least factor that the rounds bear out.
    pub low: f64,
    /// The greatest factor that the rounds bear out.
    pub high: f64,
}

impl Ratio {
    /// That of a number to itself.
    pub const ONE: Self = Self { median: 1.0, low: 1.0, high: 1.0 };

    /// Rounds from which on ratios within rounds bear an interval of that confidence. With fewer,
    /// the number of every round is compared with that of every round of the other, which gives a
    /// wider interval.
    pub const PAIRED_ROUNDS: usize = 7;

    /// An interval whose ends differ by a factor of up to this is narrow.
    const NARROW: f64 = 1.1;
    /// One whose ends differ by more than this leaves the factor unknown.
    const WIDE: f64 = 1.25;
    /// A factor of at least this is told apart from 1 however wide its interval is.
    const CLEAR: f64 = 1.25;
    /// A factor below this is too small to choose a model by, even if every round shows it.
    const NEGLIGIBLE: f64 = 1.01;
    /// The share of true medians that may lie outside of their intervals.
    const OUTSIDE: f64 = 0.02;

    /// The ratio of `mine` to `theirs`, each with a number for each round; `None` when there is
    /// none, or one is not positive.
    #[must_use]
    pub fn of(mine: &[f64], theirs: &[f64]) -> Option<Self> {
        let pairs: Vec<_> = mine.iter().zip(theirs).collect();
        let is_positive = |value: &f64| value.is_finite() && *value > 0.0;
        if pairs.is_empty()
            || !pairs.iter().all(|(mine, their)| is_positive(mine) && is_positive(their))
        {
            return None;
        }
        let mut ratios: Vec<_> = pairs.iter().map(|(mine, their)| *mine / *their).collect();
        ratios.sort_by(f64::total_cmp);
        let count = ratios.len();
        let median = (ratios[(count - 1) / 2] * ratios[count / 2]).sqrt();
        if count >= Self::PAIRED_ROUNDS {
            let outer = outer(count);
            return Some(Self { median, low: ratios[outer], high: ratios[count - 1 - outer] });
        }
        let ends = |values: Vec<f64>| {
            let min = values.iter().copied().fold(f64::INFINITY, f64::min);
            (min, values.into_iter().fold(0.0, f64::max))
        };
        let mine = ends(pairs.iter().map(|(mine, _)| **mine).collect());
        let theirs = ends(pairs.iter().map(|(_, their)| **their).collect());
        Some(Self { median, low: mine.0 / theirs.1, high: mine.1 / theirs.0 })
    }

    /// One number of every round, by its own median: how well that is known.
    #[must_use]
    pub fn to_median(values: &[f64]) -> Option<Self> {
        let median = Spread::of(values)?.median;
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let outer = outer(sorted.len());
        let (low, high) = (sorted[outer], sorted[sorted.len() - 1 - outer]);
        (low > 0.0).then(|| Self { median: 1.0, low: low / median, high: high / median })
    }

    /// Whether the rounds do not show a difference, or one of less than 1 %.
    #[must_use]
    pub fn is_tie(&self) -> bool {
        let is_negligible = self.median.max(1.0 / self.median) < Self::NEGLIGIBLE;
        is_negligible || (self.low <= 1.0 && 1.0 <= self.high)
    }

    /// Whether more rounds would hardly change what is said of it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.high / self.low <= Self::NARROW || self.is_clear()
    }

    /// Whether the factor is hardly known.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.high / self.low > Self::WIDE && !self.is_clear()
    }

    /// How far the factor may be off, as a share of it.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        (self.high / self.median - 1.0).max(1.0 - self.low / self.median)
    }

    /// Whether there is a large difference.
    fn is_clear(&self) -> bool {
        self.low >= Self::CLEAR || self.high <= 1.0 / Self::CLEAR
    }
}

/// How many of the least and of the greatest of some ratios can be left out: the median lies
/// below all the rest, or above, with half the chance [`Ratio::OUTSIDE`] at most.
fn outer(count: usize) -> usize {
    // Of each number of ratios that are below the median, the chance: a binomial distribution.
    let mut chance = 0.5_f64.powi(count as i32);
    let mut below = 0.0;
    let mut outer = 0;
    loop {
        below += chance;
        if 2.0 * below > Ratio::OUTSIDE {
            return outer.max(1) - 1;
        }
        outer += 1;
        chance *= (count + 1 - outer) as f64 / outer as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::{Ratio, outer};

    #[test]
    fn a_drift_that_both_have_is_no_difference() {
        let drifting = [1.0, 1.1, 1.3, 1.5, 1.6, 1.2, 0.9, 1.4];
        let twice = drifting.map(|value| 2.0 * value);
        let ratio = Ratio::of(&twice, &drifting).expect("eight rounds");
        assert_eq!((ratio.median, ratio.low, ratio.high), (2.0, 2.0, 2.0));
        assert!(!ratio.is_tie() && ratio.is_settled());
        let same = Ratio::of(&drifting, &drifting).expect("eight rounds");
        assert!(same.is_tie() && same.is_settled() && !same.is_wide());
    }

    #[test]
    fn few_rounds_need_ranges_that_do_not_overlap() {
        let ratio = Ratio::of(&[1.1, 1.2, 1.3], &[1.0, 1.1, 1.2]).expect("three rounds");
        assert!(
            ratio.is_tie(),
            "each is slower in its round, and not slower than in any: {ratio:?}"
        );
        let ratio = Ratio::of(&[1.3, 1.4], &[1.0, 1.2]).expect("two rounds");
        assert!(!ratio.is_tie(), "{ratio:?}");
        let ratio = Ratio::of(&[1.3], &[1.0]).expect("one round");
        assert!((ratio.low - 1.3).abs() < 1e-9 && (ratio.high - 1.3).abs() < 1e-9, "{ratio:?}");
    }

    #[test]
    fn a_difference_below_a_hundredth_is_a_tie() {
        let ratio = |factor: f64| Ratio::of(&[factor; 8], &[1.0; 8]).expect("eight rounds");
        assert!(ratio(1.004).is_tie() && ratio(0.996).is_tie());
        assert!(!ratio(1.02).is_tie() && !ratio(0.98).is_tie());
    }

    #[test]
    fn a_disturbed_round_does_not_move_an_interval_of_many() {
        let steady = [1.0; 12];
        let mut slower = [1.2; 12];
        slower[3] = 0.5;
        slower[7] = 9.0;
        let ratio = Ratio::of(&slower, &steady).expect("twelve rounds");
        assert_eq!((ratio.low, ratio.high), (1.2, 1.2));
        // Of as few as these all have to agree.
        let ratio = Ratio::of(&slower[..7], &steady[..7]).expect("seven rounds");
        assert!(ratio.is_tie());
    }

    #[test]
    fn the_interval_holds_the_median_with_the_confidence_that_is_promised() {
        assert_eq!([7, 8, 10, 11, 14, 20].map(outer), [0, 0, 0, 1, 2, 4]);
    }

    #[test]
    fn what_is_not_positive_has_no_ratio() {
        assert_eq!(Ratio::of(&[], &[]), None);
        assert_eq!(Ratio::of(&[1.0, 0.0], &[1.0, 1.0]), None);
        assert_eq!(Ratio::of(&[1.0], &[f64::NAN]), None);
    }
}
