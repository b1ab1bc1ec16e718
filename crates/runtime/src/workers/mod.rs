//! Who does the work of a set of flows: the calling thread, threads, or processes.
//!
//! A flow's future is made on the worker that runs it, so that only jobs and results travel.
//! Left out on purpose: how a worker waits (its driver's), and stealing between workers: they
//! take from one source until it is empty.

pub(crate) mod channel;
mod due_flow;
mod entry;
mod function;
pub(crate) mod gate;
pub(crate) mod gated_threads;
mod inbox;
mod job_queue;
mod lanes;
pub(crate) mod message;
pub(crate) mod meter;
mod one;
mod plain_flow;
mod process_per_flow;
mod processes;
mod secure;
pub(crate) mod serve_entry;
pub(crate) mod short_lived;
mod thread_per_flow;
mod threads;
pub(crate) mod window;
pub(crate) mod worker_process;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use whywait_driver::{Config, DriverKind, Interruption, Unavailable};

pub use entry::worker_entry;
pub(crate) use entry::{panic_text, was_entered};
pub(crate) use inbox::ORPHANED;
pub(crate) use plain_flow::{PlainFlow, run_plain};

use crate::executor::{Deadlocks, ExecutorConfig, OpLatencies, OwnedExecutor};
use crate::measure::Cost;
use crate::{Error, Model, WorkersKind};

/// What can travel to a worker and back, also to another process: implemented for all that can.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel to another process",
    label = "this needs serde's `Serialize` and `DeserializeOwned`, and `Send + Sync + 'static`",
    note = "derive serde's traits for it; a context that cannot be serialised, such as one that \
            holds a channel, is served by `Runtime::serve_local` under models of one process"
)]
pub trait Travel: Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Travel for T {}

/// The function that makes a flow's future, on the worker that runs it.
pub type FlowFn<C, J, Fut> = fn(Arc<C>, J) -> Fut;

/// Flows to run, and how.
pub(crate) struct Work<C, J, Fut> {
    pub(crate) context: Arc<C>,
    pub(crate) jobs: Vec<J>,
    pub(crate) flow: FlowFn<C, J, Fut>,
    pub(crate) setup: WorkerSetup,
}

/// How each worker is set up.
#[derive(Clone, Debug)]
pub(crate) struct WorkerSetup {
    pub(crate) driver: &'static DriverKind,
    pub(crate) config: Config,
    pub(crate) latencies: OpLatencies,
    pub(crate) deadlocks: Deadlocks,
    /// Most flows in progress over all workers; none sets no limit.
    pub(crate) max_flows: Option<usize>,
}

impl WorkerSetup {
    /// Opens a driver and an executor over it, on the calling thread.
    pub(crate) fn open(&self) -> Result<OwnedExecutor, Unavailable> {
        let driver = self.driver.open(&self.config)?;
        Ok(OwnedExecutor::new(driver, self.executor_config()))
    }

    /// As [`WorkerSetup::open`]; `interruption` ends whatever the worker waits for.
    pub(crate) fn open_interruptible(
        &self,
        interruption: Interruption,
    ) -> Result<OwnedExecutor, Unavailable> {
        let config = Config { interruption: Some(interruption.clone()), ..self.config.clone() };
        let driver = self.driver.open(&config)?;
        Ok(OwnedExecutor::new(driver, ExecutorConfig { interruption, ..self.executor_config() }))
    }

    fn executor_config(&self) -> ExecutorConfig {
        let (latencies, deadlocks) = (self.latencies, self.deadlocks);
        ExecutorConfig { latencies, deadlocks, ..ExecutorConfig::default() }
    }

    /// How many of `flows` may be in progress at once on each worker: on `workers` of them, or
    /// fewer where fewer flows than that are allowed at once.
    pub(crate) fn windows(&self, flows: usize, workers: usize) -> Vec<usize> {
        let most = self.max_flows.unwrap_or(usize::MAX);
        let workers = workers.min(most);
        let at_once = if self.driver.overlaps { flows.min(most).max(workers) } else { workers };
        let with_one_more = at_once % workers;
        (0..workers).map(|worker| at_once / workers + usize::from(worker < with_one_more)).collect()
    }
}

/// What came of a set of flows.
#[derive(Debug)]
pub struct Flows<R> {
    /// Each flow's result, in the order of the jobs.
    pub results: Vec<R>,
    /// What they cost.
    pub cost: Cost,
    /// How long starting the workers took, before the first flow.
    pub worker_start: Duration,
    /// Workers that worked.
    pub workers: usize,
    /// Worker processes that died and were replaced.
    pub workers_lost: u32,
}

/// Runs the flows on the workers of `model`.
pub(crate) fn run<C, J, R, Fut>(model: Model, work: Work<C, J, Fut>) -> Result<Flows<R>, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    let workers = model.workers().map_or(1, std::num::NonZeroUsize::get);
    match model.row().workers {
        WorkersKind::One => one::run(work),
        WorkersKind::ThreadPerFlow => thread_per_flow::run(work),
        WorkersKind::Threads => threads::run(work, workers),
        WorkersKind::Processes => processes::run(work, workers),
        WorkersKind::ProcessPerFlow => process_per_flow::run(work),
        WorkersKind::Chosen => unreachable!("a runtime resolves `auto` when it is made"),
    }
}

/// Puts results that came in any order into the order of their flows.
fn in_order<R>(mut numbered: Vec<(u32, R)>) -> Vec<R> {
    numbered.sort_unstable_by_key(|(flow, _)| *flow);
    numbered.into_iter().map(|(_, result)| result).collect()
}
