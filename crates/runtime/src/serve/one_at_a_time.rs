//! A worker whose driver does not overlap: it accepts a connection, serves it to its end, and
//! accepts the next one.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::ServeStop;
use super::accept::accept;
use super::backoff::{Backoff, Next};
use super::open_connections::{OpenConnections, was_shut_down};
use super::service::Service;
use super::tally::Tally;
use crate::Error;
use crate::executor::{BlockOnError, Executor};

/// Serves until the stop, which the watch of `open` makes known to the calls that wait.
pub(super) fn run<C, Fut>(
    executor: &Rc<Executor>,
    service: &Service<C, Fut>,
    open: &Arc<OpenConnections>,
    stop: &ServeStop,
) -> Result<Tally, Error>
where
    Fut: Future<Output = io::Result<()>> + 'static,
{
    *executor.stopping.borrow_mut() = Some(open.notice());
    let mut tally = Tally::default();
    let mut backoff = Backoff::default();
    loop {
        let accepted = match executor.block_on(accept(open.listener())) {
            Err(BlockOnError::Interrupted) => return Ok(tally),
            accepted => accepted?,
        };
        match accepted {
            Ok(connection) => {
                backoff.reset();
                tally.connections += 1;
                let _admitted = open.admit(&connection, executor.interruption());
                tally.note(service.serve_alone(executor, connection)?);
                if tally.refusal.is_some() {
                    open.end(Duration::ZERO);
                }
            }
            Err(error) if was_shut_down(&error) => return Ok(tally),
            Err(error) => match backoff.after(error) {
                Next::Again => {}
                Next::Pause(pause) => {
                    tally.pauses += 1;
                    stop.wait(Some(pause));
                }
                Next::GiveUp(error) => return Err(Error::Accept(error)),
            },
        }
    }
}
