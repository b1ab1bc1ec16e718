//! What a load process counts while it works.

use std::time::{Duration, Instant};

use whywait::measure::{Histogram, ProcessUsage};

use super::LoadResult;

/// Counts of one load process.
pub(super) struct Tally {
    result: LoadResult,
    /// The window, while it is open.
    window: Option<Window>,
    latency: Histogram,
}

struct Window {
    began: Instant,
    round_trips: u64,
    usage: ProcessUsage,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { result: LoadResult::default(), window: None, latency: Histogram::default() }
    }

    pub(super) fn open_window(&mut self, began: Instant) {
        self.latency = Histogram::default();
        let round_trips = self.result.all_round_trips;
        self.window = Some(Window { began, round_trips, usage: ProcessUsage::now() });
    }

    pub(super) fn close_window(&mut self, ended: Instant) {
        let Some(window) = self.window.take() else { return };
        self.result.round_trips = self.result.all_round_trips - window.round_trips;
        self.result.window = ended - window.began;
        self.result.usage = ProcessUsage::now() - window.usage;
        self.result.latency = std::mem::take(&mut self.latency);
    }

    /// Notes how long a message of the window took, or has waited so far.
    pub(super) fn note_latency(&mut self, latency: Duration) {
        if self.window.is_some() {
            self.latency.record(latency);
        }
    }

    pub(super) fn answered(&mut self, latency: Duration) {
        self.result.all_round_trips += 1;
        self.note_latency(latency);
    }

    /// Notes that each connection has had one answer so far.
    pub(super) fn connected(&mut self) {
        self.result.connected = self.result.all_round_trips;
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.result.bytes_sent += bytes as u64;
    }

    pub(super) fn received(&mut self, bytes: usize) {
        self.result.bytes_received += bytes as u64;
    }

    pub(super) fn unanswered(&mut self, messages: u64) {
        self.result.unanswered += messages;
    }

    /// Messages answered since the window opened.
    pub(super) fn round_trips(&self) -> u64 {
        let before = self.window.as_ref().map_or(0, |window| window.round_trips);
        self.result.all_round_trips - before
    }

    pub(super) fn failed(&mut self, failure: String) {
        self.result.failed_connections += 1;
        self.result.first_failure.get_or_insert(failure);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.result.failed_connections > 0
    }

    pub(super) fn into_result(self, digest: Option<String>) -> LoadResult {
        LoadResult { digest, ..self.result }
    }
}
