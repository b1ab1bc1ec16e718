//! The driver that tries, and when the kernel refuses waits until it would not.
//!
//! [`Readiness`] is the try-then-wait logic, written once; a [`Poller`] is the syscall by which a
//! thread waits for many descriptors, and holds little else. A new one is a file here and a row in
//! [`DRIVERS`](crate::DRIVERS).
//!
//! Of an op's two phases only the first is shared: many ops wait in one call, and the copying is
//! each op's own syscall, on this thread. Files are always "ready" and block all the same, so
//! under a poller that sleeps they go to helper threads, but for reads of what is
//! [cached](crate::cached).
//!
//! A short count is taken to mean that a stream is drained, which saves a call; of datagrams it
//! says nothing.
//!
//! Left out on purpose: what an op does, which [`perform`](crate::perform) knows.

mod descriptors;
mod epoll;
mod files;
mod in_flight;
mod poll;
mod poller;
mod queue;
mod select;
mod sockets;
mod spin;
mod unheralded;
mod watched;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Instant;

use rustix::event::Timespec;
use rustix::io::Errno;

use crate::cached::Cached;
use crate::helpers::{Announce, Helpers};
use crate::perform::{Attempt, Performer, SocketMode};
use crate::sequential::timespec_until;
use crate::timers::Timers;
use crate::{BufferPool, Completion, Config, Counters, Driver, Full, Limits};
use crate::{Notifier, Op, Table, Token, Value};

use descriptors::Descriptors;
use in_flight::{InFlight, Stage};
use poller::{Poller, Ready};
use unheralded::Unheralded;

pub(crate) use {epoll::Epoll, poll::Poll, select::Select, spin::Spin};

/// Most file ops that one wait carries out on its own thread: sockets and timers come between,
/// and the buffers that the ops fill are still in the CPU's cache when they are looked at.
const INLINE_PER_WAIT: usize = 16;

/// Waits in a row that may go without asking the poller, when there is something to return
/// anyway: asking costs a syscall, never asking would starve who waits.
const UNASKED_IN_A_ROW: u32 = 8;

/// Tries, and waits by a [`Poller`] until what was refused is worth another try.
///
/// A cancel or a deadline ends an op on a socket at once. A file op that a helper has begun ends
/// with its own result, whenever that comes; one that is still queued ends like the others.
/// Reads and writes at a file's position are carried out in the order of submission; all other
/// file ops, `Fsync` among them, overlap.
pub(crate) struct Readiness<P> {
    poller: P,
    descriptors: Descriptors,
    ops: Table<InFlight>,
    submitted: VecDeque<Token>,
    inline: VecDeque<Token>,
    timers: Timers,
    unheralded: Unheralded,
    performer: Performer,
    cached: Cached,
    helpers: Helpers,
    notifier: Notifier,
    /// Completions for the next wait to return.
    finished: Vec<Completion>,
    unasked: u32,
    max_in_flight: usize,
    /// A time at which nothing is due yet.
    opened: Instant,
    counters: Counters,
    /// Kept for their memory.
    ready: Vec<Ready>,
    results: Vec<Completion>,
}

impl<P: Poller> Readiness<P> {
    /// Opens the driver. Helper threads start with the first op that needs one.
    ///
    /// # Errors
    /// When the process has no descriptor left for the notifier or the poller, or none that the
    /// poller can watch.
    pub(crate) fn open(config: &Config) -> io::Result<Self> {
        let pool = BufferPool::new(config.pool_buffer_bytes);
        let notifier = Notifier::new()?;
        let announce = Announce::Notify(notifier.clone());
        Ok(Self {
            poller: P::open(&notifier)?,
            descriptors: Descriptors::default(),
            ops: Table::default(),
            submitted: VecDeque::new(),
            inline: VecDeque::new(),
            timers: Timers::default(),
            unheralded: Unheralded::new(),
            performer: Performer::new(SocketMode::NonBlocking, pool.clone()),
            cached: Cached::default(),
            helpers: Helpers::new(config.helpers, pool, announce),
            notifier,
            finished: Vec::new(),
            unasked: 0,
            max_in_flight: config.max_in_flight,
            opened: Instant::now(),
            counters: Counters::default(),
            ready: Vec::new(),
            results: Vec::new(),
        })
    }

