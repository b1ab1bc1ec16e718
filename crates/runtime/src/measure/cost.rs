//! What a run cost, summed over workers and processes.

use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use whywait_driver::Counters;

use super::{Histogram, Moment, ProcessUsage, ThreadMark, ThreadTime};

/// What flows cost: the sum over everybody who worked on them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// When the first flow was given to a worker, or a thread began to be started for it.
    pub started: Option<Moment>,
    /// When the last flow's result was there.
    pub ended: Option<Moment>,
    /// CPU and context switches of the processes, from when all workers were ready until the
    /// last flow was done.
    pub usage: ProcessUsage,
    /// Running and runnable time of the workers' own threads, helpers left out.
    pub worker_time: ThreadTime,
    /// Time of the workers' own threads that was neither: waiting for I/O, a timer, a lock or a
    /// helper.
    pub blocked: Duration,
    /// Sum of the processes' `VmHWM`: an upper bound, since shared pages count in each.
    pub peak_memory_bytes: u64,
    /// Threads alive at the end of the run, in all processes.
    pub threads: u64,
    /// Processes.
    pub processes: u64,
    /// Syscalls made for operations and waiting.
    pub syscalls: u64,
    /// Calls refused with `EAGAIN`.
    pub would_block: u64,
    /// Operations handed to a helper thread.
    pub handed_off: u64,
    /// Operations completed.
    pub operations: u64,
    /// From when each flow was due until its result was there. Flows are due when the run starts,
    /// so waiting for a worker counts.
    pub flow_latency: Histogram,
    /// From when a worker began each flow until its result was there.
    pub flow_service: Histogram,
    /// How long operations took, from submission until the worker saw the completion.
    pub op_latency: Histogram,
}

impl Cost {
    /// From the first flow's start to the last flow's end; zero if none ran.
    #[must_use]
    pub fn wall(&self) -> Duration {
        match (self.started, self.ended) {
            (Some(started), Some(ended)) => ended.since(started),
            _ => Duration::ZERO,
        }
    }

    pub(crate) fn count(&mut self, counters: Counters) {
        self.syscalls += counters.syscalls;
        self.would_block += counters.would_block;
        self.handed_off += counters.handed_off;
        self.operations += counters.completed;
    }

    /// Notes that a worker's thread worked from `began` to `ended`.
    pub(crate) fn count_worker(&mut self, began: ThreadMark, ended: ThreadMark) {
        let time = ended.time - began.time;
        self.worker_time += time;
        self.blocked += ended.at.since(began.at).saturating_sub(time.running + time.runnable);
        self.span(began.at, ended.at);
    }

    pub(crate) fn span(&mut self, started: Moment, ended: Moment) {
        self.started = Some(self.started.map_or(started, |earliest| earliest.min(started)));
        self.ended = Some(self.ended.map_or(ended, |latest| latest.max(ended)));
    }
}

impl AddAssign<&Self> for Cost {
    fn add_assign(&mut self, other: &Self) {
        if let (Some(started), Some(ended)) = (other.started, other.ended) {
            self.span(started, ended);
        }
        self.usage += other.usage;
        self.worker_time += other.worker_time;
        self.blocked += other.blocked;
        self.peak_memory_bytes += other.peak_memory_bytes;
        self.threads += other.threads;
        self.processes += other.processes;
        self.syscalls += other.syscalls;
        self.would_block += other.would_block;
        self.handed_off += other.handed_off;
        self.operations += other.operations;
        self.flow_latency.merge(&other.flow_latency);
        self.flow_service.merge(&other.flow_service);
        self.op_latency.merge(&other.op_latency);
    }
}
