//! The jobs that the workers of one process share.

use std::cell::RefCell;
use std::future::{self, Future};
use std::sync::{Arc, Mutex, PoisonError};

use super::lanes::Desk;

/// Jobs not taken yet. Workers take one at a time, so that none is idle while another has two.
pub(super) struct JobQueue<J>(
    Mutex<std::iter::Zip<std::ops::RangeFrom<u32>, std::vec::IntoIter<J>>>,
);

impl<J> JobQueue<J> {
    pub(super) fn new(jobs: Vec<J>) -> Arc<Self> {
        Arc::new(Self(Mutex::new((0..).zip(jobs))))
    }

    pub(super) fn take(&self) -> Option<(u32, J)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
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
    fn next(&self) -> impl Future<Output = Option<(u32, J)>> {
        future::ready(self.queue.take())
    }

    fn put(&self, flow: u32, result: R) {
        self.results.borrow_mut().push((flow, result));
    }
}
