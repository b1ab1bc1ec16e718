//! Least, median and greatest of some figures.
//!
//! Left out on purpose: means and deviations, which one slow sample spoils.

/// What is shown of several samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    /// Of an even number the upper of the two in the middle.
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// The spread of `values`, if there are any.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        Some(Self { min, median: sorted[sorted.len() / 2], max })
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn spread_is_least_median_and_greatest() {
        let spread = |values: &[f64]| Spread::of(values).map(|all| [all.min, all.median, all.max]);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some([1.0, 2.0, 3.0]));
        assert_eq!(spread(&[4.0, 1.0]), Some([1.0, 4.0, 4.0]));
        assert_eq!(spread(&[]), None);
    }
}
