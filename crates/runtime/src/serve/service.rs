//! What is done with a connection.

use std::any::Any;
use std::future::{Future, Ready, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::Either;
use whywait_driver::Handle;

use super::tally::Failure;
use crate::executor::{BlockOnError, Executor};
use crate::net::TcpStream;
use crate::workers::panic_text;
use crate::{Error, HandlerFn};

/// The handler and what all its connections share.
pub(crate) struct Service<C, Fut> {
    pub(crate) context: Arc<C>,
    pub(crate) handler: HandlerFn<C, Fut>,
}

impl<C, Fut> Clone for Service<C, Fut> {
    fn clone(&self) -> Self {
        Self { context: Arc::clone(&self.context), handler: self.handler }
    }
}

impl<C, Fut> Service<C, Fut>
where
    Fut: Future<Output = io::Result<()>> + 'static,
{
    /// Serves a connection to its end. A panic of the handler is that connection's failure.
    pub(super) fn serve(
        &self,
        connection: TcpStream,
    ) -> impl Future<Output = Result<(), Failure>> + use<C, Fut> {
        let context = Arc::clone(&self.context);
        let make = || (self.handler)(context, connection);
        // Made here and not inside of another future, which would keep room for what it was made
        // of as long as the connection lives.
        match catch_unwind(AssertUnwindSafe(make)) {
            Ok(handling) => {
                let handling = AssertUnwindSafe(handling).catch_unwind();
                Either::Left(handling.map(|outcome| match outcome {
                    Ok(served) => served.map_err(Failure::Handler),
                    Err(payload) => Err(panicked(&*payload)),
                }))
            }
            Err(payload) => Either::Right(failed(panicked(&*payload))),
        }
    }

    /// Serves a connection on the calling thread, which does nothing else meanwhile. A handler
    /// that nothing can wake is that connection's failure; one that is interrupted is dropped, as
    /// under a model with event loops.
    ///
    /// A handler that fails after it was refused a task, however it says so, or that receives from
    /// its connection and from elsewhere at once, fails for want of concurrency.
    pub(super) fn serve_alone(
        &self,
        executor: &Rc<Executor>,
        connection: Handle,
    ) -> Result<Result<(), Failure>, Error> {
        executor.refusal.set(None);
        executor.serving.set(Some(connection.id()));
        let served = executor.block_on(self.serve(TcpStream::new(connection)));
        executor.serving.set(None);
        match served {
            Ok(Ok(())) | Err(BlockOnError::Interrupted) => Ok(Ok(())),
            Ok(Err(failure)) => Ok(Err(match executor.refusal.get() {
                Some(refusal) => Failure::NoConcurrency(refusal),
                None => failure,
            })),
            Err(BlockOnError::Deadlock(deadlock)) => Ok(Err(Failure::Deadlock(deadlock))),
            Err(BlockOnError::NoConcurrency(refusal)) => Ok(Err(Failure::NoConcurrency(refusal))),
            Err(error) => Err(error.into()),
        }
    }
}

fn failed(failure: Failure) -> Ready<Result<(), Failure>> {
    ready(Err(failure))
}

fn panicked(payload: &(dyn Any + Send)) -> Failure {
    Failure::Panic(panic_text(payload))
}
