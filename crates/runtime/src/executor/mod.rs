//! Runs tasks on one worker over one driver.
//!
//! The loop is: run what is runnable; when nothing is, let the driver wait. With a driver that
//! does not overlap, the wait *is* the operation, and the same loop is a plain blocking program.
//!
//! Left out on purpose: moving tasks between workers (flows are spread by `run_flows`, and a
//! future stays where it was made), priorities, and budgets: a task that never waits keeps its
//! worker, as it would under any event loop.

mod alarms;
mod arrivals;
mod deadlock;
#[cfg(test)]
mod dropping;
mod due_times;
mod external;
mod idle;
mod join_error;
mod leaving;
mod operation;
mod ops;
mod places;
mod sleep;
mod task;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use alarms::Alarms;
pub use deadlock::Deadlock;
pub use external::{ExternalWake, expect_external_wake};
use idle::Idle;
pub use idle::Turn;
pub(crate) use idle::{IdleFor, WhenIdle};
pub use join_error::{JoinError, Panicked};
pub(crate) use operation::{Operation, Started, Submitted, with_op_deadline};
use ops::{Filed, Ops};
pub(crate) use places::Places;
pub use sleep::Sleep;
pub use task::{JoinHandle, TaskOutput};
use task::{Tasks, Wakes};
use whywait_driver::{
    Attempt, Completion, Counters, Driver, Handle, Interruption, Limits, Op, Token, thread_calls,
};

use crate::NoConcurrency;
use crate::measure::Latencies;
use crate::serve::StopNotice;

/// Polls between two looks at the driver, at the least, while tasks keep being runnable. All that
/// are runnable when a round begins are polled in it: looking earlier would bring in more work
/// before what is there is done, and costs a syscall.
const POLLS_PER_LOOK: usize = 61;

/// Operations that one poll of a task may have done at once, without waiting its turn. A task whose
/// socket always has something for it would keep its worker for ever.
const AT_ONCE_PER_POLL: u32 = 32;

/// Rounds of such polls after which a driver that does not overlap carries out an operation all
/// the same: what is runnable goes first, but must not hold back for ever what it may wait for.
const ROUNDS_PER_OPERATION: usize = 61;

/// The token of ops that never are in flight.
const AT_ONCE: Token = Token { index: u32::MAX, generation: 0 };

thread_local! {
    static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) };
}

/// One worker of a runtime: its tasks, its operations and its driver.
///
/// Every future that waits holds its worker, which stays on the thread that made it. This is why the
/// futures of this library, and a [`Runtime`](crate::Runtime), are not `Send`: make a future on the
/// thread that runs it, and send what it needs or what came of it. [`Runtime::run_flows`] spreads
/// work over several threads or processes, and a thread of its own may have a runtime of its own.
///
/// [`Runtime::run_flows`]: crate::Runtime::run_flows
pub struct Executor {
    driver: RefCell<Box<dyn Driver>>,
    limits: Limits,
    ops: RefCell<Ops>,
    alarms: RefCell<Alarms>,
    /// Kept for its memory.
    woken: RefCell<Vec<Waker>>,
    tasks: Tasks,
    wakes: Arc<Wakes>,
    ready: RefCell<VecDeque<u32>>,
    completions: RefCell<Vec<Completion>>,
    deadlocks: Deadlocks,
    interruption: Interruption,
    /// Tells that the server stops whose handlers run here.
    pub(crate) stopping: RefCell<Option<Arc<StopNotice>>>,
    /// The handle's id of the connection that `block_on` serves alone, if it does.
    pub(crate) serving: Cell<Option<u64>>,
    /// The last refusal of a task that must advance at once.
    pub(crate) refusal: Cell<Option<NoConcurrency>>,
    external: Cell<usize>,
    /// Calls that the thread had made beside its driver when the executor was made.
    calls_before: u64,
    /// Operations that may still be done at once in this poll.
    at_once: Cell<u32>,
    idle: Idle,
    /// Tasks that must advance beside the one that `block_on` runs.
    pub(crate) concurrent: Cell<usize>,
}

