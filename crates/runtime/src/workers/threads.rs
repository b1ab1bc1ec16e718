//! N threads do the work, each with a driver of its own.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::gate::{Arrival, Gate, Verdict};
use super::gated_threads::GatedThreads;
use super::job_queue::{JobQueue, QueueDesk};
use super::meter::Worked;
use super::window::UsageWindow;
use super::{FlowFn, Flows, Travel, Work, WorkerSetup, in_order, lanes};
use crate::Error;

pub(super) fn run<C, J, R, Fut>(work: Work<C, J, Fut>, workers: usize) -> Result<Flows<R>, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    let starting = Instant::now();
    let windows = work.setup.windows(work.jobs.len(), workers);
    let workers = windows.len();
    let queue = JobQueue::new(work.jobs);
    let gate = Arc::new(Gate::default());
    let crew = windows.into_iter().map(|window| {
        let worker = Worker {
            queue: Arc::clone(&queue),
            context: Arc::clone(&work.context),
            flow: work.flow,
            setup: work.setup.clone(),
            gate: Arc::clone(&gate),
            window,
        };
        || worker.run()
    });
    let threads = GatedThreads::start(crew, &gate)?;
    let verdict = gate.await_all(workers);
    let worker_start = starting.elapsed();
    let usage = UsageWindow::open();
    gate.decide(verdict);
    let mut results = Vec::new();
    let Worked { mut cost, used } = threads.join(|part| results.extend(part))?;
    usage.close(&mut cost, used);
    Ok(Flows { results: in_order(results), cost, worker_start, workers, workers_lost: 0 })
}

struct Worker<C, J, Fut> {
    queue: Arc<JobQueue<J>>,
    context: Arc<C>,
    flow: FlowFn<C, J, Fut>,
    setup: WorkerSetup,
    gate: Arc<Gate>,
    window: usize,
}

type Outcome<R> = Result<(Vec<(u32, R)>, Worked), Error>;

impl<C: Travel, J: Travel, Fut: 'static> Worker<C, J, Fut> {
    fn run<R: Travel>(self) -> Outcome<R>
    where
        Fut: Future<Output = R>,
    {
        let opened = self.setup.open();
        let arrival = if opened.is_ok() { Arrival::Ready } else { Arrival::Unable };
        let verdict = self.gate.arrive(arrival);
        let executor = opened?;
        if verdict == Verdict::Abandon {
            return Ok(Default::default());
        }
        let desk = Rc::new(QueueDesk::new(self.queue));
        let worked = lanes::run(&executor, &desk, &self.context, self.flow, self.window)?;
        Ok((desk.take_results(), worked))
    }
}
