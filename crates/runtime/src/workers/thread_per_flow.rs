//! A thread for each flow, started for it and ended with it.
//!
//! Starting threads is this model's way of working, so it counts into the wall time. When the
//! system refuses one more thread while some are alive, the next flow waits for one to end.

use std::any::Any;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::window::UsageWindow;
use super::{FlowFn, Flows, Travel, Work, WorkerSetup, in_order};
use crate::Error;
use crate::measure::{Cost, Moment, ProcessStatus, ProcessUsage, ThreadMark, ThreadTime};

/// One thread in so many reads its times from `/proc`, which costs more than a short flow does.
const SAMPLED: u32 = 16;

pub(super) fn run<C, J, R, Fut>(work: Work<C, J, Fut>) -> Result<Flows<R>, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    // The one thing that can refuse to start before any flow has: found out once, here.
    drop(work.setup.open()?);
    // Later there may be threads that have signed off and not quite ended.
    let threads_before = ProcessStatus::now().threads;
    let crew = Arc::new(Crew::new(work.setup.max_flows));
    let usage = UsageWindow::open();
    let started = Moment::now();
    for (number, job) in (0..).zip(work.jobs) {
        let flow = OneFlow {
            number,
            due: started,
            job: Some(job),
            context: Arc::clone(&work.context),
            flow: work.flow,
            setup: work.setup.clone(),
        };
        if crew.has_failed() {
            break;
        }
        start(&crew, flow)?;
    }
    let mut done = crew.finish()?;
    usage.close(&mut done.cost, ProcessUsage::now());
    done.cost.threads += threads_before;
    if let Some(started_first) = done.cost.started {
        // The first thread's start is part of the work.
        done.cost.started = Some(started_first.min(started));
    }
    let workers = done.most_alive;
    Ok(Flows {
        results: in_order(done.results),
        cost: done.cost,
        worker_start: Duration::ZERO,
        workers,
        workers_lost: 0,
    })
}

struct OneFlow<C, J, Fut> {
    number: u32,
    due: Moment,
    job: Option<J>,
    context: Arc<C>,
    flow: FlowFn<C, J, Fut>,
    setup: WorkerSetup,
}

/// Starts a thread for `flow`, when there is room for one.
fn start<C, J, R, Fut>(crew: &Arc<Crew<R>>, flow: OneFlow<C, J, Fut>) -> Result<(), Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    // A refused spawn drops its closure; the flow has to outlive it to be tried again.
    let flow = Arc::new(Mutex::new(Some(flow)));
    loop {
        crew.enlist();
        let (taken, home) = (Arc::clone(&flow), Arc::clone(crew));
        let spawned = thread::Builder::new().spawn(move || {
            let flow = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            home.work(flow.expect("one thread takes it"));
        });
        match spawned {
            Ok(_) => return Ok(()),
            Err(source) => crew.refused(source)?,
        }
    }
}

/// The threads alive, and what those that ended have left.
struct Crew<R> {
    state: Mutex<State<R>>,
    ended: Condvar,
    most: usize,
}

struct State<R> {
    alive: usize,
    started: usize,
    done: Done<R>,
    failure: Option<Failure>,
    /// Of the sampled threads: time on or waiting for a CPU, and from start to end.
    sampled: (ThreadTime, Duration),
    /// Of all threads, from start to end.
    lived: Duration,
}

struct Done<R> {
    results: Vec<(u32, R)>,
    cost: Cost,
    most_alive: usize,
}

