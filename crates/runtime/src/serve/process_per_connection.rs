//! The calling thread accepts, and starts a process for each connection.
//!
//! As many at once as the system grants: when it refuses one more, the connection waits until it
//! does not, and the ones behind it wait in the listener's queue.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use whywait_driver::{BindShare, Handle};

use super::accept::{accept, address_of, listen};
use super::backoff::{Backoff, Next};
use super::stop::timespec;
use super::tally::{Failure, Tally};
use super::terms::{Role, Terms};
use super::{ServeStop, Served, Server};
use crate::Error;
use crate::executor::Executor;
use crate::measure::{Moment, ProcessStatus, ProcessUsage};
use crate::workers::message::{FromWorker, Introduction, ToWorker};
use crate::workers::short_lived::ShortLived;
use crate::workers::window::UsageWindow;
use crate::workers::worker_process::{Life, Stage, WorkerProcess};
use crate::workers::{Travel, serve_entry, was_entered};

pub(super) fn run<C, Fut>(
    executor: &Rc<Executor>,
    server: Server<'_, C, Fut>,
) -> Result<Served, Error>
where
    C: Travel,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    if !was_entered() {
        return Err(Error::NoWorkerEntry);
    }
    let Server { address, service, setup, control } = server;
    let listener = listen(executor, address, control.backlog, BindShare::Alone)?;
    let address = address_of(&listener, address)?;
    let (backlog, drain) = (control.backlog, control.drain);
    let terms = Terms { address, backlog, drain, role: Role::Attend };
    let introduction = serve_entry::introduce(&setup, &service, &terms)?;
    let usage = UsageWindow::open();
    let counted = executor.counters();
    let started = Moment::now();
    (control.on_ready)(address);
    let mut door = Door {
        executor,
        listener: Some(listener),
        introduction,
        most: setup.max_flows.unwrap_or(usize::MAX),
        attended: Vec::new(),
        held: None,
        paused_until: None,
        backoff: Backoff::default(),
        tally: Tally::default(),
        lives: ShortLived::default(),
        lost: 0,
    };
    while !door.step(Some(&control.stop), None)? && door.tally.refusal.is_none() {}
    door.close();
    let deadline = Instant::now().checked_add(drain);
    while !door.attended.is_empty() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
        door.step(None, deadline)?;
    }
    door.attended.clear();
    let Door { tally, lives, lost, .. } = door;
    let workers = lives.most_alive();
    let mut cost = lives.cost();
    cost.span(started, Moment::now());
    cost.count(executor.counters() - counted);
    usage.close(&mut cost, ProcessUsage::now());
    cost.threads += ProcessStatus::now().threads;
    Served::new(tally, cost, workers, lost)
}

/// Where connections come in, and who attends to them.
struct Door<'a> {
    executor: &'a Rc<Executor>,
    /// None once it is closed.
    listener: Option<Handle>,
    introduction: Introduction,
    /// Most connections at once.
    most: usize,
    attended: Vec<WorkerProcess>,
    /// A connection that was accepted and has no process yet.
    held: Option<Handle>,
    paused_until: Option<Instant>,
    backoff: Backoff,
    tally: Tally,
    lives: ShortLived,
    lost: u32,
}

