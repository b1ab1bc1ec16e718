//! Tasks: futures that a worker runs beside each other, and how they are woken.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use pin_project_lite::pin_project;
use whywait_driver::Notifier;

use super::join_error::{JoinError, Panicked};
use super::{CURRENT, Deadlock};

/// The tasks of one worker.
#[derive(Default)]
pub(super) struct Tasks {
    slots: RefCell<Vec<Slot>>,
    free: RefCell<Vec<u32>>,
}

pub(super) type LocalFuture = Pin<Box<dyn Future<Output = ()>>>;

enum Slot {
    Free,
    /// Being polled: the future is out of its slot. Inside a `block_on` of its own it may be
    /// woken and met among the runnable ones meanwhile; then it is polled `again` afterwards.
    Running {
        again: bool,
    },
    Waiting(Task),
}

struct Task {
    future: LocalFuture,
    wake: Arc<TaskWaker>,
    /// The same as a waker: polling takes no reference.
    waker: Waker,
    place: &'static Location<'static>,
}

impl Tasks {
    /// Puts a future among the tasks; the caller makes it runnable.
    pub(super) fn insert<F>(
        &self,
        future: F,
        place: &'static Location<'static>,
        wakes: &Arc<Wakes>,
    ) -> (u32, JoinHandle<F::Output>)
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let join = Rc::new(TaskOutput::default());
        let future = Box::pin(Joined { future, join: Rc::clone(&join) });
        let (index, task) = self.insert_detached(future, place, wakes);
        (index, JoinHandle { join, task })
    }

    /// Puts a future among the tasks that nobody waits for.
    pub(super) fn insert_detached(
        &self,
        future: LocalFuture,
        place: &'static Location<'static>,
        wakes: &Arc<Wakes>,
    ) -> (u32, Arc<TaskWaker>) {
        let index = self.free.borrow_mut().pop().unwrap_or_else(|| {
            self.slots.borrow_mut().push(Slot::Free);
            (self.slots.borrow().len() - 1) as u32
        });
        let wake =
            Arc::new(TaskWaker { index, queued: AtomicBool::new(true), home: wakes.clone() });
        let waker = Waker::from(Arc::clone(&wake));
        let task = Task { future, wake: Arc::clone(&wake), waker, place };
        self.slots.borrow_mut()[index as usize] = Slot::Waiting(task);
        (index, wake)
    }

    /// Polls the task at `index`, if there is one, and forgets it when it is done. Says whether
    /// it is runnable still, for the caller to note.
    pub(super) fn poll(&self, index: u32, wakes: &Arc<Wakes>) -> bool {
        let mut task = match self.replace(index, Slot::Running { again: false }) {
            Slot::Waiting(task) => task,
            Slot::Running { .. } => {
                self.replace(index, Slot::Running { again: true });
                return false;
            }
            Slot::Free => {
                self.replace(index, Slot::Free);
                return false;
            }
        };
        debug_assert!(Arc::ptr_eq(&task.wake.home, wakes));
        // A swap, not a store: a waker on another thread that still finds `true` here has to be
        // one whose reason the poll below sees.
        task.wake.queued.swap(false, Ordering::AcqRel);
        if task.future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_pending() {
            return matches!(
                self.replace(index, Slot::Waiting(task)),
                Slot::Running { again: true }
            );
        }
        // A waker that outlives its task must not wake the next one in its slot.
        task.wake.queued.store(true, Ordering::Release);
        // The slot is free only after the drop, which may spawn.
        drop(task);
        self.replace(index, Slot::Free);
        self.free.borrow_mut().push(index);
        false
    }

    fn replace(&self, index: u32, slot: Slot) -> Slot {
        std::mem::replace(&mut self.slots.borrow_mut()[index as usize], slot)
    }

    /// Names every task that waits.
    pub(super) fn deadlock(&self) -> Deadlock {
        let slots = self.slots.borrow();
        let waiting = slots.iter().filter_map(|slot| match slot {
            Slot::Waiting(task) => Some(task.place),
            Slot::Free | Slot::Running { .. } => None,
        });
        Deadlock::new(waiting.collect())
    }

    /// Drops all tasks.
    pub(super) fn clear(&self) {
        let slots = self.slots.take();
        self.free.take();
        // A future's drop may look for tasks, which must not be borrowed then.
        drop(slots);
    }
}

pin_project! {
    /// Runs a future and leaves its output for whoever joins it.
    ///
    /// No `async fn`, which would hold the future twice: as its argument, and where it is pinned.
    struct Joined<F: Future> {
        #[pin]
        future: F,
        join: Rc<TaskOutput<F::Output>>,
    }
}

