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
    fn a_whole_number_is_written_without_a_fraction() {
        let spread = Spread { median: 15_000.5, min: 15_000.0, max: 15_001.0 };
        let written = serde_json::to_string(&spread).expect("a spread is plain data");
        assert_eq!(written, r#"{"median":15000.5,"min":15000,"max":15001}"#);
    }
}
