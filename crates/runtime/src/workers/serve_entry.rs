//! Where a worker process of a server begins.

#![expect(unsafe_code, reason = "the handler is found again by its place in the executable")]

use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use super::channel::{decode, encode, send};
use super::entry::ServeFn;
use super::function::FunctionPlace;
use super::message::{FromWorker, Introduction};
use super::{Travel, WorkerSetup};
use crate::serve::{Service, Terms, worker};
use crate::{Error, HandlerFn};

/// Introduces a worker to a server's handler and context, and to its `terms`.
pub(crate) fn introduce<C, Fut>(
    setup: &WorkerSetup,
    service: &Service<C, Fut>,
    terms: &Terms,
) -> Result<Introduction, Error>
where
    C: Travel,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let serve = FunctionPlace::of(serve::<C, Fut> as ServeFn as usize);
    let handler = FunctionPlace::of(service.handler as usize);
    let (serve, handler) = serve.zip(handler).ok_or(Error::ForeignFunction)?;
    let context = encode(&(terms, &*service.context));
    let context = context.map_err(|error| Error::Protocol(error.to_string()))?;
    Ok(Introduction::new(setup, serve, handler, types::<C, Fut>(), context))
}

/// The types that travel, by name.
fn types<C, Fut>() -> String {
    std::any::type_name::<(C, Fut)>().into()
}

/// Serves connections for the parent until it says that it is over.
fn serve<C, Fut>(channel: UnixStream, introduction: Introduction) -> io::Result<()>
where
    C: Travel,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let refuse = |why: String| send(&channel, &FromWorker::<()>::Refused(why));
    if introduction.types != types::<C, Fut>() {
        return refuse(format!("it serves {}", types::<C, Fut>()));
    }
    // SAFETY: the parent made the place from a handler of the types whose names were compared
    // above, in this executable.
    let handler = unsafe { introduction.flow.resolve::<HandlerFn<C, Fut>>() };
    let (Some(handler), Some(setup)) = (handler, introduction.worker_setup()) else {
        return refuse("the handler or the driver is not in this executable".into());
    };
    let (terms, context): (Terms, C) = decode(&introduction.context)?;
    let service = Service { context: Arc::new(context), handler };
    worker::run(channel, &setup, &service, &terms, introduction.window)
}
