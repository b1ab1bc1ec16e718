//! What a parent and its worker processes say to each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use whywait_driver::{Config, DriverKind};

use super::WorkerSetup;
use super::due_flow::DueFlow;
use super::function::FunctionPlace;
use crate::executor::{Deadlocks, OpLatencies};
use crate::measure::Cost;

/// The first message: what the worker is to be. The function that it names reads the rest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Introduction {
    /// Where the function stands that serves these types.
    pub(crate) serve: FunctionPlace,
    /// Where the flow's function stands, or the handler of a server.
    pub(crate) flow: FunctionPlace,
    /// The types that travel, by name: a check on both places.
    pub(crate) types: String,
    pub(crate) driver: String,
    pub(crate) max_in_flight: usize,
    pub(crate) helpers: usize,
    pub(crate) pool_buffer_bytes: usize,
    pub(crate) records_op_latencies: bool,
    pub(crate) detects_deadlocks: bool,
    pub(crate) usage_from: UsageFrom,
    /// Flows, or connections, in progress at once.
    pub(crate) window: usize,
    /// The context of the flows or of a server, encoded.
    pub(crate) context: Vec<u8>,
}

impl Introduction {
    /// Introduces a worker to `serve` and the function at `call`, for `types`, with the `context`
    /// encoded. One flow at a time; each worker is told its own number.
    pub(crate) fn new(
        setup: &WorkerSetup,
        serve: FunctionPlace,
        call: FunctionPlace,
        types: String,
        context: Vec<u8>,
    ) -> Self {
        Self {
            serve,
            flow: call,
            types,
            driver: setup.driver.name.into(),
            max_in_flight: setup.config.max_in_flight,
            helpers: setup.config.helpers,
            pool_buffer_bytes: setup.config.pool_buffer_bytes,
            records_op_latencies: setup.latencies == OpLatencies::Recorded,
            detects_deadlocks: setup.deadlocks == Deadlocks::Detected,
            usage_from: UsageFrom::Ready,
            window: 1,
            context,
        }
    }

    pub(crate) fn worker_setup(&self) -> Option<WorkerSetup> {
        let driver = DriverKind::named(&self.driver)?;
        let config = Config {
            max_in_flight: self.max_in_flight,
            helpers: self.helpers,
            pool_buffer_bytes: self.pool_buffer_bytes,
            interruption: None,
        };
        let latencies =
            if self.records_op_latencies { OpLatencies::Recorded } else { OpLatencies::Ignored };
        let deadlocks =
            if self.detects_deadlocks { Deadlocks::Detected } else { Deadlocks::Ignored };
        Some(WorkerSetup { driver, config, latencies, deadlocks, max_flows: None })
    }
}

/// From when on a worker counts what its process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UsageFrom {
    /// Its own start, which is part of the work.
    Start,
    /// When it is ready: its start is a number of its own.
    Ready,
}

/// From the parent, after the introduction.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker<J> {
    /// Flows to run.
    Jobs(Vec<DueFlow<J>>),
    /// No more will come: report and end.
    Finish,
}

/// From a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromWorker<R> {
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
pub(crate) const RESULTS_KEPT: Duration = Duration::from_millis(10);
