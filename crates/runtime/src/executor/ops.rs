//! The operations in flight on one worker, between the futures that wait and the driver.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Instant;

use whywait_driver::{Completion, Driver, Full, Op, Token};

use super::OpLatencies;
use crate::measure::Latencies;

/// A slab of operations; its indexes are the tokens that the driver sees.
pub(super) struct Ops {
    slots: Vec<Slot>,
    free: Vec<u32>,
    in_flight: usize,
    /// Accepted from a future, not yet by the driver, whose queue was full.
    unsent: VecDeque<Unsent>,
    latencies: Option<Latencies>,
}

struct Slot {
    generation: u32,
    started: Option<Instant>,
    state: State,
}

enum State {
    Free,
    InFlight(Option<Waker>),
    /// Its future is gone; the completion is dropped when it arrives.
    Orphaned,
    Completed(Completion),
}

struct Unsent {
    token: Token,
    op: Op,
    deadline: Option<Instant>,
}

impl Ops {
    pub(super) fn new(latencies: OpLatencies) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            in_flight: 0,
            unsent: VecDeque::new(),
            latencies: (latencies == OpLatencies::Recorded).then(Latencies::default),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_flight == 0
    }

    /// Starts an operation for a future that `waker` wakes.
    pub(super) fn start(
        &mut self,
        driver: &mut dyn Driver,
        op: Op,
        deadline: Option<Instant>,
        waker: Waker,
    ) -> Token {
        let started = self.latencies.is_some().then(Instant::now);
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, started: None, state: State::Free });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        slot.started = started;
        slot.state = State::InFlight(Some(waker));
        let token = Token { index, generation: slot.generation };
        self.in_flight += 1;
        self.send(driver, Unsent { token, op, deadline });
        token
    }

    fn send(&mut self, driver: &mut dyn Driver, Unsent { token, op, deadline }: Unsent) {
        if self.unsent.is_empty() {
            match driver.submit(token, op, deadline) {
                Ok(()) => {}
                Err(Full(op)) => self.unsent.push_back(Unsent { token, op: *op, deadline }),
            }
        } else {
            // Behind those that came first.
            self.unsent.push_back(Unsent { token, op, deadline });
        }
    }

    /// Gives the driver what it had no room for.
    pub(super) fn submit_waiting(&mut self, driver: &mut dyn Driver) {
        while let Some(Unsent { token, op, deadline }) = self.unsent.pop_front() {
            if let Err(Full(op)) = driver.submit(token, op, deadline) {
                self.unsent.push_front(Unsent { token, op: *op, deadline });
                return;
            }
        }
    }

    /// Files a final completion; returns whom to wake.
    pub(super) fn complete(&mut self, completion: Completion) -> Option<Waker> {
        debug_assert!(!completion.more, "no multishot op is submitted by this executor");
        let token = completion.token;
        let slot = &mut self.slots[token.index as usize];
        debug_assert_eq!(slot.generation, token.generation, "a completion of a stranger");
        if let (Some(latencies), Some(started)) = (&mut self.latencies, slot.started) {
            latencies.record(started.elapsed());
        }
        self.in_flight -= 1;
        match std::mem::replace(&mut slot.state, State::Completed(completion)) {
            State::InFlight(waker) => waker,
            State::Orphaned => {
                self.release(token);
                None
            }
            State::Free | State::Completed(_) => unreachable!("one final completion per op"),
        }
    }

    /// The completion of `token`, if it has arrived; else `waker` is woken when it does.
    pub(super) fn poll(&mut self, token: Token, waker: &Waker) -> Option<Completion> {
        let slot = &mut self.slots[token.index as usize];
        match &mut slot.state {
            State::InFlight(kept) => {
                match kept {
                    Some(kept) if kept.will_wake(waker) => {}
                    kept => *kept = Some(waker.clone()),
                }
                None
            }
            _ => self.release(token),
        }
    }

    /// The future is gone: cancels the operation if it is in flight, and forgets its result.
    pub(super) fn abandon(&mut self, driver: &mut dyn Driver, token: Token) {
        let slot = &mut self.slots[token.index as usize];
        match slot.state {
            State::InFlight(_) => {
                slot.state = State::Orphaned;
                match self.unsent.iter().position(|unsent| unsent.token == token) {
                    None => driver.cancel(token),
                    Some(position) => {
                        self.unsent.remove(position);
                        self.in_flight -= 1;
                        self.release(token);
                    }
                }
            }
            _ => drop(self.release(token)),
        }
    }

    /// Frees the slot for the next operation; gives its completion if it had arrived.
    fn release(&mut self, token: Token) -> Option<Completion> {
        let slot = &mut self.slots[token.index as usize];
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(token.index);
        match std::mem::replace(&mut slot.state, State::Free) {
            State::Completed(completion) => Some(completion),
            _ => None,
        }
    }

    pub(super) fn take_latencies(&mut self) -> Latencies {
        self.latencies.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
