//! The calling thread does all the work.

use std::future::Future;
use std::rc::Rc;
use std::time::Instant;

use super::job_queue::{JobQueue, QueueDesk};
use super::meter::Worked;
use super::window::UsageWindow;
use super::{Flows, Travel, Work, in_order, lanes};
use crate::Error;

pub(super) fn run<C, J, R, Fut>(work: Work<C, J, Fut>) -> Result<Flows<R>, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    let starting = Instant::now();
    let executor = work.setup.open()?;
    let worker_start = starting.elapsed();
    let window = work.setup.windows(work.jobs.len(), 1)[0];
    let desk = Rc::new(QueueDesk::new(JobQueue::new(work.jobs)));
    let usage = UsageWindow::open();
    let Worked { mut cost, used } = lanes::run(&executor, &desk, &work.context, work.flow, window)?;
    usage.close(&mut cost, used);
    let results = in_order(desk.take_results());
    Ok(Flows { results, cost, worker_start, workers: 1, workers_lost: 0 })
}
