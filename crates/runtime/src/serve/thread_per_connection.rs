//! The calling thread accepts, and starts a thread for each connection.
//!
//! When the system refuses one more thread, the connection waits until it does not, and the ones
//! behind it wait in the listener's queue.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use whywait_driver::{BindShare, Counters, Handle, Interruption};

use super::accept::{accept, address_of, listen};
use super::backoff::{Backoff, Next};
use super::open_connections::{OpenConnections, was_shut_down};
use super::service::Service;
use super::tally::{Failure, Tally};
use super::{ServeStop, Served, Server};
use crate::Error;
use crate::executor::Executor;
use crate::measure::{Cost, Moment, ProcessStatus, ProcessUsage};
use crate::workers::WorkerSetup;
use crate::workers::panic_text;
use crate::workers::window::UsageWindow;

pub(super) fn run<C, Fut>(
    executor: &Rc<Executor>,
    server: Server<'_, C, Fut>,
) -> Result<Served, Error>
where
    C: Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let control = server.control;
    let listener = listen(executor, server.address, control.backlog, BindShare::Alone)?;
    let address = address_of(&listener, server.address)?;
    let open = OpenConnections::of(listener);
    let watch = open.watch(&control.stop, control.drain)?;
    let crew = Arc::new(Crew {
        service: server.service,
        setup: server.setup,
        open: Arc::clone(&open),
        done: Mutex::default(),
    });
    // Later there may be threads that have signed off and not quite ended.
    let threads = ProcessStatus::now().threads;
    let usage = UsageWindow::open();
    let counted = executor.counters();
    let started = Moment::now();
    (control.on_ready)(address);
    let stack_bytes = control.thread_stack_bytes;
    let accepted = Acceptor { executor, crew: &crew, stack_bytes, stop: &control.stop }.run();
    if accepted.is_err() {
        open.end(control.drain);
    }
    let most_alive = open.wait_for_all();
    drop(watch);
    let Done { mut tally, counters } = std::mem::take(&mut *crew.done());
    tally.add(accepted?);
    let mut cost = Cost { threads: threads + most_alive as u64, ..Cost::default() };
    cost.span(started, Moment::now());
    cost.count(counters);
    cost.count(executor.counters() - counted);
    usage.close(&mut cost, ProcessUsage::now());
    Served::new(tally, cost, most_alive, 0)
}

/// What the threads have in common.
struct Crew<C, Fut> {
    service: Service<C, Fut>,
    setup: WorkerSetup,
    open: Arc<OpenConnections>,
    done: Mutex<Done>,
}

/// What threads that have ended left.
#[derive(Default)]
struct Done {
    tally: Tally,
    counters: Counters,
}

impl<C, Fut> Crew<C, Fut>
where
    Fut: Future<Output = io::Result<()>> + 'static,
{
    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a connection on the calling thread, and notes how it ended whatever happens.
    fn work(&self, connection: Handle, interruption: Interruption) {
        let serve = || self.serve(connection, interruption);
        let outcome = catch_unwind(AssertUnwindSafe(serve));
        let outcome = outcome.unwrap_or_else(|payload| Err(Failure::Panic(panic_text(&*payload))));
        let refused = {
            let tally = &mut self.done().tally;
            tally.note(outcome);
            tally.refusal.is_some()
        };
        if refused {
            self.open.end(Duration::ZERO);
        }
    }

    /// Serves a connection by a driver of its own.
    fn serve(&self, connection: Handle, interruption: Interruption) -> Result<(), Failure> {
        let opened = self.setup.open_interruptible(interruption);
        let executor = opened.map_err(|error| Failure::NoWorker(error.to_string()))?;
        *executor.stopping.borrow_mut() = Some(self.open.notice());
        let served = self.service.serve_alone(&executor, connection);
        self.done().counters += executor.counters();
        served.unwrap_or_else(|error| Err(Failure::Handler(io::Error::other(error))))
    }
}

/// The thread that accepts.
struct Acceptor<'a, C, Fut> {
    executor: &'a Rc<Executor>,
    crew: &'a Arc<Crew<C, Fut>>,
    stack_bytes: usize,
    stop: &'a ServeStop,
}

impl<C, Fut> Acceptor<'_, C, Fut>
where
    C: Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    fn run(self) -> Result<Tally, Error> {
        let open = &self.crew.open;
        let most = self.crew.setup.max_flows.unwrap_or(usize::MAX);
        let mut tally = Tally::default();
        let mut backoff = Backoff::default();
        loop {
            open.wait_for_room(most);
            match self.executor.block_on(accept(open.listener()))? {
                Ok(connection) => {
                    tally.connections += 1;
                    backoff.reset();
                    self.start(connection, &mut tally);
                }
                Err(error) if was_shut_down(&error) => return Ok(tally),
                Err(error) => match backoff.after(error) {
                    Next::Again => {}
                    Next::Pause(pause) => {
                        tally.pauses += 1;
                        self.stop.wait(Some(pause));
                    }
                    Next::GiveUp(error) => return Err(Error::Accept(error)),
                },
            }
        }
    }

    /// Starts a thread for a connection, as soon as the system grants one.
    fn start(&self, connection: Handle, tally: &mut Tally) {
        let interruption = Interruption::default();
        let admitted = self.crew.open.admit(&connection, &interruption);
        // A refused spawn drops its closure; the connection has to outlive it to be tried again.
        let given = Arc::new(Mutex::new(Some((connection, admitted))));
        let mut backoff = Backoff::default();
        loop {
            let (taken, crew) = (Arc::clone(&given), Arc::clone(self.crew));
            let interruption = interruption.clone();
            let spawned = thread::Builder::new().stack_size(self.stack_bytes).spawn(move || {
                let given = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
                let (connection, _admitted) = given.expect("one thread takes it");
                crew.work(connection, interruption);
            });
            match spawned {
                Ok(_) => return,
                Err(error) if self.stop.is_stopped() => {
                    return tally.note(Err(Failure::NoWorker(error.to_string())));
                }
                Err(_) => {
                    tally.pauses += 1;
                    self.stop.wait(Some(backoff.pause()));
                }
            }
        }
    }
}