impl Door<'_> {
    /// Accepts no more, and tells the handlers of the stop.
    fn close(&mut self) {
        self.listener = None;
        self.held = None;
        self.paused_until = None;
        for worker in &self.attended {
            // One that has ended cannot be told, and what it said is still to be read.
            let _ = worker.send(&ToWorker::<()>::Finish);
        }
    }

    /// Waits until there is something to do, at most until `until`, and does it. Says whether the
    /// stop was used.
    fn step(&mut self, stop: Option<&ServeStop>, until: Option<Instant>) -> Result<bool, Error> {
        let until = [until, self.paused_until].into_iter().flatten().min();
        let timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
        let open = self.held.is_none() && self.paused_until.is_none();
        let listener = self.listener.as_ref().filter(|_| open && self.attended.len() < self.most);
        let mut watched: Vec<_> =
            self.attended.iter().map(|worker| PollFd::new(worker, PollFlags::IN)).collect();
        watched.extend(stop.map(|stop| PollFd::new(stop, PollFlags::IN)));
        // The last one, so that it is found again.
        watched.extend(listener.map(|listener| PollFd::new(listener, PollFlags::IN)));
        match poll(&mut watched, timeout.map(timespec).as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Error::Wait(error.into())),
        }
        let speaks = |watched: &PollFd<'_>| !watched.revents().is_empty();
        let someone = listener.is_some() && watched.last().is_some_and(speaks);
        let workers = watched.iter().take(self.attended.len()).enumerate();
        let speakers = workers.filter(|(_, watched)| speaks(watched)).map(|(index, _)| index);
        let speakers: Vec<_> = speakers.collect();
        if stop.is_some_and(ServeStop::is_stopped) {
            return Ok(true);
        }
        self.hear_all(&speakers)?;
        if self.paused_until.is_some_and(|until| until <= Instant::now()) {
            self.paused_until = None;
        }
        if someone {
            self.accept()?;
        }
        if self.paused_until.is_none() {
            self.start();
        }
        Ok(false)
    }

    /// Takes the connection that is there.
    fn accept(&mut self) -> Result<(), Error> {
        let Some(listener) = &self.listener else { return Ok(()) };
        match self.executor.block_on(accept(listener))? {
            Ok(connection) => {
                self.backoff.reset();
                self.tally.connections += 1;
                self.held = Some(connection);
            }
            Err(error) => match self.backoff.after(error) {
                Next::Again => {}
                Next::Pause(pause) => {
                    self.tally.pauses += 1;
                    self.paused_until = Some(Instant::now() + pause);
                }
                Next::GiveUp(error) => return Err(Error::Accept(error)),
            },
        }
        Ok(())
    }

    /// Starts a process for the connection that has none, if the system grants one.
    fn start(&mut self) {
        let Some(connection) = self.held.take() else { return };
        let started = WorkerProcess::start(&self.introduction)
            .and_then(|worker| worker.give(&connection).map(|()| worker));
        match started {
            Ok(worker) => {
                self.attended.push(worker);
                self.lives.born();
            }
            Err(_) => {
                self.tally.pauses += 1;
                self.paused_until = Some(Instant::now() + self.backoff.pause());
                self.held = Some(connection);
            }
        }
    }

    /// Listens to the processes that have something to say, and lets go of those that have ended.
    fn hear_all(&mut self, speakers: &[usize]) -> Result<(), Error> {
        // From the end, as the last one takes the place of one that goes.
        for index in speakers.iter().rev().copied() {
            if self.hear(index)? == Life::Dead {
                drop(self.attended.swap_remove(index));
                self.lives.died();
            }
        }
        Ok(())
    }

    fn hear(&mut self, index: usize) -> Result<Life, Error> {
        let protocol = |error: io::Error| Error::Protocol(error.to_string());
        let worker = &mut self.attended[index];
        let life = worker.read().map_err(protocol)?;
        while let Some(message) = worker.next_message().map_err(protocol)? {
            match message {
                FromWorker::Results(tallies) => {
                    tallies.into_iter().for_each(|(_, tally)| self.tally.add(tally));
                }
                FromWorker::Finished(cost) => {
                    self.lives.count(&cost);
                    worker.stage = Stage::Ended;
                }
                FromWorker::Refused(why) | FromWorker::Failed(why) | FromWorker::Panicked(why) => {
                    self.tally.note(Err(Failure::NoWorker(why)));
                    worker.stage = Stage::Ended;
                }
                FromWorker::Ready => {}
            }
        }
        if life == Life::Dead && worker.stage != Stage::Ended {
            self.lost += 1;
            self.tally.note(Err(Failure::WorkerDied(worker.describe_end())));
        }
        Ok(life)
    }
}
