//! Connections in progress that are served by blocked threads.
//!
//! A thread that waits inside a call for its peer cannot be told anything. So a thread of its own
//! waits for the stop, and then shuts the sockets down under the others: a shut-down listener
//! accepts no more. When the time to drain is over, a connection is shut down too, and its worker
//! is interrupted whatever it waits for.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};
use whywait_driver::{Handle, Interruption, Witness};

use super::stop::wait_for_any;
use super::{ServeStop, StopNotice};
use crate::Error;

/// Time until what is still in progress when its time is over is ended once more.
const CUT_AGAIN: Duration = Duration::from_millis(20);

/// The connections in progress, and the listening socket that they came from.
pub(super) struct OpenConnections {
    listener: Handle,
    /// Tells the handlers of the stop.
    notice: Arc<StopNotice>,
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    /// By the handle's id.
    open: HashMap<u64, Open>,
    most: usize,
    /// The time of those in progress is over.
    cut: bool,
}

/// How to end a connection in progress.
struct Open {
    /// Not a handle: the handler decides when its connection closes.
    connection: Witness,
    worker: Interruption,
}

impl Open {
    fn end(&self) {
        if let Some(connection) = self.connection.handle() {
            shut(&connection);
        }
        self.worker.interrupt();
    }
}

/// A connection in progress, until this is dropped.
pub(super) struct Admitted {
    home: Arc<OpenConnections>,
    id: u64,
}

impl OpenConnections {
    pub(super) fn of(listener: Handle) -> Arc<Self> {
        Arc::new(Self {
            listener,
            notice: Arc::default(),
            state: Mutex::default(),
            left: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The socket that they come from.
    pub(super) fn listener(&self) -> &Handle {
        &self.listener
    }

    /// Tells of the stop; for the executors of the workers.
    pub(super) fn notice(&self) -> Arc<StopNotice> {
        Arc::clone(&self.notice)
    }

    /// Notes a connection that begins, and by what its worker can be interrupted.
    pub(super) fn admit(self: &Arc<Self>, connection: &Handle, worker: &Interruption) -> Admitted {
        let id = connection.id();
        let mut state = self.lock();
        let open = Open { connection: connection.witness(), worker: worker.clone() };
        if state.cut {
            open.end();
        }
        state.open.insert(id, open);
        state.most = state.most.max(state.open.len());
        Admitted { home: Arc::clone(self), id }
    }

    /// Waits for a connection to end, if there are not fewer than `most`.
    pub(super) fn wait_for_room(&self, most: usize) {
        drop(self.left.wait_while(self.lock(), |state| state.open.len() >= most));
    }

    /// Waits for all connections to end; says how many there were at most at one time.
    pub(super) fn wait_for_all(&self) -> usize {
        let waited = self.left.wait_while(self.lock(), |state| !state.open.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).most
    }

    /// Starts the thread that waits for the stop.
    pub(super) fn watch(
        self: &Arc<Self>,
        stop: &ServeStop,
        drain: Duration,
    ) -> Result<Watch, Error> {
        let worker = "the thread that waits for the stop";
        let failed = |source| Error::WorkerStart { worker, started: 0, source };
        let over = ServeStop::new().map_err(failed)?;
        let (home, stop, ended) = (Arc::clone(self), stop.clone(), over.clone());
        let thread = thread::Builder::new().name("stop".into()).spawn(move || {
            while !wait_for_any(&[&stop, &ended], None) {}
            if ended.is_stopped() {
                return;
            }
            home.end(drain);
            // A worker that was just about to connect is in the call only now.
            while !ended.wait(Some(CUT_AGAIN)) {
                home.lock().open.values().for_each(Open::end);
            }
        });
        let thread = thread.map_err(failed)?;
        Ok(Watch { over, thread: Some(thread) })
    }

    /// Accepts no more, and drops what is in progress after `drain`.
    pub(super) fn end(&self, drain: Duration) {
        shut(&self.listener);
        self.notice.give();
        let deadline = Instant::now().checked_add(drain);
        let mut state = self.lock();
        while !state.open.is_empty() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let waited = self.left.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.left.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        state.cut = true;
        state.open.values().for_each(Open::end);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.home.lock().open.remove(&self.id);
        self.home.left.notify_all();
    }
}

/// The thread that waits for the stop; dropping this ends it.
pub(super) struct Watch {
    over: ServeStop,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.stop();
        // It panics nowhere, and if it did the server would have ended all the same.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Whether an accept ended because its listening socket was shut down: nothing else makes a socket
/// that listens one that does not.
pub(super) fn was_shut_down(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::INVAL)
}

/// Ends both directions, for whoever waits in a call on the socket too.
fn shut(handle: &Handle) {
    // The other side may have been faster.
    let _ = shutdown(handle, Shutdown::Both);
}
