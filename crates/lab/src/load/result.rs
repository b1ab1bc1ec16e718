//! What the load saw.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use whywait::measure::{Histogram, ProcessUsage};

/// What the load saw: its window, and its whole life.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoadResult {
    /// Connections that were opened and had their first message answered.
    pub connected: u64,
    /// Messages that were answered, to the last byte, in the window.
    pub round_trips: u64,
    /// How long the window was; in an open loop, longer than asked for if the last answer came
    /// later.
    pub window: Duration,
    /// How long the window's answers took: since the message was sent, or in an open loop since
    /// it was due. A message that was never answered counts with the time that it waited.
    pub latency: Histogram,
    /// What the load itself used in the window, all its processes together: a load whose CPU time
    /// is as long as the window was the bottleneck.
    pub usage: ProcessUsage,
    /// Messages that were answered from the first connection to the end, those of the window
    /// included.
    pub all_round_trips: u64,
    /// Bytes sent, from the first connection to the end.
    pub bytes_sent: u64,
    /// Bytes received, from the first connection to the end.
    pub bytes_received: u64,
    /// Messages that were due in an open loop, and were not answered in time.
    pub unanswered: u64,
    /// Connections that could not be opened, were ended by the server, gave wrong bytes or no
    /// answer in time.
    pub failed_connections: u64,
    /// What the first of them failed with.
    pub first_failure: Option<String>,
    /// BLAKE3, in hexadecimal, of what came back on each connection, in the order of the
    /// connections; of [`LoadWork::Verify`](super::LoadWork::Verify) only.
    pub digest: Option<String>,
}

impl LoadResult {
    /// Round trips per second in the window; zero when there was none.
    #[must_use]
    pub fn round_trips_per_s(&self) -> f64 {
        let seconds = self.window.as_secs_f64();
        if seconds > 0.0 { self.round_trips as f64 / seconds } else { 0.0 }
    }

    /// Adds what another process of the same load saw at the same time.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.connected += other.connected;
        self.round_trips += other.round_trips;
        self.window = self.window.max(other.window);
        self.latency.merge(&other.latency);
        self.usage += other.usage;
        self.all_round_trips += other.all_round_trips;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.unanswered += other.unanswered;
        self.failed_connections += other.failed_connections;
        if self.first_failure.is_none() {
            self.first_failure.clone_from(&other.first_failure);
        }
        self.digest = match (self.digest.take(), &other.digest) {
            (Some(mine), Some(others)) => {
                let both = blake3::hash(format!("{mine}{others}").as_bytes());
                Some(both.to_hex().to_string())
            }
            _ => None,
        };
    }
}