impl<F: Future> Future for Joined<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let outcome = if this.join.cancelled.get() {
            Err(JoinError::Cancelled)
        } else {
            // What unwinds is only dropped from here on.
            match catch_unwind(AssertUnwindSafe(|| this.future.poll(context))) {
                Ok(polled) => Ok(ready!(polled)),
                Err(payload) => Err(JoinError::Panicked(Panicked::new(payload))),
            }
        };
        this.join.outcome.set(Some(outcome));
        if let Some(waker) = this.join.waker.take() {
            waker.wake();
        }
        Poll::Ready(())
    }
}

/// Where a task leaves its output for its [`JoinHandle`]; both stay on the task's thread.
pub struct TaskOutput<T> {
    outcome: Cell<Option<Result<T, JoinError>>>,
    waker: Cell<Option<Waker>>,
    cancelled: Cell<bool>,
}

impl<T> fmt::Debug for TaskOutput<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskOutput").field("cancelled", &self.cancelled).finish_non_exhaustive()
    }
}

impl<T> Default for TaskOutput<T> {
    fn default() -> Self {
        Self { outcome: Cell::new(None), waker: Cell::new(None), cancelled: Cell::new(false) }
    }
}

/// Waits for a task's output. Dropping the handle lets the task go on.
pub struct JoinHandle<T> {
    join: Rc<TaskOutput<T>>,
    task: Arc<TaskWaker>,
}

impl<T> JoinHandle<T> {
    /// Ends the task at the point where it waits: its future is dropped, and with it its
    /// operations are cancelled. The handle then gives [`JoinError::Cancelled`], unless the task
    /// was done first.
    pub fn cancel(&self) {
        self.join.cancelled.set(true);
        self.task.wake_by_ref();
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut handle = f.debug_struct("JoinHandle");
        handle.field("task", &self.task.index).finish_non_exhaustive()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.join.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                self.join.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }
}

/// Where the wakers of one worker meet.
pub(super) struct Wakes {
    notifier: Notifier,
    remote: Mutex<VecDeque<u32>>,
    has_remote: AtomicBool,
}

impl Wakes {
    pub(super) fn new(notifier: Notifier) -> Self {
        Self { notifier, remote: Mutex::default(), has_remote: AtomicBool::new(false) }
    }

    /// A waker for the future that `block_on` runs, and the flag that it sets.
    pub(super) fn main_waker(self: &Arc<Self>) -> (MainFlag, Waker) {
        let queued = AtomicBool::new(true);
        let waker = Arc::new(TaskWaker { index: MAIN, queued, home: Arc::clone(self) });
        (MainFlag(Arc::clone(&waker)), waker.into())
    }

    /// Whether another thread woke a task that is not in the ready queue yet.
    pub(super) fn has_remote(&self) -> bool {
        self.has_remote.load(Ordering::Acquire)
    }

    /// Moves what other threads woke into the ready queue.
    pub(super) fn take_remote(&self, ready: &mut VecDeque<u32>) {
        if self.has_remote() {
            let mut remote = self.remote.lock().unwrap_or_else(PoisonError::into_inner);
            ready.append(&mut remote);
            self.has_remote.store(false, Ordering::Release);
        }
    }

    fn wake_from_elsewhere(&self, index: u32) {
        if index != MAIN {
            let mut remote = self.remote.lock().unwrap_or_else(PoisonError::into_inner);
            remote.push_back(index);
            self.has_remote.store(true, Ordering::Release);
        }
        self.notifier.notify();
    }
}

/// The index of the future that `block_on` runs, which is no task.
const MAIN: u32 = u32::MAX;

pub(super) struct TaskWaker {
    index: u32,
    queued: AtomicBool,
    home: Arc<Wakes>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let at_home = CURRENT.with_borrow(|current| match current {
            Some(executor) if Arc::ptr_eq(&executor.wakes, &self.home) => {
                if self.index != MAIN {
                    executor.push_ready(self.index);
                }
                true
            }
            _ => false,
        });
        if !at_home {
            self.home.wake_from_elsewhere(self.index);
        }
    }
}

/// Whether the future that `block_on` runs was woken.
pub(super) struct MainFlag(Arc<TaskWaker>);

impl MainFlag {
    pub(super) fn is_set(&self) -> bool {
        self.0.queued.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> bool {
        self.is_set() && self.0.queued.swap(false, Ordering::AcqRel)
    }
}