    /// Does all that needs no waiting. Returns whether there is a reason to end the wait.
    fn gather(&mut self, now: Instant) -> bool {
        let notified = self.notifier.clear();
        self.counters.syscalls += u64::from(notified);
        self.expire(now);
        self.retry_unheralded(now);
        while let Some(token) = self.submitted.pop_front() {
            self.start(token, now);
        }
        self.run_inline();
        self.helpers.exchange(&mut self.results);
        let mut results = std::mem::take(&mut self.results);
        for completion in results.drain(..) {
            self.finish(completion);
        }
        self.results = results;
        notified || !self.finished.is_empty()
    }

    /// Looks at an op for the first time.
    fn start(&mut self, token: Token, now: Instant) {
        // A token without an op was cancelled before anybody looked.
        let Some(entry) = self.ops.get(token) else { return };
        let Some(op) = &entry.op else { return };
        if entry.due.is_some_and(|due| due <= now) {
            self.end(token, Op::timed_out);
        } else if let Some(direction) = op.direction() {
            self.start_on_socket(token, direction);
        } else if op.is_file() {
            self.start_on_file(token);
        } else if let Some(completion) = self.attempt(token) {
            self.finish(completion);
        }
    }

    /// Makes an op's call on this thread; none if it would have to wait.
    fn attempt(&mut self, token: Token) -> Option<Completion> {
        let entry = self.ops.get_mut(token)?;
        match self.performer.attempt(token, entry.op.take()?, None) {
            Attempt::Completed(completion) => Some(completion),
            Attempt::WouldBlock(op) => {
                entry.op = Some(op);
                None
            }
        }
    }

    /// Sees to it that an op, which has not been seen before, ends when it is due.
    fn schedule(&mut self, token: Token) {
        if let Some(due) = self.ops.get(token).and_then(|entry| entry.due) {
            self.timers.insert(due, token);
        }
    }

    /// Ends sleeps that are over and ops whose deadline has passed.
    fn expire(&mut self, now: Instant) {
        while let Some(token) = self.timers.pop_due(now) {
            let Some(entry) = self.ops.get_mut(token) else { continue };
            let slept = matches!(entry.stage, Stage::Sleeping);
            entry.due = None;
            if slept {
                self.end(token, |op, token| op.complete(token, Ok(Value::Done)));
            } else {
                self.end(token, Op::timed_out);
            }
        }
    }

    /// Ends an op before its time, unless a helper has begun it.
    fn end(&mut self, token: Token, ending: impl FnOnce(Op, Token) -> Completion) {
        let Some(entry) = self.ops.get(token) else { return };
        let op = match entry.stage {
            Stage::HandedOver { .. } => self.helpers.withdraw(token),
            Stage::Waiting(_) => {
                self.leave_queue(token);
                self.take_op(token)
            }
            Stage::Submitted | Stage::Inline | Stage::Sleeping | Stage::SleepingPastDeadline => {
                self.take_op(token)
            }
        };
        if let Some(op) = op {
            self.finish(ending(op, token));
        }
    }

    fn take_op(&mut self, token: Token) -> Option<Op> {
        self.ops.get_mut(token)?.op.take()
    }

    /// Notes a completion for the wait to return, and forgets the op.
    fn finish(&mut self, completion: Completion) {
        let Some(entry) = self.ops.remove(completion.token) else { return };
        if entry.has_timer() {
            self.timers.forget_one(|token| self.ops.get(token).is_some());
        }
        if let (Stage::HandedOver { at_position: true }, Some(handle)) =
            (entry.stage, &completion.returned.handle)
        {
            self.descriptors.of(handle).at_position -= 1;
        }
        self.counters.completed += 1;
        self.finished.push(completion);
    }

    /// Whether a wait that has something to return may leave the poller alone.
    fn may_go_unasked(&mut self) -> bool {
        self.unasked = (self.unasked + 1) % UNASKED_IN_A_ROW;
        self.unasked != 0
    }

