//! One number over the repeats.
//!
//! Left out on purpose: the mean and the standard deviation. Times have a floor and a long tail,
//! and three to ten repeats say nothing about the shape of that tail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// The median, least and greatest of one number over the repeats of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The middle value; the mean of the middle two when the number of repeats is even.
    #[serde(serialize_with = "as_number")]
    pub median: f64,
    /// The least value.
    #[serde(serialize_with = "as_number")]
    pub min: f64,
    /// The greatest value.
    #[serde(serialize_with = "as_number")]
    pub max: f64,
}

impl Spread {
    /// A [relative width](Spread::relative_width) above this is *wide*, and worth a warning.
    ///
    /// A quarter: an undisturbed machine repeats itself within a few per cent, and differences
    /// between models that matter are seldom smaller.
    pub const WIDE: f64 = 0.25;

    /// The spread of some values, or `None` when there are none or one is not finite.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (lower, upper) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        // Halved before they are added, so that two huge values do not overflow.
        let median = if lower == upper { lower } else { lower / 2.0 + upper / 2.0 };
        Some(Self { median, min: sorted[0], max: sorted[sorted.len() - 1] })
    }

    /// How far the values lie apart, as a share of the median; 0 when the median is 0.
    #[must_use]
    pub fn relative_width(&self) -> f64 {
        self.relative(self.max - self.min)
    }

    /// How far the value farthest from the median lies from it, as a share of the median; 0 when
    /// the median is 0.
    #[must_use]
    pub fn relative_deviation(&self) -> f64 {
        self.relative((self.max - self.median).max(self.median - self.min))
    }

    /// Whether the values lie so far apart that the median needs a warning beside it.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        self.relative_width() > Self::WIDE
    }

    /// Whether the two ranges, ends included, have a value in common: if they do, neither median
    /// can be called the smaller one.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min <= other.max && other.min <= self.max
    }

    fn relative(&self, distance: f64) -> f64 {
        if self.median == 0.0 { 0.0 } else { distance / self.median }
    }
}

/// Writes a whole number without a fraction, so that a count reads as a count.
fn as_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
    if value.fract() == 0.0 && value.abs() < EXACT {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_of_an_odd_number_is_the_middle_one() {
        let spread = Spread::of(&[3.0, 1.0, 10.0]).expect("there are values");
        assert_eq!(spread, Spread { median: 3.0, min: 1.0, max: 10.0 });
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 10.0]).expect("there are values");
        assert_eq!(spread.median, 3.5);
    }

    #[test]
    fn nothing_and_what_is_not_finite_have_no_spread() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[1.0, f64::NAN]), None);
        assert_eq!(Spread::of(&[f64::INFINITY]), None);
    }

    #[test]
    fn wide_is_more_than_a_quarter_of_the_median() {
        assert!(!Spread { median: 4.0, min: 4.0, max: 5.0 }.is_wide());
        assert!(Spread { median: 4.0, min: 3.9, max: 5.0 }.is_wide());
        assert!(!Spread { median: 0.0, min: 0.0, max: 5.0 }.is_wide());
    }

    #[test]
    fn ranges_that_touch_overlap() {
        let low = Spread { median: 1.5, min: 1.0, max: 2.0 };
        assert!(low.overlaps(&Spread { median: 2.5, min: 2.0, max: 3.0 }));
        assert!(!low.overlaps(&Spread { median: 2.5, min: 2.1, max: 3.0 }));
    }

    #[test]
    fn a_whole_number_is_written_without_a_fraction() {
        let spread = Spread { median: 15_000.5, min: 15_000.0, max: 15_001.0 };
        let written = serde_json::to_string(&spread).expect("a spread is plain data");
        assert_eq!(written, r#"{"median":15000.5,"min":15000,"max":15001}"#);
    }
}
