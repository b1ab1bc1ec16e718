//! What one worker does, from its start to its end.

use whywait_driver::Counters;

use crate::executor::Executor;
use crate::measure::{Cost, Moment, ProcessStatus, ProcessUsage, ThreadMark};

/// Runs from when a worker begins until it has nothing more to do.
pub(crate) struct Meter {
    counted: Counters,
    began: ThreadMark,
}

/// What a worker did.
#[derive(Default)]
pub(crate) struct Worked {
    /// What it cost. The `threads` are those of the whole process; its `usage` is not here.
    pub(crate) cost: Cost,
    /// What the process had used when the work was done. Summing up comes after that, and can
    /// take as long as a thousand quick operations.
    pub(crate) used: ProcessUsage,
}

impl Meter {
    /// The calling thread begins to work, by `executor`.
    pub(crate) fn start(executor: &Executor) -> Self {
        Self { counted: executor.counters(), began: ThreadMark::of_beginning() }
    }

    /// When it began.
    pub(crate) fn began_at(&self) -> Moment {
        self.began.at
    }

    /// The worker is done. `working` tells in which part of the time since the start it had work;
    /// none if it never had any.
    pub(crate) fn stop(
        self,
        executor: &Executor,
        working: impl FnOnce(ThreadMark, ThreadMark) -> Option<(ThreadMark, ThreadMark)>,
    ) -> Worked {
        let ended = ThreadMark::of_end();
        let used = ProcessUsage::now();
        // Before the executor goes, and its driver's helpers with it.
        let mut cost = Cost { threads: ProcessStatus::now().threads, ..Cost::default() };
        if let Some((began, ended)) = working(self.began, ended) {
            cost.count_worker(began, ended);
        }
        cost.count(executor.counters() - self.counted);
        executor.take_op_latencies().pour_into(&mut cost.op_latency);
        Worked { cost, used }
    }
}

impl Worked {
    /// Adds what another worker of the same process did.
    pub(crate) fn add(&mut self, other: &Self) {
        // Each worker counted the threads of the one process.
        let threads = self.cost.threads.max(other.cost.threads);
        self.cost += &other.cost;
        self.cost.threads = threads;
        // All are about the one process, and the last to end has seen the most.
        self.used = self.used.later(other.used);
    }
}
