//! N processes do the work; jobs and results travel over a socket each.
//!
//! A worker that dies is replaced, and the flows whose results had not come are run again.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::channel::encode;
use super::due_flow::DueFlow;
use super::entry::{place_of_serve, types, was_entered};
use super::function::FunctionPlace;
use super::message::{FromWorker, Introduction, ToWorker};
use super::window::UsageWindow;
use super::worker_process::{Life, Stage, WorkerProcess};
use super::{Flows, Travel, Work, in_order};
use crate::Error;
use crate::measure::{Cost, Moment, ProcessStatus, ProcessUsage};

/// How often a flow is tried whose workers die.
const MOST_ATTEMPTS: u32 = 4;

/// Of these, how often together with others, one of which may be what the worker died of.
const MOST_IN_COMPANY: u32 = 2;

/// Workers without a flow that may die in one run.
const MOST_LOST_IDLE: u32 = 8;

/// Messages of jobs that each worker of a sequential driver gets in a run, about.
const MESSAGES_PER_WORKER: usize = 8;

/// Most jobs in one message to a worker that runs one flow at a time.
const MOST_JOBS_AHEAD: usize = 1024;

pub(super) fn run<C, J, R, Fut>(work: Work<C, J, Fut>, workers: usize) -> Result<Flows<R>, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    if !was_entered() {
        return Err(Error::NoWorkerEntry);
    }
    let starting = Instant::now();
    let windows = work.setup.windows(work.jobs.len(), workers);
    let workers = windows.len();
    let introduction = introduce::<C, J, R, Fut>(&work)?;
    let mut crew = Crew::start(work.jobs, introduction, windows)?;
    let worker_start = starting.elapsed();
    let usage = UsageWindow::open();
    let started = Moment::now();
    crew.work(started)?;
    let ended = Moment::now();
    let used = ProcessUsage::now();
    crew.finish()?;
    let mut cost = crew.cost;
    if cost.started.is_some() {
        // What jobs and results take on their way is part of the work.
        cost.span(started, ended);
    }
    usage.close(&mut cost, used);
    cost.threads += ProcessStatus::now().threads;
    let results = in_order(crew.results);
    Ok(Flows { results, cost, worker_start, workers, workers_lost: crew.lost })
}

pub(super) fn introduce<C, J, R, Fut>(work: &Work<C, J, Fut>) -> Result<Introduction, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    let serve = place_of_serve::<C, J, R, Fut>().ok_or(Error::ForeignFunction)?;
    let flow = FunctionPlace::of(work.flow as usize).ok_or(Error::ForeignFunction)?;
    let context = encode(&*work.context).map_err(protocol)?;
    Ok(Introduction::new(&work.setup, serve, flow, types::<C, J, R, Fut>(), context))
}

pub(super) fn protocol(error: io::Error) -> Error {
    Error::Protocol(error.to_string())
}

/// The worker processes, and what is left to do.
struct Crew<J, R> {
    workers: Vec<WorkerProcess>,
    introduction: Introduction,
    /// Flows in progress at once on each worker.
    windows: Vec<usize>,
    jobs: Vec<J>,
    /// When the flows are due: from when they are handed out.
    due: Moment,
    /// Flows that no worker has.
    pending: VecDeque<u32>,
    /// Flows that no worker has and that several have died with: each goes to a worker alone, so
    /// that it shows which of them it was.
    suspects: VecDeque<u32>,
    attempts: Vec<u32>,
    results: Vec<(u32, R)>,
    /// Most flows that a worker has at once.
    ahead: usize,
    cost: Cost,
    lost: u32,
    /// Of these, how many had no flow when they died.
    lost_idle: u32,
}

impl<J: Travel, R: Travel> Crew<J, R> {
    /// Starts the workers and waits until all are ready.
    fn start(jobs: Vec<J>, introduction: Introduction, windows: Vec<usize>) -> Result<Self, Error> {
        let (flows, workers) = (jobs.len(), windows.len());
        let share = (flows / (workers * MESSAGES_PER_WORKER)).clamp(1, MOST_JOBS_AHEAD);
        let mut crew = Self {
            workers: Vec::with_capacity(workers),
            // The first window is the largest.
            ahead: (windows[0] + windows[0] / 2).max(2 * share),
            introduction,
            windows,
            pending: (0..flows as u32).collect(),
            suspects: VecDeque::new(),
            attempts: vec![0; flows],
            results: Vec::with_capacity(flows),
            jobs,
            due: Moment::now(),
            cost: Cost::default(),
            lost: 0,
            lost_idle: 0,
        };
        for started in 0..workers {
            let worker = crew.start_worker(started, started)?;
            crew.workers.push(worker);
        }
        while crew.workers.iter().any(|worker| worker.stage == Stage::Starting) {
            crew.listen()?;
        }
        Ok(crew)
    }

    fn start_worker(&mut self, index: usize, started: usize) -> Result<WorkerProcess, Error> {
        self.introduction.window = self.windows[index];
        let failed = |source| Error::WorkerStart { worker: "a worker process", started, source };
        WorkerProcess::start(&self.introduction).map_err(failed)
    }

    /// Hands out flows, which are `due` now, until every result is there.
    fn work(&mut self, due: Moment) -> Result<(), Error> {
        self.due = due;
        for index in 0..self.workers.len() {
            self.feed(index)?;
        }
        while self.results.len() < self.jobs.len() {
            self.listen()?;
        }
        Ok(())
    }

