//! What goes only when there is nothing else to do.
//!
//! Under a driver that does not overlap, an operation that was submitted is waited for before the
//! ones behind it. A receive that is polled only to notice something early, as protocol libraries
//! do before they have sent their request, would then wait for an answer to what was never asked.
//! So such a receive first waits for its turn here: everything that can be written is written
//! before. Under a driver that overlaps, it is always its turn.
//!
//! Left out on purpose: operations that are awaited for their own sake. They go in the order in
//! which the program wrote them down.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::Executor;

/// What waits for its turn; receives go before sleeps, since a sleep ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleFor {
    Receive,
    // Only the timer of the `hyper` feature sleeps beside what it times.
    #[cfg_attr(not(feature = "hyper"), expect(dead_code, reason = "used by a feature"))]
    Sleep,
}

/// Whoever waits for a turn on one worker.
#[derive(Default)]
pub(super) struct Idle {
    receives: RefCell<VecDeque<Rc<Turn>>>,
    sleeps: RefCell<VecDeque<Rc<Turn>>>,
}

/// A place in the queue of what goes when a worker has nothing else to do; it stays on that worker.
#[derive(Default)]
pub struct Turn {
    /// None once the one who waited is gone, or has its turn.
    waker: Cell<Option<Waker>>,
    has_turn: Cell<bool>,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("has_turn", &self.has_turn).finish_non_exhaustive()
    }
}

impl Idle {
    /// Gives the next one its turn; says whether there was one.
    pub(super) fn give_turn(&self) -> bool {
        let next = || -> Option<Rc<Turn>> {
            let receive = self.receives.borrow_mut().pop_front();
            receive.or_else(|| self.sleeps.borrow_mut().pop_front())
        };
        while let Some(place) = next() {
            if let Some(waker) = place.waker.take() {
                place.has_turn.set(true);
                waker.wake();
                return true;
            }
        }
        false
    }

    fn enter(&self, what: IdleFor, waker: Waker) -> Rc<Turn> {
        let place = Rc::new(Turn { waker: Cell::new(Some(waker)), has_turn: Cell::new(false) });
        let queue = match what {
            IdleFor::Receive => &self.receives,
            IdleFor::Sleep => &self.sleeps,
        };
        queue.borrow_mut().push_back(Rc::clone(&place));
        place
    }
}

/// Done when the worker has nothing else to do, and at once where operations overlap. Whoever
/// waited submits its operation in the same poll, before anything else can.
#[must_use = "a turn is given to who waits for it"]
pub(crate) struct WhenIdle {
    what: IdleFor,
    place: Option<Rc<Turn>>,
}

impl WhenIdle {
    pub(crate) fn new(what: IdleFor) -> Self {
        Self { what, place: None }
    }
}

impl Future for WhenIdle {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(place) = &self.place {
            if place.has_turn.get() {
                return Poll::Ready(());
            }
            place.waker.set(Some(context.waker().clone()));
            return Poll::Pending;
        }
        let executor = Executor::current();
        if executor.limits().overlap {
            return Poll::Ready(());
        }
        self.place = Some(executor.idle.enter(self.what, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for WhenIdle {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            place.waker.take();
        }
    }
}
