//! The operations in flight on one worker, between the futures that wait and the driver.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Instant;

use whywait_driver::{Completion, Driver, Full, Op, Token};

use super::OpLatencies;
use super::arrivals::{Arrivals, Queue};
use crate::measure::Latencies;

/// Results of one multishot operation that may wait to be taken; one more cancels it.
const MOST_RECEIVED: i16 = 16;

/// As [`MOST_RECEIVED`], for connections, which come in crowds and hold no memory of ours.
const MOST_ACCEPTED: i16 = 4096;

/// A slab of operations; its indexes are the tokens that the driver sees.
pub(super) struct Ops {
    slots: Vec<Slot>,
    free: Vec<u32>,
    in_flight: usize,
    arrivals: Arrivals,
    /// Accepted from a future, not yet by the driver, whose queue was full.
    unsent: VecDeque<Unsent>,
    latencies: Option<Latencies>,
    /// When each operation started, by index; empty unless latencies are recorded.
    started: Vec<Instant>,
}

/// What is known of one operation. Ten thousand that wait are ten thousand of these.
struct Slot {
    waker: Option<Waker>,
    arrived: Queue,
    generation: u32,
    /// How many more results may wait to be taken; below zero if they came all the same.
    room: i16,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    InFlight,
    /// As `InFlight`, and some of its results have come.
    Going,
    /// Its future is gone; completions are dropped when they arrive.
    Orphaned,
    /// Its final completion is here.
    Ended,
}

struct Unsent {
    token: Token,
    op: Op,
    deadline: Option<Instant>,
}

/// What has to be done about a completion that was filed.
pub(super) struct Filed {
    /// Whom to wake.
    pub(super) waker: Option<Waker>,
    /// Whether the operation is to be cancelled, because nobody takes its results.
    pub(super) is_too_far_ahead: bool,
}

impl Ops {
    pub(super) fn new(latencies: OpLatencies) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            in_flight: 0,
            arrivals: Arrivals::default(),
            unsent: VecDeque::new(),
            latencies: (latencies == OpLatencies::Recorded).then(Latencies::default),
            started: Vec::new(),
        }
    }

    /// Whether operations wait for room in the driver's queue.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// The time, for an operation that begins now; none if latencies are not recorded.
    pub(super) fn now_if_recording(&self) -> Option<Instant> {
        self.latencies.is_some().then(Instant::now)
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
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::FREE);
            (self.slots.len() - 1) as u32
        });
        if self.latencies.is_some() {
            let now = Instant::now();
            self.started.resize(self.slots.len(), now);
            self.started[index as usize] = now;
        }
        let slot = &mut self.slots[index as usize];
        slot.state = State::InFlight;
        slot.waker = Some(waker);
        slot.room = if matches!(op, Op::AcceptMany { .. }) { MOST_ACCEPTED } else { MOST_RECEIVED };
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

    /// Files a completion.
    pub(super) fn complete(&mut self, completion: Completion) -> Filed {
        let token = completion.token;
        let slot = &self.slots[token.index as usize];
        debug_assert_eq!(slot.generation, token.generation, "a completion of a stranger");
        let is_final = !completion.more;
        if is_final {
            self.in_flight -= 1;
            // How long an operation took that had many results says nothing of any of them.
            if slot.state == State::InFlight && self.latencies.is_some() {
                self.record(self.started[token.index as usize]);
            }
        }
        let slot = &mut self.slots[token.index as usize];
        match slot.state {
            State::InFlight | State::Going => {
                slot.state = if is_final { State::Ended } else { State::Going };
                slot.room -= 1;
                let is_too_far_ahead = !is_final && slot.room == 0;
                self.arrivals.push(&mut slot.arrived, completion);
                Filed { waker: slot.waker.take(), is_too_far_ahead }
            }
            State::Orphaned => {
                if is_final {
                    self.release(token);
                }
                Filed { waker: None, is_too_far_ahead: false }
            }
            State::Free | State::Ended => unreachable!("one final completion per op"),
        }
    }

    /// A completion of `token`, if one has arrived; else `waker` is woken when it does. The final
    /// one ends the token.
    pub(super) fn poll(&mut self, token: Token, waker: &Waker) -> Option<Completion> {
        let slot = &mut self.slots[token.index as usize];
        let completion = self.arrivals.pop(&mut slot.arrived);
        match &completion {
            Some(Completion { more: true, .. }) => slot.room += 1,
            Some(_) => self.release(token),
            None => match &slot.waker {
                Some(kept) if kept.will_wake(waker) => {}
                _ => slot.waker = Some(waker.clone()),
            },
        }
        completion
    }

    /// The future is gone: cancels the operation if it is in flight, and forgets its results.
    pub(super) fn abandon(&mut self, driver: &mut dyn Driver, token: Token) {
        let slot = &mut self.slots[token.index as usize];
        while self.arrivals.pop(&mut slot.arrived).is_some() {}
        if slot.state == State::Ended {
            return self.release(token);
        }
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

    /// Frees the slot for the next operation.
    fn release(&mut self, token: Token) {
        let slot = &mut self.slots[token.index as usize];
        slot.generation = slot.generation.wrapping_add(1);
        slot.state = State::Free;
        slot.waker = None;
        self.free.push(token.index);
    }

    /// Notes how long something took that ends now, if latencies are recorded.
    pub(super) fn record(&mut self, started: Instant) {
        if let Some(latencies) = &mut self.latencies {
            latencies.record(started.elapsed());
        }
    }

    pub(super) fn take_latencies(&mut self) -> Latencies {
        self.latencies.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Slot {
    const FREE: Self =
        Self { waker: None, arrived: Queue::EMPTY, generation: 0, room: 0, state: State::Free };
}
