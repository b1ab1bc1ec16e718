//! A worker process's side of the channel.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Instant;

use super::Travel;
use super::channel::{receive, send};
use super::due_flow::DueFlow;
use super::lanes::Desk;
use super::message::{FromWorker, RESULTS_KEPT, ToWorker};
use crate::executor::{ExternalWake, expect_external_wake};
use crate::measure::ThreadMark;

/// Results that are sent together, if they come fast enough.
const RESULTS_PER_MESSAGE: usize = 256;

/// The exit code of a worker whose parent is gone.
pub(crate) const ORPHANED: i32 = 3;

/// Jobs that have arrived, filled by a thread of its own. That thread also sees the parent's
/// end, however busy the worker is, and ends the process: no worker outlives its parent.
pub(super) struct Inbox<J>(Mutex<State<J>>);

struct State<J> {
    jobs: VecDeque<DueFlow<J>>,
    waiting: VecDeque<Waker>,
    closed: bool,
}

impl<J: Travel> Inbox<J> {
    pub(super) fn open(channel: UnixStream) -> io::Result<Arc<Self>> {
        let state = State { jobs: VecDeque::new(), waiting: VecDeque::new(), closed: false };
        let inbox = Arc::new(Self(Mutex::new(state)));
        let filled = Arc::clone(&inbox);
        thread::Builder::new().name("inbox".into()).spawn(move || filled.fill(&channel))?;
        Ok(inbox)
    }

    fn fill(&self, channel: &UnixStream) {
        loop {
            let Ok(Some(message)) = receive(channel) else { process::exit(ORPHANED) };
            let mut state = self.lock();
            match message {
                ToWorker::Jobs(jobs) => state.jobs.extend(jobs),
                ToWorker::Finish => state.closed = true,
            }
            let wanted = if state.closed { usize::MAX } else { state.jobs.len() };
            let woken = wanted.min(state.waiting.len());
            let woken: Vec<_> = state.waiting.drain(..woken).collect();
            drop(state);
            woken.into_iter().for_each(Waker::wake);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes jobs from the inbox and sends results to the parent, several at a time.
pub(super) struct WorkerDesk<J, R> {
    inbox: Arc<Inbox<J>>,
    channel: UnixStream,
    results: RefCell<Vec<(u32, R)>>,
    sent: Cell<Instant>,
    /// Flows whose jobs were taken and whose results have not been put.
    in_progress: Cell<usize>,
    /// There while no flow is in progress: only then is there nothing to wait for but the
    /// parent. A flow that nothing can wake is in a deadlock, whatever jobs may still come.
    parent_awaited: RefCell<Option<ExternalWake>>,
    /// From the first job to the last result, as far as it is known: what a thread has used is not
    /// asked with every flow, but when there is no more to do.
    worked: Cell<Option<(ThreadMark, ThreadMark)>>,
}

impl<J: Travel, R: Travel> WorkerDesk<J, R> {
    pub(super) fn new(inbox: Arc<Inbox<J>>, channel: UnixStream) -> Self {
        Self {
            inbox,
            channel,
            results: RefCell::default(),
            sent: Cell::new(Instant::now()),
            in_progress: Cell::new(0),
            parent_awaited: RefCell::default(),
            worked: Cell::new(None),
        }
    }

    fn begin_flow(&self) {
        self.in_progress.set(self.in_progress.get() + 1);
        self.parent_awaited.take();
        if self.worked.get().is_none() {
            let now = ThreadMark::of_beginning();
            self.worked.set(Some((now, now)));
        }
    }

    fn end_flow(&self) {
        self.in_progress.set(self.in_progress.get() - 1);
        if self.in_progress.get() == 0 && self.inbox.lock().jobs.is_empty() {
            self.worked.set(self.worked.get().map(|(first, _)| (first, ThreadMark::of_end())));
        }
    }

    fn await_parent(&self) {
        if self.in_progress.get() == 0 {
            self.parent_awaited.borrow_mut().get_or_insert_with(expect_external_wake);
        }
    }

    /// Sends the results that are kept.
    pub(super) fn flush(&self) -> io::Result<()> {
        self.sent.set(Instant::now());
        let results = self.results.take();
        if results.is_empty() { Ok(()) } else { send(&self.channel, &FromWorker::Results(results)) }
    }

    fn flush_or_exit(&self) {
        if self.flush().is_err() {
            process::exit(ORPHANED);
        }
    }
}

impl<J: Travel, R: Travel> Desk<J, R> for WorkerDesk<J, R> {
    fn next(&self) -> impl Future<Output = Option<DueFlow<J>>> {
        poll_fn(move |context| {
            let mut state = self.inbox.lock();
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                self.begin_flow();
                return Poll::Ready(Some(job));
            }
            if state.closed {
                return Poll::Ready(None);
            }
            state.waiting.push_back(context.waker().clone());
            drop(state);
            self.flush_or_exit();
            self.await_parent();
            Poll::Pending
        })
    }

    fn put(&self, flow: u32, result: R) {
        self.end_flow();
        self.results.borrow_mut().push((flow, result));
        let full = self.results.borrow().len() >= RESULTS_PER_MESSAGE;
        if full || self.sent.get().elapsed() >= RESULTS_KEPT {
            self.flush_or_exit();
        }
    }

    /// Before the first job and after the last result the parent is busy with other workers.
    fn working(&self, _: ThreadMark, _: ThreadMark) -> Option<(ThreadMark, ThreadMark)> {
        self.worked.get()
    }
}
