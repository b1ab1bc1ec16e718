//! What came of serving.

use super::tally::Tally;
use crate::Error;
use crate::measure::Cost;

/// What came of serving.
///
/// What a worker process counted goes with it when it is killed: then these are lower bounds.
#[derive(Debug)]
pub struct Served {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections whose handler gave an error or panicked, or whose worker process died.
    pub failed: u64,
    /// What the first of them said, as far as that is known: of several workers, any one's first.
    pub first_failure: Option<String>,
    /// Times that accepting paused because the process, or the system, had no descriptor or no
    /// memory left.
    pub pauses: u64,
    /// What serving cost, from when all workers listened. Connections and operations have no
    /// latencies here, and threads of one connection each no times of their own.
    pub cost: Cost,
    /// Workers: at most at one time, where each connection has its own.
    pub workers: usize,
    /// Worker processes that died.
    pub workers_lost: u32,
}

impl Served {
    /// What came of it, unless the model could not run the handler.
    pub(super) fn new(
        tally: Tally,
        cost: Cost,
        workers: usize,
        workers_lost: u32,
    ) -> Result<Self, Error> {
        let Tally { connections, failed, first_failure, pauses, refusal } = tally;
        if let Some(refusal) = refusal {
            return Err(Error::NoConcurrency(refusal));
        }
        Ok(Self { connections, failed, first_failure, pauses, cost, workers, workers_lost })
    }
}
