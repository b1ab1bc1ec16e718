//! A flow that waits for a worker.

use serde::{Deserialize, Serialize};

use crate::measure::Moment;

/// A flow that waits for a worker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct DueFlow<J> {
    /// The flow's place among the jobs, from 0.
    pub(crate) number: u32,
    /// When it should begin. Its latency counts from here, so waiting for a worker is part of it.
    pub(crate) due: Moment,
    /// What the flow's function is given.
    pub(crate) job: J,
}