impl Executor {
    /// The executor of the calling thread, inside `block_on`.
    ///
    /// # Panics
    /// Outside of it: an operation needs a runtime to wait with.
    #[track_caller]
    pub(crate) fn current() -> Rc<Self> {
        let current = CURRENT.with_borrow(Clone::clone);
        current.expect("this needs a running whywait runtime: call it inside `Runtime::block_on`")
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// What the driver did, with the sleeps that it never saw and the calls that this thread has
    /// made beside it.
    pub(crate) fn counters(&self) -> Counters {
        let mut counters = self.driver.borrow().counters();
        counters.completed += self.alarms.borrow().rung();
        counters.syscalls += thread_calls() - self.calls_before;
        counters
    }

    /// Latencies of operations since the executor was made, if they are recorded.
    pub(crate) fn take_op_latencies(&self) -> Latencies {
        self.ops.borrow_mut().take_latencies()
    }

    /// Starts `future` as a task of this worker.
    pub(crate) fn spawn<F>(
        &self,
        future: F,
        place: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (index, handle) = self.tasks.insert(future, place, &self.wakes);
        self.ready.borrow_mut().push_back(index);
        handle
    }

    /// As [`Executor::spawn`], for a task that nobody waits for: it costs less memory.
    pub(crate) fn spawn_detached(
        &self,
        future: impl Future<Output = ()> + 'static,
        place: &'static Location<'static>,
    ) {
        let (index, _) = self.tasks.insert_detached(Box::pin(future), place, &self.wakes);
        self.ready.borrow_mut().push_back(index);
    }

    /// Runs `main` to its end, and the tasks beside it.
    ///
    /// # Errors
    /// A [`Deadlock`] when nothing can ever wake `main` and such are detected, and what the
    /// driver's wait failed with.
    pub(crate) fn block_on<F: Future>(self: &Rc<Self>, main: F) -> Result<F::Output, BlockOnError> {
        let _entered = Entered::enter(self);
        let mut main = pin!(main);
        let (main_flag, main_waker) = self.wakes.main_waker();
        let mut busy_rounds = 0;
        loop {
            if main_flag.take() {
                let mut context = Context::from_waker(&main_waker);
                self.at_once.set(AT_ONCE_PER_POLL);
                if let Poll::Ready(output) = main.as_mut().poll(&mut context) {
                    return Ok(output);
                }
            }
            busy_rounds = if self.run_ready(&main_flag) { busy_rounds + 1 } else { 0 };
            if busy_rounds == 0 {
                self.turn(None)?;
            } else if self.limits.overlap || busy_rounds % ROUNDS_PER_OPERATION == 0 {
                self.turn(Some(Instant::now()))?;
            }
        }
    }

    /// Runs a batch of runnable tasks; says whether some are left, or `main` is runnable.
    fn run_ready(&self, main_flag: &task::MainFlag) -> bool {
        self.wakes.take_remote(&mut self.ready.borrow_mut());
        let runnable = self.ready.borrow().len();
        for _ in 0..runnable.max(POLLS_PER_LOOK) {
            let Some(index) = self.next_ready() else { break };
            self.at_once.set(AT_ONCE_PER_POLL);
            if self.tasks.poll(index, &self.wakes) {
                self.push_ready(index);
            }
            if main_flag.is_set() {
                return true;
            }
        }
        main_flag.is_set() || !self.ready.borrow().is_empty() || self.wakes.has_remote()
    }

    fn next_ready(&self) -> Option<u32> {
        self.ready.borrow_mut().pop_front()
    }

    /// Has the driver carry out `op` if it can be done at once, and its turn has come.
    fn attempt(&self, op: Op, deadline: Option<Instant>) -> Attempt {
        // Neither is so until a future is dropped whose operation the driver has.
        if (Handle::any_has_unclaimed() || self.ops.borrow().has_leaving())
            && let Some(source) = op.source()
        {
            if self.ops.borrow().is_leaving(source) {
                return Attempt::NotNow(op);
            }
            if source.has_unclaimed() {
                let driver = self.driver.borrow();
                return Attempt::Completed(ops::claim(AT_ONCE, op, driver.pool()));
            }
        }
        let left = self.at_once.get();
        let is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
        if left == 0 || is_late || self.ops.borrow().has_unsent() {
            return Attempt::NotNow(op);
        }
        let started = self.ops.borrow().now_if_recording();
        let attempt = self.driver.borrow_mut().attempt(AT_ONCE, op);
        if let Attempt::Completed(_) = attempt {
            self.at_once.set(left - 1);
            if let Some(started) = started {
                self.ops.borrow_mut().record(started);
            }
        }
        attempt
    }

    /// Lets the driver wait, and hands out what completed.
    fn turn(&self, deadline: Option<Instant>) -> Result<(), BlockOnError> {
        if self.ops.borrow().has_unsent() {
            self.submit_waiting();
        }
        if deadline.is_none() && self.ops.borrow().is_empty() && self.idle.give_turn() {
            return Ok(());
        }
        if deadline.is_none() && self.deadlocks == Deadlocks::Detected && self.is_deadlocked() {
            return Err(BlockOnError::Deadlock(self.tasks.deadlock()));
        }
        if let Some(connection) = self.serving.get()
            && self.ops.borrow().await_several_peers(connection)
        {
            return Err(BlockOnError::NoConcurrency(NoConcurrency { capacity: 1 }));
        }
        let next_alarm = self.alarms.borrow().next();
        let until = [deadline, next_alarm].into_iter().flatten().min();
        let mut completions = self.completions.take();
        let waited = self.driver.borrow_mut().wait(until, &mut completions);
        for completion in completions.drain(..) {
            self.file(completion);
        }
        *self.completions.borrow_mut() = completions;
        if next_alarm.is_some() {
            self.ring_alarms();
        }
        if self.interruption.is_interrupted() {
            return Err(BlockOnError::Interrupted);
        }
        waited.map_err(BlockOnError::Wait)
    }

    /// By what another thread ends what this worker does.
    pub(crate) fn interruption(&self) -> &Interruption {
        &self.interruption
    }

    /// Gives the driver what it had no room for.
    fn submit_waiting(&self) {
        let mut woken = Vec::new();
        self.ops.borrow_mut().submit_waiting(&mut **self.driver.borrow_mut(), &mut woken);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Hands a completion to the one that waits for it.
    fn file(&self, completion: Completion) {
        let token = completion.token;
        let filed = self.ops.borrow_mut().complete(completion);
        match filed {
            Filed::Wake(waker) => {
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            Filed::WakeAndCancel(waker) => {
                self.driver.borrow_mut().cancel(token);
                waker.into_iter().for_each(Waker::wake);
            }
            Filed::Settle(completion) => {
                let mut woken = Vec::new();
                let driver = &mut **self.driver.borrow_mut();
                self.ops.borrow_mut().settle(driver, completion, &mut woken);
                woken.into_iter().for_each(Waker::wake);
            }
        }
    }

    /// Cancels an operation whose future is gone.
    fn abandon(&self, token: Token) {
        let mut woken = Vec::new();
        self.ops.borrow_mut().abandon(&mut **self.driver.borrow_mut(), token, &mut woken);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Wakes whose time has come.
    fn ring_alarms(&self) {
        let mut woken = self.woken.take();
        self.alarms.borrow_mut().ring(Instant::now(), &mut woken);
        woken.drain(..).for_each(Waker::wake);
        *self.woken.borrow_mut() = woken;
    }

    fn is_deadlocked(&self) -> bool {
        let waits = !self.ops.borrow().is_empty() || !self.alarms.borrow().is_empty();
        !waits && self.external.get() == 0 && !self.wakes.has_remote()
    }

    pub(super) fn push_ready(&self, index: u32) {
        self.ready.borrow_mut().push_back(index);
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// An executor and its tasks' lives: when it is dropped they go, and with them what they hold.
///
/// Operations in flight hold the executor, and it holds the tasks that hold them: without an
/// owner that ends the circle, nothing of it would ever go.
pub(crate) struct OwnedExecutor(Rc<Executor>);

impl OwnedExecutor {
    pub(crate) fn new(driver: Box<dyn Driver>, config: ExecutorConfig) -> Self {
        let ExecutorConfig { latencies, deadlocks, interruption } = config;
        let limits = driver.limits();
        interruption.attach(driver.notifier());
        let wakes = Arc::new(Wakes::new(driver.notifier()));
        Self(Rc::new(Executor {
            driver: RefCell::new(driver),
            limits,
            ops: RefCell::new(Ops::new(latencies)),
            alarms: RefCell::new(Alarms::new()),
            woken: RefCell::default(),
            tasks: Tasks::default(),
            wakes,
            ready: RefCell::default(),
            completions: RefCell::default(),
            deadlocks,
            interruption,
            stopping: RefCell::default(),
            serving: Cell::default(),
            refusal: Cell::default(),
            external: Cell::new(0),
            calls_before: thread_calls(),
            at_once: Cell::new(AT_ONCE_PER_POLL),
            idle: Idle::default(),
            concurrent: Cell::new(0),
        }))
    }
}

impl Deref for OwnedExecutor {
    type Target = Rc<Executor>;

    fn deref(&self) -> &Rc<Executor> {
        &self.0
    }
}

impl Drop for OwnedExecutor {
    fn drop(&mut self) {
        self.0.tasks.clear();
    }
}

/// What an executor does beside running tasks: nothing by default.
#[derive(Debug, Default)]
pub(crate) struct ExecutorConfig {
    pub(crate) latencies: OpLatencies,
    pub(crate) deadlocks: Deadlocks,
    /// By which another thread ends `block_on`. The driver has to have it too for that to reach what
    /// it carries out inside its wait.
    pub(crate) interruption: Interruption,
}

/// Whether an executor records how long operations take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OpLatencies {
    /// Two looks at the clock per operation.
    Recorded,
    /// None.
    #[default]
    Ignored,
}

/// Whether an executor looks for deadlocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Deadlocks {
    /// A worker on which nothing can happen reports it, unless a wake from outside is expected.
    Detected,
    /// It waits: another thread may hold a waker.
    #[default]
    Ignored,
}

/// Why `block_on` ended without a result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlockOnError {
    #[error(transparent)]
    Deadlock(Deadlock),
    #[error("the driver could not wait")]
    Wait(#[source] io::Error),
    #[error("the worker was interrupted")]
    Interrupted,
    /// While it served a connection alone: the handler waits for several peers at once.
    #[error(transparent)]
    NoConcurrency(NoConcurrency),
}

/// Makes an executor the thread's current one, for as long as it lives.
struct Entered(Option<Rc<Executor>>);

impl Entered {
    fn enter(executor: &Rc<Executor>) -> Self {
        Self(CURRENT.replace(Some(Rc::clone(executor))))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}
