//! N threads serve, each by a driver of its own.
//!
//! Threads that wait for many connections at once listen with a socket each, over which the
//! kernel spreads who connects (`SO_REUSEPORT`, `socket(7)`). Threads that serve one connection
//! at a time share one socket: a connection must go to one that is free.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use whywait_driver::{BindShare, Interruption};

use super::accept::{address_of, listen, reserve};
use super::open_connections::OpenConnections;
use super::site::{Site, work};
use super::tally::Tally;
use super::{ServeStop, Served, Server, Service};
use crate::Error;
use crate::executor::{Executor, OwnedExecutor};
use crate::workers::WorkerSetup;
use crate::workers::gate::{Arrival, Gate, Verdict};
use crate::workers::gated_threads::GatedThreads;
use crate::workers::meter::Worked;
use crate::workers::window::UsageWindow;

pub(super) fn run<C, Fut>(
    executor: &Rc<Executor>,
    server: Server<'_, C, Fut>,
    workers: usize,
) -> Result<Served, Error>
where
    C: Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let Server { address, service, setup, control } = server;
    let (listening, share) = if setup.driver.overlaps {
        (reserve(executor, address)?, Share::Port)
    } else {
        let listener = listen(executor, address, control.backlog, BindShare::Alone)?;
        (listener.clone(), Share::Socket(OpenConnections::of(listener)))
    };
    let address = address_of(&listening, address)?;
    // Held until the end, like the address that it reserves.
    let _watch = match &share {
        Share::Socket(open) => Some(open.watch(&control.stop, control.drain)?),
        Share::Port => None,
    };
    let windows = setup.windows(usize::MAX, workers);
    let workers = windows.len();
    let (stop, backlog, drain) = (control.stop, control.backlog, control.drain);
    let place = Place { address, backlog, drain, share, stop };
    let gate = Arc::new(Gate::default());
    let crew = windows.into_iter().map(|window| {
        let worker = Worker {
            service: service.clone(),
            setup: setup.clone(),
            place: place.clone(),
            gate: Arc::clone(&gate),
            window,
        };
        || worker.run()
    });
    let threads = GatedThreads::start(crew, &gate)?;
    let _by_default = gate.abandoned_by_default();
    let verdict = gate.await_all(workers);
    let usage = UsageWindow::open();
    if verdict == Verdict::Go {
        (control.on_ready)(address);
    }
    gate.decide(verdict);
    let mut tally = Tally::default();
    let Worked { mut cost, used } = threads.join(|part| tally.add(part))?;
    usage.close(&mut cost, used);
    Served::new(tally, cost, workers, 0)
}

/// Where all the workers serve.
#[derive(Clone)]
struct Place {
    address: SocketAddr,
    backlog: i32,
    drain: Duration,
    share: Share,
    stop: ServeStop,
}

/// What the workers have in common.
#[derive(Clone)]
enum Share {
    /// The address; each listens there.
    Port,
    /// The one listening socket.
    Socket(Arc<OpenConnections>),
}

struct Worker<C, Fut> {
    service: Service<C, Fut>,
    setup: WorkerSetup,
    place: Place,
    gate: Arc<Gate>,
    window: usize,
}

type Outcome = Result<(Tally, Worked), Error>;

impl<C, Fut> Worker<C, Fut>
where
    C: 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    fn run(self) -> Outcome {
        let ready = self.get_ready();
        let arrival = if ready.is_ok() { Arrival::Ready } else { Arrival::Unable };
        let verdict = self.gate.arrive(arrival);
        let (executor, site) = ready?;
        if verdict == Verdict::Abandon {
            return Ok(Default::default());
        }
        work(&executor, site, &self.service, self.window)
    }

    /// Opens the driver, and listens.
    fn get_ready(&self) -> Result<(OwnedExecutor, Site), Error> {
        let Place { address, backlog, drain, share, stop } = &self.place;
        let executor = self.setup.open_interruptible(Interruption::default())?;
        let site = match share {
            Share::Socket(open) => Site::shared(open, stop),
            Share::Port => {
                let listener = listen(&executor, *address, *backlog, BindShare::WithOthers)?;
                Site::open(&executor, listener, stop, *drain)?
            }
        };
        Ok((executor, site))
    }
}
