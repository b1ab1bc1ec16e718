//! Serving connections under a model.
//!
//! One function serves under every model; what differs is who accepts and who runs the handler.
//! Left out on purpose: protocols (the handler's), TLS, and handing a connection from one worker
//! to another: a connection stays where it was accepted.

mod accept;
mod backoff;
mod control;
mod event_loop;
mod one;
mod one_at_a_time;
mod open_connections;
mod process_per_connection;
mod processes;
mod served;
mod service;
mod site;
mod stop;
mod stop_notice;
mod tally;
mod terms;
mod thread_per_connection;
mod threads;
pub(crate) mod worker;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;

pub use control::ServeControl;
pub use served::Served;
pub(crate) use service::Service;
use site::{Site, work};
pub use stop::ServeStop;
pub(crate) use stop_notice::StopNotice;
pub use stop_notice::{Stopping, stopping};
pub(crate) use terms::Terms;

use crate::executor::Executor;
use crate::net::TcpStream;
use crate::workers::{Travel, WorkerSetup};
use crate::{Error, Model, NoConcurrency, WorkersKind};

/// The function that makes the future which serves a connection, on the worker that runs it.
pub type HandlerFn<C, Fut> = fn(Arc<C>, TcpStream) -> Fut;

/// What to serve, and how.
pub(crate) struct Server<'a, C, Fut> {
    pub(crate) address: SocketAddr,
    pub(crate) service: Service<C, Fut>,
    pub(crate) setup: WorkerSetup,
    pub(crate) control: ServeControl<'a>,
}

/// Serves by the workers of `model`; `executor` is the calling thread's, by the model's driver.
pub(crate) fn run<C, Fut>(
    model: Model,
    executor: &Rc<Executor>,
    server: Server<'_, C, Fut>,
) -> Result<Served, Error>
where
    C: Travel,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    match model.row().workers {
        WorkersKind::Processes => {
            check_concurrency(&server)?;
            processes::run(executor, server, workers(model))
        }
        WorkersKind::ProcessPerFlow => {
            check_concurrency(&server)?;
            process_per_connection::run(executor, server)
        }
        _ => run_local(model, executor, server),
    }
}

/// As [`run`], in this process alone: the context need not travel.
pub(crate) fn run_local<C, Fut>(
    model: Model,
    executor: &Rc<Executor>,
    server: Server<'_, C, Fut>,
) -> Result<Served, Error>
where
    C: Send + Sync + 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    check_concurrency(&server)?;
    match model.row().workers {
        WorkersKind::One => one::run(server),
        WorkersKind::ThreadPerFlow => thread_per_connection::run(executor, server),
        WorkersKind::Threads => threads::run(executor, server, workers(model)),
        WorkersKind::Processes | WorkersKind::ProcessPerFlow => {
            Err(Error::ContextCannotTravel { model })
        }
        WorkersKind::Chosen => unreachable!("a runtime resolves `auto` when it is made"),
    }
}

fn workers(model: Model) -> usize {
    model.workers().map_or(1, NonZeroUsize::get)
}

/// Refuses a model under which the handler would wait for ever.
fn check_concurrency<C, Fut>(server: &Server<'_, C, Fut>) -> Result<(), Error> {
    if server.control.needs_concurrency && !server.setup.driver.overlaps {
        return Err(Error::NoConcurrency(NoConcurrency { capacity: 1 }));
    }
    Ok(())
}
