//! Lengths of time by powers of two.
//!
//! Left out on purpose: more precision. The kernel's side counts into these buckets on every
//! call, and a leading-zero count is all that it can afford.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many lengths of time fell between which powers of two.
///
/// Bucket 0 counts lengths below 128 ns, bucket `i` those from 2^(6+i) to below 2^(7+i) ns, the
/// last one all from 2^37 ns (137 s) on.
///
/// As JSON it is a list of the counts, without the zeroes at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<u64>", into = "Vec<u64>")]
#[schemars(with = "Vec<u64>")]
pub struct Histogram {
    /// The counts.
    pub buckets: [u64; Self::BUCKETS],
}

impl Histogram {
    /// How many buckets there are.
    pub const BUCKETS: usize = 32;

    /// Counts a length.
    pub fn add(&mut self, length_ns: u64) {
        self.buckets[Self::bucket_of(length_ns)] += 1;
    }

    /// Counts all that another counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// How many lengths were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().copied().fold(0, u64::saturating_add)
    }

    /// The length below which that share (0 to 1) of the lengths lies, in nanoseconds, evenly
    /// spread within a bucket; none without lengths. Off by at most a factor of two.
    #[must_use]
    pub fn quantile_ns(&self, share: f64) -> Option<u64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let mut left = share.clamp(0.0, 1.0) * count as f64;
        for (index, &in_bucket) in self.buckets.iter().enumerate() {
            if in_bucket > 0 && left <= in_bucket as f64 {
                let (low, high) = Self::bounds_ns(index);
                return Some(low + ((high - low) as f64 * left / in_bucket as f64) as u64);
            }
            left -= in_bucket as f64;
        }
        None
    }

    /// From and to which length a bucket counts.
    #[must_use]
    pub fn bounds_ns(index: usize) -> (u64, u64) {
        let low = if index == 0 { 0 } else { 1 << (6 + index) };
        (low, 1 << (7 + index))
    }

    /// The bucket that counts lengths of `length_ns`.
    #[must_use]
    pub fn bucket_of(length_ns: u64) -> usize {
        (length_ns.max(64).ilog2() as usize - 6).min(Self::BUCKETS - 1)
    }
}

impl From<Histogram> for Vec<u64> {
    fn from(histogram: Histogram) -> Self {
        let used =
            histogram.buckets.iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
        histogram.buckets[..used].to_vec()
    }
}

impl TryFrom<Vec<u64>> for Histogram {
    type Error = String;

    fn try_from(counts: Vec<u64>) -> Result<Self, String> {
        let mut histogram = Self::default();
        let buckets = histogram.buckets.get_mut(..counts.len()).ok_or_else(|| {
            format!("a histogram has {} buckets, not {}", Self::BUCKETS, counts.len())
        })?;
        buckets.copy_from_slice(&counts);
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn lengths_fall_into_their_buckets() {
        for (length_ns, index) in [(0, 0), (127, 0), (128, 1), (255, 1), (256, 2), (u64::MAX, 31)] {
            let mut histogram = Histogram::default();
            histogram.add(length_ns);
            assert_eq!(histogram.buckets[index], 1, "{length_ns}");
        }
    }

    #[test]
    fn quantiles_lie_in_the_bucket_of_their_length() {
        let mut histogram = Histogram::default();
        for _ in 0..99 {
            histogram.add(1000);
        }
        histogram.add(1_000_000);
        let median_ns = histogram.quantile_ns(0.5).expect("not empty");
        assert!((512..=1024).contains(&median_ns), "{median_ns}");
        let longest_ns = histogram.quantile_ns(1.0).expect("not empty");
        assert!((524_288..=1_048_576).contains(&longest_ns), "{longest_ns}");
        assert_eq!(Histogram::default().quantile_ns(0.5), None);
    }
}