    /// Tells the workers that no more will come and waits for what they report.
    fn finish(&mut self) -> Result<(), Error> {
        for worker in &mut self.workers {
            if worker.stage != Stage::Ended {
                worker.stage = Stage::Finishing;
                worker.send(&ToWorker::<J>::Finish).map_err(protocol)?;
            }
        }
        while self.workers.iter().any(|worker| worker.stage != Stage::Ended) {
            self.listen()?;
        }
        Ok(())
    }

    /// Waits until a worker says something, and listens to all that do.
    fn listen(&mut self) -> Result<(), Error> {
        let open = |worker: &&WorkerProcess| worker.stage != Stage::Ended;
        let mut watched: Vec<_> = self
            .workers
            .iter()
            .filter(open)
            .map(|worker| PollFd::new(worker, PollFlags::IN))
            .collect();
        match poll(&mut watched, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Error::Wait(error.into())),
        }
        for index in 0..self.workers.len() {
            if self.workers[index].stage != Stage::Ended {
                self.listen_to(index)?;
            }
        }
        Ok(())
    }

    fn listen_to(&mut self, index: usize) -> Result<(), Error> {
        let life = self.workers[index].read().map_err(protocol)?;
        while let Some(message) = self.workers[index].next_message().map_err(protocol)? {
            self.take(index, message)?;
        }
        match life {
            Life::Dead if self.workers[index].stage != Stage::Ended => self.replace(index),
            _ => Ok(()),
        }
    }

    fn take(&mut self, index: usize, message: FromWorker<R>) -> Result<(), Error> {
        match message {
            FromWorker::Ready => {
                let worker = &mut self.workers[index];
                // A replacement may be ready only after all was done.
                if worker.stage == Stage::Starting {
                    worker.stage = Stage::Working;
                }
                // In the beginning all wait for the last one; a replacement works at once.
                if self.lost > 0 { self.feed(index) } else { Ok(()) }
            }
            FromWorker::Results(results) => {
                for (flow, _) in &results {
                    self.workers[index].outstanding.remove(flow);
                }
                self.results.extend(results);
                self.feed(index)
            }
            FromWorker::Finished(cost) => {
                self.cost += &cost;
                self.workers[index].stage = Stage::Ended;
                Ok(())
            }
            FromWorker::Refused(_) if self.workers[index].stage == Stage::Finishing => {
                // A replacement that came too late to be needed: all results are there.
                self.workers[index].stage = Stage::Ended;
                Ok(())
            }
            FromWorker::Refused(why) => Err(Error::WorkerRefused(why)),
            FromWorker::Failed(why) => Err(Error::WorkerFailed(why)),
            FromWorker::Panicked(text) => Err(Error::FlowPanicked(text)),
        }
    }

    /// Sends a worker flows, if it has few; smaller portions when few are left, so that all end
    /// at about the same time.
    fn feed(&mut self, index: usize) -> Result<(), Error> {
        let outstanding = self.workers[index].outstanding.len();
        if self.workers[index].stage != Stage::Working || outstanding > self.ahead / 2 {
            return Ok(());
        }
        let portion = self.portion(index, outstanding);
        if portion.is_empty() {
            return Ok(());
        }
        let (due, jobs) = (self.due, &self.jobs);
        let due_flow =
            |number: &u32| DueFlow { number: *number, due, job: &jobs[*number as usize] };
        let jobs = portion.iter().map(due_flow).collect();
        self.workers[index].send(&ToWorker::Jobs(jobs)).map_err(protocol)?;
        self.workers[index].outstanding.extend(portion);
        Ok(())
    }

    /// Takes the flows out of those that no worker has which a worker gets next.
    fn portion(&mut self, index: usize, outstanding: usize) -> Vec<u32> {
        if outstanding == 0
            && let Some(suspect) = self.suspects.pop_front()
        {
            return vec![suspect];
        }
        if self.workers[index].outstanding.first().is_some_and(|flow| self.is_suspect(*flow)) {
            return Vec::new();
        }
        let fair = self.pending.len().div_ceil(2 * self.workers.len());
        let fair = fair.max(self.windows[index].min(self.pending.len()));
        self.pending.drain(..fair.min(self.ahead - outstanding)).collect()
    }

    fn is_suspect(&self, flow: u32) -> bool {
        self.attempts[flow as usize] >= MOST_IN_COMPANY
    }

    /// Puts another worker in the place of one that died; its flows are run again.
    fn replace(&mut self, index: usize) -> Result<(), Error> {
        let dead = &mut self.workers[index];
        let end = dead.describe_end();
        match dead.stage {
            Stage::Starting => {
                return Err(Error::WorkerRefused(format!("it ended before it was ready ({end})")));
            }
            Stage::Finishing | Stage::Ended => {
                // It had no flows any more; only its report is lost.
                dead.stage = Stage::Ended;
                self.lost += 1;
                return Ok(());
            }
            Stage::Working => {}
        }
        self.lost += 1;
        if dead.outstanding.is_empty() {
            // No flow's fault, and so no flow's tries would ever be used up.
            self.lost_idle += 1;
            if self.lost_idle > MOST_LOST_IDLE {
                let why = format!("workers die again and again while they do nothing ({end})");
                return Err(Error::WorkerFailed(why));
            }
        }
        for flow in std::mem::take(&mut dead.outstanding).into_iter().rev() {
            self.attempts[flow as usize] += 1;
            let attempts = self.attempts[flow as usize];
            if attempts >= MOST_ATTEMPTS {
                return Err(Error::FlowLost { flow, attempts });
            }
            let queue = if self.is_suspect(flow) { &mut self.suspects } else { &mut self.pending };
            queue.push_front(flow);
        }
        self.workers[index] = self.start_worker(index, self.workers.len())?;
        Ok(())
    }
}
