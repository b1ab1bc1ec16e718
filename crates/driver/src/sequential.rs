//! The queue of a driver that carries out one op after another.
//!
//! Left out on purpose: where the op is carried out, in which [`Blocking`](crate::Blocking) and
//! [`Offload`](crate::Offload) differ.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use rustix::event::Timespec;

use crate::BufferPool;
use crate::interruption::Interruptible;
use crate::{Completion, Config, Counters, Driver, Full, Limits, Notifier, Op, Token};

/// Where an op is carried out.
pub(crate) trait Place {
    /// Carries out `op` and returns when it is done.
    fn carry_out(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Completion;

    /// The calls made so far.
    fn counters(&self) -> Counters;

    /// The pool that ops carried out here take their buffers from.
    fn pool(&self) -> &BufferPool;
}

/// Carries out one op per wait, in the order of submission, at a [`Place`].
#[derive(Debug)]
pub(crate) struct Sequential<P> {
    place: P,
    queue: VecDeque<Queued>,
    notifier: Notifier,
    interruptible: Option<Interruptible>,
    max_in_flight: usize,
    counters: Counters,
}

#[derive(Debug)]
struct Queued {
    token: Token,
    op: Op,
    deadline: Option<Instant>,
    cancelled: bool,
}

impl<P: Place> Sequential<P> {
    pub(crate) fn new(place: P, config: &Config) -> Self {
        Self {
            place,
            queue: VecDeque::new(),
            notifier: Notifier::without_descriptor(),
            interruptible: config.interruption.clone().map(Interruptible::new),
            max_in_flight: config.max_in_flight,
            counters: Counters::default(),
        }
    }

    /// Waits for the notifier: there is nothing to carry out.
    fn idle(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let timeout = deadline.map(|deadline| timespec_until(deadline, Instant::now()));
        self.counters.waits += 1;
        self.counters.syscalls += 1;
        self.notifier.wait(timeout.as_ref())
    }
}

impl<P: Place> Driver for Sequential<P> {
    fn submit(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Result<(), Full> {
        if self.queue.len() >= self.max_in_flight {
            return Err(Full(Box::new(op)));
        }
        let op = op.into_single_shot();
        self.queue.push_back(Queued { token, op, deadline, cancelled: false });
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        if let Some(queued) = self.queue.iter_mut().find(|queued| queued.token == token) {
            queued.cancelled = true;
        }
    }

    fn wait(&mut self, deadline: Option<Instant>, done: &mut Vec<Completion>) -> io::Result<()> {
        if self.notifier.clear() {
            return Ok(());
        }
        let Some(Queued { token, op, deadline: limit, cancelled }) = self.queue.pop_front() else {
            return self.idle(deadline);
        };
        self.counters.completed += 1;
        let may_begin = match &mut self.interruptible {
            Some(interruptible) => interruptible.may_begin(&op),
            None => true,
        };
        done.push(if cancelled || !may_begin {
            op.cancelled(token)
        } else {
            self.place.carry_out(token, op, limit)
        });
        Ok(())
    }

    fn notifier(&self) -> Notifier {
        self.notifier.clone()
    }

    fn limits(&self) -> Limits {
        Limits {
            overlap: false,
            interrupts_running: false,
            files_never_block: false,
            deadline_on_files: false,
            max_descriptor: None,
            max_in_flight: self.max_in_flight,
        }
    }

    fn counters(&self) -> Counters {
        let mut counters = self.place.counters();
        counters += self.counters;
        counters
    }

    fn pool(&self) -> &BufferPool {
        self.place.pool()
    }
}

/// The time from `now` until `deadline`, zero if it has passed.
pub(crate) fn timespec_until(deadline: Instant, now: Instant) -> Timespec {
    let left = deadline.saturating_duration_since(now);
    Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() }
}
