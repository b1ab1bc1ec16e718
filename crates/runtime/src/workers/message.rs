//! What a parent and its worker processes say to each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use whywait_driver::{Config, DriverKind};

use super::WorkerSetup;
use super::function::FunctionPlace;
use crate::executor::OpLatencies;
use crate::measure::Cost;

/// The first message: what the worker is to be. The function that it names reads the rest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Introduction {
    /// Where the function stands that serves these types.
    pub(super) serve: FunctionPlace,
    /// Where the flow's function stands.
    pub(super) flow: FunctionPlace,
    /// The types that travel, by name: a check on both places.
    pub(super) types: String,
    pub(super) driver: String,
    pub(super) max_in_flight: usize,
    pub(super) helpers: usize,
    pub(super) pool_buffer_bytes: usize,
    pub(super) records_op_latencies: bool,
    /// Flows in progress at once.
    pub(super) window: usize,
    /// The flows' context, encoded.
    pub(super) context: Vec<u8>,
}

impl Introduction {
    pub(super) fn worker_setup(&self) -> Option<WorkerSetup> {
        let driver = DriverKind::named(&self.driver)?;
        let config = Config {
            max_in_flight: self.max_in_flight,
            helpers: self.helpers,
            pool_buffer_bytes: self.pool_buffer_bytes,
        };
        let latencies =
            if self.records_op_latencies { OpLatencies::Recorded } else { OpLatencies::Ignored };
        Some(WorkerSetup { driver, config, latencies, max_flows: None })
    }
}

/// From the parent, after the introduction.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToWorker<J> {
    /// Flows to run, by number.
    Jobs(Vec<(u32, J)>),
    /// No more will come: report and end.
    Finish,
}

/// From a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FromWorker<R> {
    /// The driver is open; jobs may come.
    Ready,
    /// It cannot begin, and why.
    Refused(String),
    /// Flows that ended.
    Results(Vec<(u32, R)>),
    /// A flow panicked; the worker ends.
    Panicked(String),
    /// It could not go on, and why; the worker ends.
    Failed(String),
    /// All is done; the worker ends.
    Finished(Box<Cost>),
}

/// The longest that results stay with a worker that has more to do.
pub(super) const RESULTS_KEPT: Duration = Duration::from_millis(10);
