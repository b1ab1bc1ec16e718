//! Latencies, mergeable.

use std::fmt;
use std::time::Duration;

use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Serialize};

use crate::error::debug_as_display;

/// Durations in nanoseconds, kept to three significant digits, from 1 ns to 1 hour; longer ones
/// count as an hour.
///
/// Serialises as an HdrHistogram V2 blob, so that other tools can merge and read it.
#[derive(Clone)]
pub struct Histogram(hdrhistogram::Histogram<u64>);

const LONGEST_NS: u64 = 3_600_000_000_000;

impl Default for Histogram {
    fn default() -> Self {
        let bounded = hdrhistogram::Histogram::new_with_bounds(1, LONGEST_NS, 3);
        Self(bounded.expect("the bounds are constants in the permitted range"))
    }
}

/// How many durations, and the longest: the buckets are thousands.
impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut histogram = f.debug_struct("Histogram");
        histogram.field("len", &self.len()).field("max", &self.max()).finish_non_exhaustive()
    }
}

impl Histogram {
    /// Notes one duration.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(LONGEST_NS);
        self.0.saturating_record(nanoseconds.max(1));
    }

    /// Adds what another histogram noted.
    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    /// How many durations were noted.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The duration that a share `quantile` (0 to 1) of those noted does not exceed.
    #[must_use]
    pub fn at(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(quantile))
    }

    /// The longest duration, to three digits.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.0.max())
    }

    /// The HdrHistogram V2 form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = V2Serializer::new().serialize(&self.0, &mut bytes);
        written.expect("a histogram within its bounds fits into memory");
        bytes
    }

    /// Reads the HdrHistogram V2 form.
    ///
    /// # Errors
    /// When the bytes are no such form, or were made with other bounds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoHistogram> {
        let read: hdrhistogram::Histogram<u64> = Deserializer::new()
            .deserialize(&mut std::io::Cursor::new(bytes))
            .map_err(|error| NoHistogram(error.to_string()))?;
        let mut histogram = Self::default();
        histogram.0.add(&read).map_err(|error| NoHistogram(error.to_string()))?;
        Ok(histogram)
    }
}

impl AsRef<hdrhistogram::Histogram<u64>> for Histogram {
    /// The histogram itself, in nanoseconds.
    fn as_ref(&self) -> &hdrhistogram::Histogram<u64> {
        &self.0
    }
}

/// Bytes that are no histogram.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an HdrHistogram V2 blob: {0}")]
pub struct NoHistogram(String);

debug_as_display!(NoHistogram);

impl Serialize for Histogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(&self.0, &mut bytes).map_err(S::Error::custom)?;
        bytes.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        Self::from_bytes(&bytes).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_is_recording_all() {
        let millis = |n| Duration::from_millis(n);
        let (mut all, mut left, mut right) = Default::default();
        for (histogram, range) in [(&mut left, 1..50), (&mut right, 50..100)] {
            for n in range {
                Histogram::record(histogram, millis(n));
                Histogram::record(&mut all, millis(n));
            }
        }
        left.merge(&right);
        assert_eq!(left.to_bytes(), all.to_bytes());
        assert_eq!(Histogram::from_bytes(&left.to_bytes()).unwrap().len(), 99);
    }

    #[test]
    fn other_bytes_are_an_error() {
        assert!(Histogram::from_bytes(b"no histogram").is_err());
        assert!(Histogram::from_bytes(&[]).is_err());
    }
}
