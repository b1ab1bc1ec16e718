//! How a handler hears that its server stops.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::executor::{Executor, Places};

/// Tells the handlers of one worker that the server stops.
#[derive(Default)]
pub(crate) struct StopNotice {
    state: Mutex<State>,
    /// What has to be started for the notice to come; taken by the first who waits.
    source: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

#[derive(Default)]
struct State {
    is_given: bool,
    waiting: Places<Option<Waker>>,
}

impl StopNotice {
    /// A notice for which `source` has to be started once somebody waits for it.
    pub(super) fn from_source(source: impl FnOnce() + Send + 'static) -> Self {
        Self { state: Mutex::default(), source: Mutex::new(Some(Box::new(source))) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait, and lets nobody wait any more.
    pub(super) fn give(&self) {
        let woken: Vec<Waker> = {
            let mut state = self.lock();
            state.is_given = true;
            state.waiting.iter_mut().filter_map(Option::take).collect()
        };
        woken.into_iter().for_each(Waker::wake);
    }

    fn start_source(&self) {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(start) = source {
            start();
        }
    }
}

/// Waits until the server stops whose handler runs here; for ever where there is none.
///
/// A handler that keeps its connection open for long, such as a chat, ends it when this is done
/// instead of being dropped at the end of [`ServeControl::drain`](crate::ServeControl::drain):
///
/// ```
/// use std::{io, sync::Arc};
/// use futures_util::{FutureExt, select};
/// use whywait::{net::TcpStream, stopping};
///
/// async fn echo(_: Arc<()>, stream: TcpStream) -> io::Result<()> {
///     loop {
///         let received = select! {
///             received = Box::pin(stream.recv_pooled()).fuse() => received?,
///             () = stopping().fuse() => return stream.send_all("bye").await,
///         };
///         if received.is_empty() {
///             return Ok(());
///         }
///         stream.send_all(received).await?;
///     }
/// }
/// # let _: whywait::HandlerFn<(), _> = echo;
/// ```
///
/// Under a model that does not overlap, an operation that is carried out comes to its end first.
pub fn stopping() -> Stopping {
    Stopping(None)
}

/// The future of [`stopping`].
#[must_use = "it waits only when it is awaited"]
pub struct Stopping(Option<(Arc<StopNotice>, u32)>);

impl std::fmt::Debug for Stopping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stopping").finish_non_exhaustive()
    }
}

impl Future for Stopping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some((notice, place)) = &self.0 {
            let mut state = notice.lock();
            if state.is_given {
                return Poll::Ready(());
            }
            state.waiting[*place] = Some(context.waker().clone());
            return Poll::Pending;
        }
        let Some(notice) = Executor::current().stopping.borrow().clone() else {
            return Poll::Pending;
        };
        let mut state = notice.lock();
        if state.is_given {
            return Poll::Ready(());
        }
        let place = state.waiting.put(Some(context.waker().clone()));
        drop(state);
        notice.start_source();
        self.0 = Some((notice, place));
        Poll::Pending
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        if let Some((notice, place)) = self.0.take() {
            let mut state = notice.lock();
            let waker = state.waiting[place].take();
            state.waiting.free(place);
            drop(state);
            drop(waker);
        }
    }
}
