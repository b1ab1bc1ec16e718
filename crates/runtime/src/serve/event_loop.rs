//! A worker whose driver overlaps: one loop accepts, and each connection is a task beside it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use whywait_driver::Handle;

use super::StopNotice;
use super::accept::accept;
use super::backoff::{Backoff, Next};
use super::service::Service;
use super::stop::StopSignal;
use super::tally::{Failure, Tally};
use crate::executor::Executor;
use crate::net::{AcceptMany, TcpStream};
use crate::{Error, time};

/// More connections than a process can have descriptors. A lower bound is one on descriptors too, so
/// that none may be accepted past it, as an operation does that accepts many.
const NO_BOUND: usize = i32::MAX as usize;

/// Accepts from `listener` until the stop, up to `window` connections at once, and serves them;
/// those that are still in progress `drain` later are left to whoever drops the executor.
pub(super) fn run<C, Fut>(
    executor: &Rc<Executor>,
    listener: Handle,
    service: &Service<C, Fut>,
    stop: &StopSignal,
    window: usize,
    drain: Duration,
) -> Result<Tally, Error>
where
    C: 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let crowd = Rc::new(Crowd::default());
    let notice = Arc::new(StopNotice::default());
    *executor.stopping.borrow_mut() = Some(Arc::clone(&notice));
    executor.block_on(async {
        let failure = {
            let accepting = pin!(accept_all(executor, listener, service, &crowd, window));
            match select(accepting, pin!(stop.asked())).await {
                Either::Left((failure, _)) => Some(failure),
                Either::Right(((), _)) => None,
            }
        };
        // The listener is gone: from here on whoever connects is refused.
        notice.give();
        let emptied = pin!(crowd.fewer_than(1));
        select(emptied, pin!(time::sleep(drain))).await;
        failure.map_or(Ok(()), |error| Err(Error::Accept(error)))
    })??;
    Ok(crowd.tally.take())
}

/// Accepts until there is a reason to give up, which it returns.
async fn accept_all<C, Fut>(
    executor: &Executor,
    listener: Handle,
    service: &Service<C, Fut>,
    crowd: &Rc<Crowd>,
    window: usize,
) -> io::Error
where
    C: 'static,
    Fut: Future<Output = io::Result<()>> + 'static,
{
    let mut backoff = Backoff::default();
    let mut arrivals = AcceptMany::new(&listener);
    loop {
        crowd.fewer_than(window).await;
        let arrived = if window < NO_BOUND {
            accept(&listener).await.map(TcpStream::new)
        } else {
            arrivals.next().await
        };
        match arrived {
            Ok(connection) => {
                backoff.reset();
                let entered = Crowd::enter(crowd);
                let served = service.serve(connection).map(|outcome| entered.leave(outcome));
                executor.spawn_detached(served, Location::caller());
            }
            Err(error) => match backoff.after(error) {
                Next::Again => {}
                Next::Pause(pause) => {
                    crowd.tally.borrow_mut().pauses += 1;
                    time::sleep(pause).await;
                }
                Next::GiveUp(error) => return error,
            },
        }
    }
}

/// The connections in progress on one worker.
#[derive(Default)]
struct Crowd {
    present: Cell<usize>,
    tally: RefCell<Tally>,
    /// The one who waits for the crowd to get smaller.
    waiting: Cell<Option<Waker>>,
}

/// One connection in progress.
struct Entered(Rc<Crowd>);

impl Crowd {
    fn enter(crowd: &Rc<Self>) -> Entered {
        crowd.present.set(crowd.present.get() + 1);
        crowd.tally.borrow_mut().connections += 1;
        Entered(Rc::clone(crowd))
    }

    /// Waits until there are fewer connections than `most`.
    fn fewer_than(&self, most: usize) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            if self.present.get() < most {
                return Poll::Ready(());
            }
            self.waiting.set(Some(context.waker().clone()));
            Poll::Pending
        })
    }
}

impl Entered {
    fn leave(self, outcome: Result<(), Failure>) {
        let Self(crowd) = self;
        crowd.tally.borrow_mut().note(outcome);
        crowd.present.set(crowd.present.get() - 1);
        if let Some(waker) = crowd.waiting.take() {
            waker.wake();
        }
    }
}
