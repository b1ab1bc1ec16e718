//! How long flows took as they end, from when they were due and from when they began.

use super::{Cost, Latencies, Moment};

/// The times of the flows that one worker ran.
#[derive(Debug, Default)]
pub(crate) struct FlowTimes {
    latency: Latencies,
    service: Latencies,
}

impl FlowTimes {
    /// Notes a flow that was due at one moment and that a worker ran from `began` to `ended`.
    pub(crate) fn record(&mut self, due: Moment, began: Moment, ended: Moment) {
        self.latency.record(ended.since(due));
        self.service.record(ended.since(began));
    }

    /// Adds the flows to what the run cost.
    pub(crate) fn pour_into(self, cost: &mut Cost) {
        self.latency.pour_into(&mut cost.flow_latency);
        self.service.pour_into(&mut cost.flow_service);
    }
}
