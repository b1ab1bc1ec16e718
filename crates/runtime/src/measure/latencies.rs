//! Latencies as they come in.

use std::time::Duration;

use super::Histogram;

/// Durations kept as a list before they are counted.
const LISTED: usize = 4096;

/// Takes durations cheaply: a push, and now and then a fold into a histogram. A worker that
/// lives for one flow never pays for a histogram of its own.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    listed: Vec<Duration>,
    folded: Option<Box<Histogram>>,
}

impl Latencies {
    pub(crate) fn record(&mut self, duration: Duration) {
        if self.listed.len() == LISTED {
            let folded = self.folded.get_or_insert_default();
            self.listed.drain(..).for_each(|duration| folded.record(duration));
        }
        self.listed.push(duration);
    }

    /// Counts all that was recorded into `histogram`.
    pub(crate) fn pour_into(self, histogram: &mut Histogram) {
        self.listed.into_iter().for_each(|duration| histogram.record(duration));
        if let Some(folded) = self.folded {
            histogram.merge(&folded);
        }
    }
}