enum Failure {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl<R> Crew<R> {
    fn new(most: Option<usize>) -> Self {
        let done = Done { results: Vec::new(), cost: Cost::default(), most_alive: 0 };
        let sampled = Default::default();
        let lived = Duration::ZERO;
        let state = State { alive: 0, started: 0, done, failure: None, sampled, lived };
        Self { state: Mutex::new(state), ended: Condvar::new(), most: most.unwrap_or(usize::MAX) }
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room for one more thread, and takes it.
    fn enlist(&self) {
        let waited = self.ended.wait_while(self.lock(), |state| state.alive >= self.most);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.alive += 1;
        state.started += 1;
        state.done.most_alive = state.done.most_alive.max(state.alive);
    }

    /// A thread could not be started: waits for another to end, if there is one.
    fn refused(&self, source: std::io::Error) -> Result<(), Error> {
        let mut state = self.lock();
        state.alive -= 1;
        state.started -= 1;
        let alive = state.alive;
        if alive == 0 {
            let started = state.started;
            return Err(Error::WorkerStart { worker: "a thread for a flow", started, source });
        }
        drop(self.ended.wait_while(state, |state| state.alive >= alive));
        Ok(())
    }

    fn has_failed(&self) -> bool {
        self.lock().failure.is_some()
    }

    /// Runs a flow on the calling thread, and signs it off whatever happens.
    fn work<C, J, Fut>(&self, flow: OneFlow<C, J, Fut>)
    where
        J: 'static,
        Fut: Future<Output = R> + 'static,
    {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| self.run_flow(flow)));
        let failure = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Failure::Error(error)),
            Err(payload) => Some(Failure::Panic(payload)),
        };
        let mut state = self.lock();
        state.alive -= 1;
        state.failure = state.failure.take().or(failure);
        drop(state);
        self.ended.notify_all();
    }

    fn run_flow<C, J, Fut>(&self, mut flow: OneFlow<C, J, Fut>) -> Result<(), Error>
    where
        J: 'static,
        Fut: Future<Output = R> + 'static,
    {
        let began = flow.number.is_multiple_of(SAMPLED).then(ThreadMark::of_beginning);
        let started = Moment::now();
        let executor = flow.setup.open()?;
        let job = flow.job.take().expect("a flow runs once");
        let result = executor.block_on((flow.flow)(flow.context, job))?;
        let ended = Moment::now();
        let sample = began.map(|began| (began, ThreadMark::of_end()));
        let lived = ended.since(started);

        let mut state = self.lock();
        state.lived += lived;
        if let Some((began, ended)) = sample {
            state.sampled.0 += ended.time - began.time;
            state.sampled.1 += ended.at.since(began.at);
        }
        state.done.results.push((flow.number, result));
        let cost = &mut state.done.cost;
        cost.span(started, ended);
        cost.count(executor.counters());
        cost.flow_latency.record(ended.since(flow.due));
        cost.flow_service.record(lived);
        executor.take_op_latencies().pour_into(&mut cost.op_latency);
        Ok(())
    }

    /// Waits for every thread to end.
    fn finish(&self) -> Result<Done<R>, Error> {
        let waited = self.ended.wait_while(self.lock(), |state| state.alive > 0);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        match state.failure.take() {
            Some(Failure::Error(error)) => return Err(error),
            Some(Failure::Panic(payload)) => panic::resume_unwind(payload),
            None => {}
        }
        let empty = Done { results: Vec::new(), cost: Cost::default(), most_alive: 0 };
        let mut done = std::mem::replace(&mut state.done, empty);
        let (time, of) = state.sampled;
        done.cost.worker_time = scaled(time, of, state.lived);
        let accounted = done.cost.worker_time.running + done.cost.worker_time.runnable;
        done.cost.blocked = state.lived.saturating_sub(accounted);
        done.cost.threads = done.most_alive as u64;
        Ok(done)
    }
}

/// What was sampled over `of`, scaled to `all`.
fn scaled(time: ThreadTime, of: Duration, all: Duration) -> ThreadTime {
    if of.is_zero() {
        return ThreadTime::default();
    }
    let factor = all.as_secs_f64() / of.as_secs_f64();
    ThreadTime { running: time.running.mul_f64(factor), runnable: time.runnable.mul_f64(factor) }
}
