//! How many whole files are under way at once.
//!
//! More than a disk's queue holds gains nothing and costs the cache: 512 files at once were read
//! a third slower than 64.

use std::collections::VecDeque;

use super::ring::Ring;
use crate::Token;

/// Most whole files under way at once.
pub(super) const WINDOW: u32 = 64;

/// The whole files that wait for their turn, and the direct descriptors of those that had it.
#[derive(Debug)]
pub(super) struct Window {
    waiting: VecDeque<Token>,
    under_way: u32,
    /// Free slots; `None` where files are done without.
    slots: Option<Vec<u32>>,
}

impl Window {
    /// A window on `ring`, with slots if it can have them.
    pub(super) fn new(ring: &Ring) -> Self {
        let slots = ring.reserve_slots(WINDOW).then(|| (0..WINDOW).collect());
        Self { waiting: VecDeque::new(), under_way: 0, slots }
    }

    /// A window whose files have to be done one step at a time.
    #[cfg(test)]
    pub(super) fn without_slots() -> Self {
        Self { waiting: VecDeque::new(), under_way: 0, slots: None }
    }

    /// Queues a file.
    pub(super) fn push(&mut self, token: Token) {
        self.waiting.push_back(token);
    }

    /// Whose turn it is, if there is room.
    pub(super) fn peek(&self) -> Option<Token> {
        if self.under_way == WINDOW { None } else { self.waiting.front().copied() }
    }

    /// Takes the one whose turn it is out of the queue.
    pub(super) fn pop(&mut self) {
        self.waiting.pop_front();
    }

    /// Notes that a file got under way; returns a slot for it if there are any.
    pub(super) fn enter(&mut self) -> Option<u32> {
        self.under_way += 1;
        self.slots.as_mut()?.pop()
    }

    /// Takes a slot back.
    pub(super) fn free(&mut self, slot: u32) {
        if let Some(slots) = &mut self.slots {
            slots.push(slot);
        }
    }

    /// Notes that a file is done.
    pub(super) fn leave(&mut self) {
        self.under_way -= 1;
    }
}