    /// How long to sleep at most.
    fn timeout(&self, deadline: Option<Instant>, now: Instant) -> Option<Timespec> {
        let look = self.helpers.has_backlog().then(|| now + Helpers::BACKLOG_PATIENCE);
        let retry = self.unheralded.next();
        let end = [deadline, self.timers.next(), look, retry].into_iter().flatten().min();
        end.map(|end| timespec_until(end, now))
    }

    /// Waits by the poller and tries what it reports.
    fn ask(&mut self, timeout: Option<Timespec>) -> rustix::io::Result<()> {
        let mut ready = std::mem::take(&mut self.ready);
        let asked = self.poller.wait(timeout, &mut ready);
        for ready in ready.drain(..) {
            if ready.descriptor == self.notifier.as_fd().as_raw_fd() {
                self.silence_notifier();
            } else {
                self.attempt_waiting(ready);
            }
        }
        self.ready = ready;
        asked
    }

    /// Takes back a notification whose write came after it had been cleared: no new one would
    /// follow, and the poller would report it for ever.
    fn silence_notifier(&mut self) {
        if !self.notifier.is_pending() {
            self.counters.syscalls += 1;
            self.notifier.silence();
        }
    }
}

impl<P: Poller> Driver for Readiness<P> {
    fn attempt(&mut self, token: Token, op: Op) -> crate::Attempt {
        self.attempt_unqueued(token, op.into_single_shot())
    }

    fn submit(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Result<(), Full> {
        if self.ops.len() + self.finished.len() >= self.max_in_flight {
            return Err(Full(Box::new(op)));
        }
        let op = op.into_single_shot();
        if let Op::Sleep { duration } = op {
            let until = Instant::now().checked_add(duration);
            let due = [until, deadline].into_iter().flatten().min();
            let stage = if due == until { Stage::Sleeping } else { Stage::SleepingPastDeadline };
            self.ops.insert(token, InFlight { op: Some(op), due, stage });
            self.schedule(token);
        } else {
            // Ops on sockets find their place in line now, so that none behind overtakes them.
            let on_socket = op.direction().is_some() && self.submitted.is_empty();
            let stage = Stage::Submitted;
            self.ops.insert(token, InFlight { op: Some(op), due: deadline, stage });
            if on_socket {
                self.start(token, deadline.map_or(self.opened, |_| Instant::now()));
            } else {
                self.submitted.push_back(token);
            }
        }
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        self.end(token, Op::cancelled);
    }

    fn wait(&mut self, deadline: Option<Instant>, done: &mut Vec<Completion>) -> io::Result<()> {
        let (mut asked, mut found) = (false, false);
        let waited = loop {
            let now = Instant::now();
            // A notification is found once; asking the poller must not forget it.
            found |= self.gather(now);
            let is_over = found || deadline.is_some_and(|deadline| deadline <= now);
            if is_over && (asked || (found && self.may_go_unasked())) {
                break Ok(());
            }
            let timeout = if found || !self.inline.is_empty() {
                Some(Timespec::default())
            } else {
                self.counters.waits += u64::from(P::SLEEPS);
                self.timeout(deadline, now)
            };
            match self.ask(timeout) {
                Ok(()) => asked = true,
                Err(Errno::INTR) => break Ok(()),
                Err(error) => break Err(error.into()),
            }
        };
        done.append(&mut self.finished);
        waited
    }

    fn notifier(&self) -> Notifier {
        self.notifier.clone()
    }

    fn limits(&self) -> Limits {
        Limits {
            overlap: true,
            interrupts_running: true,
            files_never_block: P::SLEEPS,
            deadline_on_files: false,
            max_descriptor: P::MAX_DESCRIPTOR,
            max_in_flight: self.max_in_flight,
        }
    }

    fn counters(&self) -> Counters {
        let mut counters = self.counters;
        counters += self.performer.counters;
        counters += self.helpers.counters();
        counters.syscalls += self.poller.syscalls();
        counters
    }

    fn pool(&self) -> &BufferPool {
        self.performer.pool()
    }
}

#[cfg(test)]
mod tests;
