//! The operations in flight on one worker, between the futures that wait and the driver.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Instant;

use whywait_driver::{BufferPool, Completion, Driver, Full, Handle, Op, Returned, Token};

use super::OpLatencies;
use super::arrivals::{Arrivals, Queue};
use super::leaving::{Leaving, Source};
use crate::measure::Latencies;

/// Results of one multishot operation that may wait to be taken; one more cancels it.
const MOST_RECEIVED: i16 = 16;

/// As [`MOST_RECEIVED`], for connections, which come in crowds and hold no memory of ours.
const MOST_ACCEPTED: i16 = 4096;

/// The id of no handle.
const NO_SOURCE: u64 = u64::MAX;

/// A slab of operations; its indexes are the tokens that the driver sees.
pub(super) struct Ops {
    slots: Vec<Slot>,
    free: Vec<u32>,
    in_flight: usize,
    arrivals: Arrivals,
    /// Accepted from a future, not yet by the driver, whose queue was full.
    unsent: VecDeque<Unsent>,
    leaving: Leaving,
    latencies: Option<Latencies>,
    /// When each operation started, by index; empty unless latencies are recorded.
    started: Vec<Instant>,
}

/// What is known of one operation. Ten thousand that wait are ten thousand of these.
struct Slot {
    waker: Option<Waker>,
    arrived: Queue,
    generation: u32,
    /// The id of the handle that it takes something out of; see [`Op::source`].
    source: u64,
    /// How many more results may wait to be taken; below zero if they came all the same.
    room: i16,
    state: State,
    /// See [`Op::awaits_peer`].
    awaits_peer: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    InFlight,
    /// As `InFlight`, and some of its results have come.
    Going,
    /// Not with the driver yet: a dropped operation on the same handle comes first.
    Behind,
    /// With the driver, and to end early: the result of a dropped operation is its own.
    Recalled,
    /// Its future is gone; what its completions bring is left to its handle.
    Orphaned,
    /// Its final completion is here.
    Ended,
}

/// An operation on its way to the driver.
pub(super) struct Unsent {
    token: Token,
    op: Op,
    deadline: Option<Instant>,
}

/// What has to be done about a completion that was filed.
pub(super) enum Filed {
    /// Nothing but to wake this one.
    Wake(Option<Waker>),
    /// The same, and to cancel the operation: nobody takes its results.
    WakeAndCancel(Option<Waker>),
    /// It is one of an operation that is to end: [`Ops::settle`] has to look at it.
    Settle(Completion),
}

impl Ops {
    pub(super) fn new(latencies: OpLatencies) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            in_flight: 0,
            arrivals: Arrivals::default(),
            unsent: VecDeque::new(),
            leaving: Leaving::default(),
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

    /// Whether operations wait at once for the peer of the handle of this id and for another peer.
    pub(super) fn await_several_peers(&self, id: u64) -> bool {
        if self.in_flight < 2 {
            return false;
        }
        let waiting = || {
            let slots = self.slots.iter();
            slots.filter(|slot| slot.awaits_peer && slot.state == State::InFlight)
        };
        waiting().any(|slot| slot.source == id) && waiting().any(|slot| slot.source != id)
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
        let source = op.source().map_or(NO_SOURCE, Handle::id);
        let slot = &mut self.slots[index as usize];
        slot.state = State::InFlight;
        slot.source = source;
        slot.awaits_peer = op.awaits_peer();
        slot.waker = Some(waker);
        slot.room = if matches!(op, Op::AcceptMany { .. }) { MOST_ACCEPTED } else { MOST_RECEIVED };
        let token = Token { index, generation: slot.generation };
        self.in_flight += 1;
        if self.leaving.has(source) {
            slot.state = State::Behind;
            self.leaving.source(source).behind.push_back(Unsent { token, op, deadline });
        } else {
            self.send(driver, Unsent { token, op, deadline });
        }
        token
    }

    /// Whether any operation that was dropped is still with the driver.
    pub(super) fn has_leaving(&self) -> bool {
        !self.leaving.is_empty()
    }

    /// Whether an operation on `handle` has to wait for the end of one that was dropped.
    pub(super) fn is_leaving(&self, handle: &Handle) -> bool {
        self.leaving.has(handle.id())
    }

    // What it is given is a hundred bytes and more, which are copied for a call.
    #[inline(always)]
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

    /// Gives the driver what it had no room for; appends whom to wake.
    pub(super) fn submit_waiting(&mut self, driver: &mut dyn Driver, woken: &mut Vec<Waker>) {
        while let Some(Unsent { token, op, deadline }) = self.unsent.pop_front() {
            if op.source().is_some_and(Handle::has_unclaimed) {
                self.in_flight -= 1;
                let completion = claim(token, op, driver.pool());
                woken.extend(self.file_claimed(completion));
            } else if let Err(Full(op)) = driver.submit(token, op, deadline) {
                self.unsent.push_front(Unsent { token, op: *op, deadline });
                return;
            }
        }
    }

