//! The times at which ops end: sleeps, and deadlines of other ops.
//!
//! Left out on purpose: which op an entry belongs to and whether it still lives; the driver's
//! table knows. An entry whose op is gone stays until it is due or outnumbers the live ones, so
//! that cancelling is O(1) and no timer is ever searched for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::Token;

/// Entries that may be stale before a clean-up is worth its while.
const STALE_FLOOR: usize = 64;

/// A heap of due times.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Token)>>,
    stale: usize,
}

impl Timers {
    /// Notes that `token` is due at `at`.
    pub(crate) fn insert(&mut self, at: Instant, token: Token) {
        self.heap.push(Reverse((at, token)));
    }

    /// Notes that an op which has an entry ended before it was due. `lives` says of a token
    /// whether its op is still in flight.
    pub(crate) fn forget_one(&mut self, lives: impl Fn(Token) -> bool) {
        self.stale += 1;
        if self.stale > STALE_FLOOR.max(self.heap.len() / 2) {
            self.heap.retain(|Reverse((_, token))| lives(*token));
            self.stale = 0;
        }
    }

    /// When the next entry is due. It may be stale: the wait then ends early and finds nothing.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out an entry that is due by `now`; its op may be gone.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Token> {
        let Reverse((at, token)) = *self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn token(index: u32) -> Token {
        Token { index, generation: 0 }
    }

    #[test]
    fn entries_come_out_when_due_and_in_order() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        timers.insert(at(20), token(2));
        timers.insert(at(10), token(1));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.pop_due(start), None);
        assert_eq!(timers.pop_due(at(30)), Some(token(1)));
        assert_eq!(timers.pop_due(at(30)), Some(token(2)));
        assert_eq!(timers.pop_due(at(30)), None);
    }

    #[test]
    fn forgotten_entries_do_not_pile_up() {
        let start = Instant::now();
        let mut timers = Timers::default();
        for index in 0..10_000 {
            timers.insert(start + Duration::from_secs(3600), token(index));
            timers.forget_one(|_| false);
        }
        assert!(timers.heap.len() <= 2 * STALE_FLOOR + 1, "{} entries stay", timers.heap.len());
    }
}
