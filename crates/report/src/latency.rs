//! How long single things took, as a distribution.
//!
//! Left out on purpose: recording (whoever measures has a histogram of its own) and the mean,
//! which hides what a distribution is for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2Serializer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long each of many things took: the quantiles that matter and the whole distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// How many were timed.
    #[serde(default)]
    pub count: u64,
    /// Seconds that half of them did not exceed.
    pub p50: f64,
    /// Seconds that 99 % did not exceed.
    pub p99: f64,
    /// Seconds that 99.9 % did not exceed.
    pub p999: f64,
    /// Seconds that the longest took.
    pub max: f64,
    /// All of them: an HdrHistogram of nanoseconds in its V2 encoding, not compressed, in base64
    /// (RFC 4648, section 4). Histograms of several runs or machines add up.
    pub histogram: String,
}

/// A distribution that could not be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum LatencyError {
    /// The histogram could not be encoded.
    #[error("cannot write a latency histogram in the V2 encoding: {0}")]
    Encode(#[from] hdrhistogram::serialization::V2SerializeError),
    /// The document's text is not base64.
    #[error("cannot read a latency histogram: its text is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// The bytes are not a histogram.
    #[error("cannot read a latency histogram: it is not in HdrHistogram's V2 encoding: {0}")]
    Decode(#[from] hdrhistogram::serialization::DeserializeError),
}

impl Latency {
    /// The distribution in `nanoseconds`, or `None` when nothing was recorded.
    ///
    /// # Errors
    /// [`LatencyError::Encode`] when the histogram is too large for its encoding.
    pub fn of(nanoseconds: &Histogram<u64>) -> Result<Option<Self>, LatencyError> {
        if nanoseconds.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        V2Serializer::new().serialize(nanoseconds, &mut bytes)?;
        let quantile_s = |quantile| nanoseconds.value_at_quantile(quantile) as f64 / 1e9;
        Ok(Some(Self {
            count: nanoseconds.len(),
            p50: quantile_s(0.5),
            p99: quantile_s(0.99),
            p999: quantile_s(0.999),
            max: nanoseconds.max() as f64 / 1e9,
            histogram: STANDARD.encode(bytes),
        }))
    }

    /// The whole distribution, in nanoseconds, to be added to others.
    ///
    /// # Errors
    /// [`LatencyError::Base64`] or [`LatencyError::Decode`] when the document's text is damaged.
    pub fn nanoseconds(&self) -> Result<Histogram<u64>, LatencyError> {
        let bytes = STANDARD.decode(&self.histogram)?;
        let mut histogram = Deserializer::new().deserialize(&mut bytes.as_slice())?;
        // What is read back has room for its own values only; what is added may be longer.
        histogram.auto(true);
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::{Latency, LatencyError};

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut histogram = Histogram::new(3).expect("three digits are allowed");
        for value in values {
            histogram.record(value).expect("it resizes itself");
        }
        histogram
    }

    fn latency(histogram: &Histogram<u64>) -> Latency {
        Latency::of(histogram).expect("it encodes").expect("it is not empty")
    }

    #[test]
    fn quantiles_are_in_seconds() {
        let latency = latency(&histogram((1..=1000).map(|step| step * 1_000_000)));
        assert!((latency.p50 - 0.5).abs() < 0.001, "{}", latency.p50);
        assert!((latency.p99 - 0.99).abs() < 0.002, "{}", latency.p99);
        assert!(latency.p999 <= latency.max && (latency.max - 1.0).abs() < 0.001);
    }

    #[test]
    fn distributions_of_two_documents_add_up() {
        let first = latency(&histogram([1000, 2000]));
        let mut sum = first.nanoseconds().expect("it was encoded above");
        sum.add(latency(&histogram([3000])).nanoseconds().expect("so was this")).expect("it fits");
        assert_eq!(sum, histogram([1000, 2000, 3000]));
    }

    #[test]
    fn nothing_recorded_is_no_distribution() {
        assert_eq!(Latency::of(&histogram([])).expect("nothing to encode"), None);
    }

    #[test]
    fn damaged_text_is_an_error() {
        let whole = latency(&histogram([1000]));
        let not_base64 = Latency { histogram: "§".into(), ..whole.clone() };
        assert!(matches!(not_base64.nanoseconds(), Err(LatencyError::Base64(_))));
        let cut = Latency { histogram: whole.histogram[..8].into(), ..whole };
        assert!(matches!(cut.nanoseconds(), Err(LatencyError::Decode(_))));
    }
}