    /// Files a completion.
    #[inline]
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
                let waker = slot.waker.take();
                if is_too_far_ahead { Filed::WakeAndCancel(waker) } else { Filed::Wake(waker) }
            }
            State::Orphaned if slot.source == NO_SOURCE => {
                if is_final {
                    self.release(token);
                }
                Filed::Wake(None)
            }
            State::Orphaned | State::Recalled => Filed::Settle(completion),
            State::Free | State::Behind | State::Ended => {
                unreachable!("one final completion per op, and none before it is sent")
            }
        }
    }

    /// Keeps what an operation took that is to end. With its final completion, those that wait for
    /// the same handle get their turn; appends whom to wake.
    pub(super) fn settle(
        &mut self,
        driver: &mut dyn Driver,
        mut completion: Completion,
        woken: &mut Vec<Waker>,
    ) {
        let (token, is_final) = (completion.token, !completion.more);
        let Slot { source: id, state, .. } = self.slots[token.index as usize];
        let handle = completion.returned.handle.take();
        let source = self.leaving.source(id);
        let buffer = source.kept.keep(completion);
        let (true, Some(handle)) = (is_final, handle) else { return };
        source.unsettled -= 1;
        if state == State::Recalled {
            let returned = Returned { handle: Some(handle.clone()), buffer };
            let claimed = source.kept.claim(token, returned, driver.pool());
            woken.extend(self.file_claimed(claimed));
        } else {
            self.release(token);
        }
        self.advance(driver, &handle, woken);
    }

    /// Goes on with the operations on `handle` that a dropped one was in front of.
    fn advance(&mut self, driver: &mut dyn Driver, handle: &Handle, woken: &mut Vec<Waker>) {
        let id = handle.id();
        if !self.leaving.source(id).kept.is_empty()
            && let Some(token) = self.waiting_for(id)
        {
            self.slots[token.index as usize].state = State::Recalled;
            self.leaving.source(id).unsettled += 1;
            return driver.cancel(token);
        }
        if self.leaving.source(id).unsettled > 0 {
            return;
        }
        let Source { mut kept, behind, .. } = self.leaving.remove(id);
        for Unsent { token, op, deadline } in behind {
            if kept.is_empty() {
                self.slots[token.index as usize].state = State::InFlight;
                self.send(driver, Unsent { token, op, deadline });
            } else {
                self.in_flight -= 1;
                let claimed = kept.claim(token, op.into_returned(), driver.pool());
                woken.extend(self.file_claimed(claimed));
            }
        }
        handle.keep_unclaimed(kept);
    }

    /// An operation on the handle of this id that the driver has and somebody waits for. It looks at
    /// all operations, which only a result that a dropped one left behind makes worth it.
    fn waiting_for(&self, id: u64) -> Option<Token> {
        let tokens = self.slots.iter().enumerate().filter(|(_, slot)| {
            slot.source == id && matches!(slot.state, State::InFlight | State::Going)
        });
        let mut tokens =
            tokens.map(|(index, slot)| Token { index: index as u32, generation: slot.generation });
        tokens.find(|token| self.unsent.iter().all(|unsent| unsent.token != *token))
    }

    /// Files the final completion of an operation that the driver had no part in; gives whom to
    /// wake.
    #[cold]
    fn file_claimed(&mut self, completion: Completion) -> Option<Waker> {
        let slot = &mut self.slots[completion.token.index as usize];
        slot.state = State::Ended;
        self.arrivals.push(&mut slot.arrived, completion);
        slot.waker.take()
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

    /// The future is gone: cancels the operation if it is in flight, and leaves what it took to its
    /// handle; appends whom to wake.
    pub(super) fn abandon(
        &mut self,
        driver: &mut dyn Driver,
        token: Token,
        woken: &mut Vec<Waker>,
    ) {
        let slot = &self.slots[token.index as usize];
        let (id, state) = (slot.source, slot.state);
        let handle = self.keep_arrived(token);
        match state {
            State::Ended => {
                self.release(token);
                if let Some(handle) = handle {
                    self.advance(driver, &handle, woken);
                }
            }
            State::Behind => {
                self.leaving.source(id).behind.retain(|unsent| unsent.token != token);
                self.in_flight -= 1;
                self.release(token);
            }
            State::Recalled => self.slots[token.index as usize].state = State::Orphaned,
            _ => {
                self.slots[token.index as usize].state = State::Orphaned;
                if self.cancel(driver, token) && id != NO_SOURCE {
                    self.leaving.source(id).unsettled += 1;
                }
            }
        }
    }

    /// Keeps what arrived of an operation and was not taken; gives its handle, with its final
    /// completion.
    fn keep_arrived(&mut self, token: Token) -> Option<Handle> {
        let slot = &mut self.slots[token.index as usize];
        let mut handle = None;
        while let Some(mut completion) = self.arrivals.pop(&mut slot.arrived) {
            if slot.source != NO_SOURCE {
                handle = completion.returned.handle.take();
                self.leaving.source(slot.source).kept.keep(completion);
            }
        }
        handle
    }

    /// Has an operation end early; says whether the driver has it and a completion will come.
    fn cancel(&mut self, driver: &mut dyn Driver, token: Token) -> bool {
        let Some(position) = self.unsent.iter().position(|unsent| unsent.token == token) else {
            driver.cancel(token);
            return true;
        };
        self.unsent.remove(position);
        self.in_flight -= 1;
        self.release(token);
        false
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

/// Completes an op from what its handle keeps.
///
/// # Panics
/// When the op has no source.
pub(super) fn claim(token: Token, op: Op, pool: &BufferPool) -> Completion {
    let Returned { handle, buffer } = op.into_returned();
    handle.expect("an op with a source has a handle").claim(token, buffer, pool)
}

impl Slot {
    const FREE: Self = Self {
        waker: None,
        arrived: Queue::EMPTY,
        generation: 0,
        source: NO_SOURCE,
        room: 0,
        state: State::Free,
        awaits_peer: false,
    };
}
