//! What the lab asks of a measured process, and what that answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use whywait::Model;
use whywait::measure::{Cost, Histogram};
use whywait_report::Lane;

use crate::PeerAddresses;
use crate::flow::Moved;

/// One run to do, in a fresh process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRequest {
    /// The process that asks; the run ends with it.
    pub parent: i32,
    /// What to run under; never `auto`.
    pub model: Model,
    /// The plan, as TOML.
    pub plan: String,
    /// Where its paths begin.
    pub directory: PathBuf,
    /// Which part of the plan, and how.
    pub part: RunPart,
    /// Most flows in progress at once; none sets no limit.
    pub max_flows: Option<usize>,
    /// Where the plan's peers are.
    pub peers: PeerAddresses,
    /// Where bodies are put down that the plan saves; they are not saved without.
    pub bodies: Option<PathBuf>,
}

/// Which part of a plan is run, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunPart {
    /// The setup flows.
    Setup,
    /// The flows, measured; what they read is only counted.
    Measure,
    /// The flows, untimed; what they read is digested.
    Verify,
}

/// What a measured process answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum RunOutcome {
    /// The flows ran; some may have failed.
    Ran(Box<RunResult>),
    /// The model cannot run here: what was tried and what the system said.
    Unable(String),
    /// The run broke off.
    Broken(String),
}

/// What a run gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunResult {
    /// What it cost.
    pub cost: Cost,
    /// How long the workers took to start, in seconds.
    pub worker_start_s: f64,
    /// Workers that worked.
    pub workers: usize,
    /// Worker processes that died and were replaced.
    pub workers_lost: u32,
    /// Bytes that the flows wrote to files.
    pub written_bytes: u64,
    /// Bytes that the flows read from files or downloaded.
    pub read_bytes: u64,
    /// Bytes that the flows sent.
    pub sent_bytes: u64,
    /// Bytes that the flows received.
    pub received_bytes: u64,
    /// Flows that failed.
    pub failed_flows: u64,
    /// What the first of them failed with.
    pub first_failure: Option<String>,
    /// Digest of what the flows read and received, in their order; for a verifying run.
    pub read_digest: Option<String>,
    /// How much later than asked for a flow's latest sleep ended, of each flow that slept.
    pub lateness: Histogram,
    /// The process's `VmHWM` before the first flow.
    pub memory_before_bytes: u64,
    /// What happened to each flow, where that was recorded.
    pub lanes: Vec<Lane>,
}

impl RunResult {
    /// The bytes that the flows moved.
    pub(crate) fn moved(&self) -> Moved {
        Moved {
            written_bytes: self.written_bytes,
            read_bytes: self.read_bytes,
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes,
        }
    }
}
