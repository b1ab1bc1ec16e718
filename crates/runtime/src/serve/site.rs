//! Where one worker serves, and how: as its driver allows.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use whywait_driver::Handle;

use super::open_connections::{OpenConnections, Watch};
use super::service::Service;
use super::stop::StopSignal;
use super::tally::Tally;
use super::{ServeStop, event_loop, one_at_a_time};
use crate::Error;
use crate::executor::{Executor, OwnedExecutor};
use crate::workers::meter::{Meter, Worked};

/// A listening socket, and how the worker there hears of the stop.
pub(super) enum Site {
    /// The worker waits for both at once.
    Loop { listener: Handle, stop: StopSignal, drain: Duration },
    /// The worker waits for nothing but the connection in hand. The watch, where it is this
    /// worker's own, tells it by ending that.
    Alone { open: Arc<OpenConnections>, stop: ServeStop, watch: Option<Watch> },
}

impl Site {
    /// The site of a worker that is the only one, or has a listener of its own.
    pub(super) fn open(
        executor: &Rc<Executor>,
        listener: Handle,
        stop: &ServeStop,
        drain: Duration,
    ) -> Result<Self, Error> {
        if executor.limits().overlap {
            let failed = |source| Error::WorkerStart { worker: "a worker", started: 0, source };
            let stop = stop.signal(&listener).map_err(failed)?;
            return Ok(Self::Loop { listener, stop, drain });
        }
        let open = OpenConnections::of(listener);
        let watch = open.watch(stop, drain)?;
        Ok(Self::Alone { open, stop: stop.clone(), watch: Some(watch) })
    }

    /// The site of a worker that serves one connection at a time, of those that it shares with
    /// others; somebody else watches.
    pub(super) fn shared(open: &Arc<OpenConnections>, stop: &ServeStop) -> Self {
        Self::Alone { open: Arc::clone(open), stop: stop.clone(), watch: None }
    }
}

/// Serves at `site` until the stop, up to `window` connections at once. Connections that are still
/// in progress then go with the executor.
pub(super) fn work<C, Fut>(
    executor: &OwnedExecutor,
    site: Site,
    service: &Service<C, Fut>,
    window: usize,
) -> Result<(Tally, Worked), Error>
where
    C: 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let meter = Meter::start(executor);
    let tally = match site {
        Site::Loop { listener, stop, drain } => {
            event_loop::run(executor, listener, service, &stop, window, drain)
        }
        Site::Alone { open, stop, watch: _watch } => {
            one_at_a_time::run(executor, service, &open, &stop)
        }
    }?;
    Ok((tally, meter.stop(executor, |began, ended| Some((began, ended)))))
}
