//! A worker process's side of a server.

use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Arc, Weak};
use std::thread;

use rustix::net::{RecvFlags, recv};
use rustix::process::{Signal, set_parent_process_death_signal};
use whywait_driver::{BindShare, Handle, Interruption};

use super::accept::listen;
use super::site::{Site, work};
use super::tally::{Failure, Tally};
use super::terms::{Role, Terms};
use super::{ServeStop, Service, StopNotice};
use crate::Error;
use crate::executor::OwnedExecutor;
use crate::measure::Cost;
use crate::workers::channel::{receive, receive_descriptor, send};
use crate::workers::message::{FromWorker, ToWorker, UsageFrom};
use crate::workers::meter::{Meter, Worked};
use crate::workers::window::UsageWindow;
use crate::workers::{ORPHANED, WorkerSetup, panic_text};

/// Does what `terms` say, and tells the parent what came of it.
pub(crate) fn run<C, Fut>(
    channel: UnixStream,
    setup: &WorkerSetup,
    service: &Service<C, Fut>,
    terms: &Terms,
    window: usize,
) -> io::Result<()>
where
    C: 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    if terms.role == Role::Attend {
        return attend(&channel, setup, service);
    }
    let stop = ServeStop::new()?;
    let (executor, site) = match get_ready(&channel, setup, terms, &stop) {
        Ok(ready) => ready,
        Err(error) => return send(&channel, &FromWorker::<()>::Refused(error.to_string())),
    };
    relay(channel.try_clone()?, stop)?;
    send(&channel, &FromWorker::<()>::Ready)?;
    let usage = UsageWindow::open();
    let serve = || work(&executor, site, service, window);
    let last = match catch_unwind(AssertUnwindSafe(serve)) {
        Ok(Ok((tally, worked))) => return report(&channel, tally, usage, worked),
        Ok(Err(error)) => FromWorker::<()>::Failed(error.to_string()),
        Err(payload) => FromWorker::Panicked(panic_text(&*payload)),
    };
    send(&channel, &last)
}

/// Opens the driver, and listens.
fn get_ready(
    channel: &UnixStream,
    setup: &WorkerSetup,
    terms: &Terms,
    stop: &ServeStop,
) -> Result<(OwnedExecutor, Site), Error> {
    let executor = setup.open_interruptible(Interruption::default())?;
    let listener = if terms.role == Role::Share {
        let given = receive_descriptor(channel);
        given.map_err(|source| Error::Listen { address: terms.address, source })?.into()
    } else {
        listen(&executor, terms.address, terms.backlog, BindShare::WithOthers)?
    };
    let site = Site::open(&executor, listener, stop, terms.drain)?;
    Ok((executor, site))
}

/// Starts a thread that passes the parent's word on, and sees the parent's end, however busy the
/// worker is: no worker outlives its parent.
fn relay(channel: UnixStream, stop: ServeStop) -> io::Result<()> {
    let listen = move || {
        while let Ok(Some(ToWorker::<()>::Finish | ToWorker::Jobs(_))) = receive(&channel) {
            stop.stop();
        }
        process::exit(ORPHANED);
    };
    thread::Builder::new().name("inbox".into()).spawn(listen).map(drop)
}

/// Serves the one connection that the parent gives.
fn attend<C, Fut>(
    channel: &UnixStream,
    setup: &WorkerSetup,
    service: &Service<C, Fut>,
) -> io::Result<()>
where
    Fut: Future<Output = io::Result<()>> + 'static,
{
    // The thread that started this process serves until its own end.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let connection: Handle = receive_descriptor(channel)?.into();
    // The parent sends no more, so that only the end can be there: it came before the call above.
    if matches!(recv(channel, &mut [0], RecvFlags::PEEK | RecvFlags::DONTWAIT), Ok((0, _))) {
        process::exit(ORPHANED);
    }
    // All that the process does is for this connection, its start too.
    let usage = UsageWindow::open_from(UsageFrom::Start);
    let mut tally = Tally::default();
    let worked = match setup.open() {
        Ok(executor) => {
            *executor.stopping.borrow_mut() = Some(notice_from(channel)?);
            let meter = Meter::start(&executor);
            let served = service.serve_alone(&executor, connection);
            tally.note(served.map_err(io::Error::other)?);
            meter.stop(&executor, |began, ended| Some((began, ended)))
        }
        Err(refusal) => {
            tally.note(Err(Failure::NoWorker(refusal.to_string())));
            Worked::default()
        }
    };
    report(channel, tally, usage, worked)
}

/// A notice of the stop that the parent sends. Only a handler that waits for it has a thread
/// started to listen.
fn notice_from(channel: &UnixStream) -> io::Result<Arc<StopNotice>> {
    let channel = channel.try_clone()?;
    Ok(Arc::new_cyclic(|notice: &Weak<StopNotice>| {
        let notice = Weak::clone(notice);
        StopNotice::from_source(move || {
            let listen = move || {
                if let Ok(Some(ToWorker::<()>::Finish)) = receive(&channel)
                    && let Some(notice) = notice.upgrade()
                {
                    notice.give();
                }
            };
            // Without a thread the handler hears of nothing, and is dropped after the drain.
            let _ = thread::Builder::new().name("inbox".into()).spawn(listen);
        })
    }))
}

fn report(
    channel: &UnixStream,
    tally: Tally,
    usage: UsageWindow,
    worked: Worked,
) -> io::Result<()> {
    let Worked { mut cost, used } = worked;
    usage.close(&mut cost, used);
    send(channel, &FromWorker::Results(vec![(0, tally)]))?;
    send(channel, &FromWorker::<Tally>::Finished(Box::<Cost>::new(cost)))
}
