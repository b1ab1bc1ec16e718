//! Due times, earliest first.
//!
//! Most are asked for in the order in which they come due, such as time-outs that are all as long:
//! those stand in a row, where the first is found and taken without a comparison. The others are in
//! a heap. A hundred thousand sleeps of a second so end without a heap's cache misses.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A due time, and whose it is.
pub(super) type Entry = (u64, u32);

/// Due times, earliest first.
#[derive(Default)]
pub(super) struct DueTimes {
    /// Each at least as late as the one before it.
    row: VecDeque<Entry>,
    others: BinaryHeap<Reverse<Entry>>,
}

impl DueTimes {
    pub(super) fn len(&self) -> usize {
        self.row.len() + self.others.len()
    }

    pub(super) fn push(&mut self, entry: Entry) {
        match self.row.back() {
            Some(last) if *last > entry => self.others.push(Reverse(entry)),
            _ => self.row.push_back(entry),
        }
    }

    /// The earliest.
    pub(super) fn first(&self) -> Option<Entry> {
        let other = self.others.peek().map(|Reverse(entry)| *entry);
        self.row.front().copied().into_iter().chain(other).min()
    }

    /// Takes the earliest out, if it is due by `now`.
    pub(super) fn pop_due(&mut self, now: u64) -> Option<Entry> {
        if self.others.is_empty() {
            self.row.front().filter(|(due, _)| *due <= now)?;
            return self.row.pop_front();
        }
        let first = self.first().filter(|(due, _)| *due <= now)?;
        if self.row.front() == Some(&first) {
            self.row.pop_front()
        } else {
            self.others.pop().map(|Reverse(entry)| entry)
        }
    }

    /// Forgets those of which `lives` says no.
    pub(super) fn retain(&mut self, lives: impl Fn(Entry) -> bool) {
        self.row.retain(|entry| lives(*entry));
        self.others.retain(|Reverse(entry)| lives(*entry));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_come_out_in_order_however_they_went_in(
            entries in proptest::collection::vec((0u64..50, 0u32..5), 0..200),
            taken in 0usize..200,
        ) {
            let mut times = DueTimes::default();
            let mut expected = entries.clone();
            for entry in &entries[..taken.min(entries.len())] {
                times.push(*entry);
            }
            let mut early = Vec::new();
            while times.len() > 10 {
                early.extend(times.pop_due(u64::MAX));
            }
            for entry in &entries[taken.min(entries.len())..] {
                times.push(*entry);
            }
            times.retain(|(due, _)| due != 7);
            let out: Vec<Entry> = std::iter::from_fn(|| times.pop_due(u64::MAX)).collect();
            prop_assert!(out.is_sorted());
            prop_assert!(early.is_sorted());
            let mut all: Vec<Entry> = early.iter().copied().chain(out).collect();
            all.sort_unstable();
            expected.retain(|entry| entry.0 != 7 || early.contains(entry));
            expected.sort_unstable();
            all.dedup();
            expected.dedup();
            prop_assert_eq!(all, expected);
        }
    }
}
