//! A process for each flow, started for it and ended with it.
//!
//! Starting processes is this model's way of working, so it counts into the wall time and the CPU.
//! When the system refuses one more process while some are alive, the next flow waits for one to
//! end. A flow whose process died is run again in another one.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::due_flow::DueFlow;
use super::entry::was_entered;
use super::message::{FromWorker, Introduction, ToWorker, UsageFrom};
use super::processes::{introduce, protocol};
use super::short_lived::ShortLived;
use super::window::UsageWindow;
use super::worker_process::{Life, Stage, WorkerProcess};
use super::{Flows, Travel, Work, in_order};
use crate::Error;
use crate::measure::{Moment, ProcessStatus, ProcessUsage};

/// How often a flow is tried whose processes die.
const MOST_ATTEMPTS: u32 = 4;

pub(super) fn run<C, J, R, Fut>(work: Work<C, J, Fut>) -> Result<Flows<R>, Error>
where
    C: Travel,
    J: Travel,
    R: Travel,
    Fut: Future<Output = R> + 'static,
{
    if !was_entered() {
        return Err(Error::NoWorkerEntry);
    }
    // The one thing that can refuse to start before any flow has: found out once, here.
    drop(work.setup.open()?);
    let mut introduction = introduce::<C, J, R, Fut>(&work)?;
    introduction.usage_from = UsageFrom::Start;
    let mut crew = Crew {
        introduction,
        most: work.setup.max_flows.unwrap_or(usize::MAX),
        pending: (0..work.jobs.len() as u32).map(|flow| (flow, 0)).collect(),
        jobs: work.jobs,
        due: Moment::now(),
        alive: Vec::new(),
        results: Vec::new(),
        lives: ShortLived::default(),
        lost: 0,
    };
    let usage = UsageWindow::open();
    let started = Moment::now();
    crew.work(started)?;
    let (ended, used) = (Moment::now(), ProcessUsage::now());
    let workers = crew.lives.most_alive();
    let mut cost = crew.lives.cost();
    if workers > 0 {
        cost.span(started, ended);
    }
    usage.close(&mut cost, used);
    cost.threads += ProcessStatus::now().threads;
    let (results, workers_lost) = (in_order(crew.results), crew.lost);
    Ok(Flows { results, cost, worker_start: Duration::ZERO, workers, workers_lost })
}

/// The processes alive, and what is left to do.
struct Crew<J, R> {
    introduction: Introduction,
    /// Most processes at once.
    most: usize,
    jobs: Vec<J>,
    /// When the flows are due: from when the first process is started.
    due: Moment,
    /// Flows that no process has, and how often each was tried.
    pending: VecDeque<(u32, u32)>,
    alive: Vec<OneFlow>,
    results: Vec<(u32, R)>,
    lives: ShortLived,
    lost: u32,
}

/// A process and its flow.
struct OneFlow {
    process: WorkerProcess,
    flow: u32,
    attempts: u32,
}

impl<J: Travel, R: Travel> Crew<J, R> {
    /// Runs all flows, which are `due` now.
    fn work(&mut self, due: Moment) -> Result<(), Error> {
        self.due = due;
        while !self.pending.is_empty() || !self.alive.is_empty() {
            let more = !self.pending.is_empty() && self.alive.len() < self.most && self.start()?;
            // What has ended is taken in between two starts too, so that its process can go.
            let timeout = more.then_some(Timespec { tv_sec: 0, tv_nsec: 0 });
            self.listen(timeout)?;
        }
        Ok(())
    }

    /// Starts a process for the next flow; says whether the system granted one.
    fn start(&mut self) -> Result<bool, Error> {
        let Some((flow, tried)) = self.pending.pop_front() else { return Ok(false) };
        let process = match WorkerProcess::start(&self.introduction) {
            Ok(process) => process,
            Err(_) if !self.alive.is_empty() => {
                self.pending.push_front((flow, tried));
                return Ok(false);
            }
            Err(source) => {
                let (worker, started) = ("a process for a flow", self.results.len());
                return Err(Error::WorkerStart { worker, started, source });
            }
        };
        let due_flow = DueFlow { number: flow, due: self.due, job: &self.jobs[flow as usize] };
        let jobs = ToWorker::Jobs(vec![due_flow]);
        process.send(&jobs).map_err(protocol)?;
        process.send(&ToWorker::<J>::Finish).map_err(protocol)?;
        self.lives.born();
        self.alive.push(OneFlow { process, flow, attempts: tried + 1 });
        Ok(true)
    }

    /// Waits until a process says something, and listens to all that do.
    fn listen(&mut self, timeout: Option<Timespec>) -> Result<(), Error> {
        let alive = self.alive.iter();
        let mut watched: Vec<_> =
            alive.map(|one| PollFd::new(&one.process, PollFlags::IN)).collect();
        match poll(&mut watched, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Error::Wait(error.into())),
        }
        let speakers =
            watched.iter().enumerate().filter(|(_, watched)| !watched.revents().is_empty());
        let speakers: Vec<usize> = speakers.map(|(index, _)| index).collect();
        // From the end, as the last one takes the place of one that goes.
        for index in speakers.into_iter().rev() {
            self.listen_to(index)?;
        }
        Ok(())
    }

    fn listen_to(&mut self, index: usize) -> Result<(), Error> {
        let OneFlow { process, flow, attempts } = &mut self.alive[index];
        let (flow, attempts) = (*flow, *attempts);
        let life = process.read().map_err(protocol)?;
        while let Some(message) = process.next_message().map_err(protocol)? {
            match message {
                FromWorker::Ready => {}
                FromWorker::Results(results) => self.results.extend(results),
                FromWorker::Finished(cost) => {
                    self.lives.count(&cost);
                    process.stage = Stage::Ended;
                }
                FromWorker::Refused(why) => return Err(Error::WorkerRefused(why)),
                FromWorker::Failed(why) => return Err(Error::WorkerFailed(why)),
                FromWorker::Panicked(text) => return Err(Error::FlowPanicked(text)),
            }
        }
        if life == Life::Alive {
            return Ok(());
        }
        let stage = process.stage;
        drop(self.alive.swap_remove(index));
        self.lives.died();
        if stage != Stage::Ended {
            self.lost += 1;
            if attempts == MOST_ATTEMPTS {
                return Err(Error::FlowLost { flow, attempts });
            }
            // It may have died between its result and its report.
            self.results.retain(|(done, _)| *done != flow);
            self.pending.push_back((flow, attempts));
        }
        Ok(())
    }
}
