//! The jobs that the workers of one process share.

use std::cell::RefCell;
use std::future::{self, Future};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::due_flow::DueFlow;
use super::lanes::Desk;
use crate::measure::Moment;

/// Jobs not taken yet. Workers take one at a time, so that none is idle while another has two.
pub(super) struct JobQueue<J> {
    jobs: Mutex<std::iter::Zip<std::ops::RangeFrom<u32>, std::vec::IntoIter<J>>>,
    /// When the first worker began: all flows are due then.
    due: OnceLock<Moment>,
}

impl<J> JobQueue<J> {
    pub(super) fn new(jobs: Vec<J>) -> Arc<Self> {
        Arc::new(Self { jobs: Mutex::new((0..).zip(jobs)), due: OnceLock::new() })
    }

    fn open(&self, at: Moment) -> Moment {
        *self.due.get_or_init(|| at)
    }

    fn take(&self) -> Option<DueFlow<J>> {
        let (number, job) = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        Some(DueFlow { number, due: self.open(Moment::now()), job })
    }
}

/// One worker's side of a queue, and the results that it has.
pub(super) struct QueueDesk<J, R> {
    queue: Arc<JobQueue<J>>,
    results: RefCell<Vec<(u32, R)>>,
}

impl<J, R> QueueDesk<J, R> {
    pub(super) fn new(queue: Arc<JobQueue<J>>) -> Self {
        Self { queue, results: RefCell::default() }
    }

    pub(super) fn take_results(&self) -> Vec<(u32, R)> {
        self.results.take()
    }
}

impl<J: 'static, R: 'static> Desk<J, R> for QueueDesk<J, R> {
    fn open(&self, at: Moment) {
        self.queue.open(at);
    }

    fn next(&self) -> impl Future<Output = Option<DueFlow<J>>> {
        future::ready(self.queue.take())
    }

    fn put(&self, flow: u32, result: R) {
        self.results.borrow_mut().push((flow, result));
    }
}
