//! Who wakes whom, over threads that come and go.
//!
//! The kernel's side counts in a table with a row for each pair of threads. Those of threads that
//! ended and were put together with others would fill it in the end, so they are taken out from
//! time to time, and count for the threads that stand for them.
//!
//! Left out on purpose: rows of a thread that ended and stands for itself; there are only so many.

use std::collections::HashMap;

use aya::maps::{self, MapData};
use whywait_record::{Wake, Waker};

use super::harvest::known_syscall;
use super::layout::{WakeKey, WakeValue};

/// After how many threads that were put together with others rows are taken out. A look at the
/// whole table takes some ten milliseconds.
const SEVERAL: usize = 2048;

/// The kernel's table.
pub(super) type Table = maps::HashMap<MapData, WakeKey, WakeValue>;

/// What was taken out of the table, and what is yet to be.
#[derive(Debug, Default)]
pub(super) struct Wakings {
    kept: HashMap<Pair, Counted>,
    /// By threads whose rows are still in the table, who stands for them.
    merge_targets: HashMap<u32, u32>,
}

/// Who wakes whom, in which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    waker: u32,
    sleeper: u32,
    nr: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    count: u64,
    waited_ns: u64,
}

impl Wakings {
    /// Takes note that other threads stand for some that ended: pairs of one that ended and of its
    /// merge_target.
    pub(super) fn inherit(&mut self, table: &mut Table, merge_targets: Vec<(u32, u32)>) {
        self.merge_targets.extend(merge_targets);
        if self.merge_targets.len() >= SEVERAL {
            self.take_out(table);
        }
    }

    /// All that was counted, of threads that stand for themselves and of merge_targets.
    pub(super) fn finish(mut self, table: &Table) -> Vec<Wake> {
        let merge_targets = self.pass_on();
        for (pair, counted) in rows(table) {
            self.keep(pair.inherited(&merge_targets), counted);
        }
        let mut wakes: Vec<Wake> = self
            .kept
            .into_iter()
            .map(|(pair, counted)| Wake {
                waker: Waker::Thread(pair.waker),
                sleeper: pair.sleeper,
                syscall: u16::try_from(pair.nr).ok().and_then(known_syscall),
                count: counted.count,
                waited_ns: counted.waited_ns,
            })
            .collect();
        wakes.sort_unstable_by_key(|wake| (wake.sleeper, wake.waker, wake.syscall));
        wakes
    }

    fn take_out(&mut self, table: &mut Table) {
        let merge_targets = self.pass_on();
        for (pair, counted) in rows(table) {
            let inherited = pair.inherited(&merge_targets);
            if inherited != pair && table.remove(&pair.key()).is_ok() {
                self.keep(inherited, counted);
            }
        }
    }

    /// Passes what was kept on to merge_targets, and returns who they are: the rows are yet to be.
    fn pass_on(&mut self) -> HashMap<u32, u32> {
        let merge_targets = std::mem::take(&mut self.merge_targets);
        for (pair, counted) in std::mem::take(&mut self.kept) {
            self.keep(pair.inherited(&merge_targets), counted);
        }
        merge_targets
    }

    fn keep(&mut self, pair: Pair, counted: Counted) {
        let kept = self.kept.entry(pair).or_default();
        kept.count = kept.count.saturating_add(counted.count);
        kept.waited_ns = kept.waited_ns.saturating_add(counted.waited_ns);
    }
}

impl Pair {
    /// The pair of those who stand for these two in the end.
    fn inherited(self, merge_targets: &HashMap<u32, u32>) -> Self {
        let (waker, sleeper) =
            (heir_of(merge_targets, self.waker), heir_of(merge_targets, self.sleeper));
        Self { waker, sleeper, nr: self.nr }
    }

    fn key(self) -> WakeKey {
        WakeKey { waker: self.waker, sleeper: self.sleeper, nr: self.nr, unused: 0 }
    }
}

/// What is in the table now. It is read before any of it is taken out, since a walk begins again
/// when the row at which it is goes away.
fn rows(table: &Table) -> Vec<(Pair, Counted)> {
    let rows = table.iter().filter_map(Result::ok);
    rows.map(|(key, value)| {
        let pair = Pair { waker: key.waker, sleeper: key.sleeper, nr: key.nr };
        (pair, Counted { count: value.count, waited_ns: value.waited_ns })
    })
    .collect()
}

/// Who stands for a thread in the end: merge_targets may have merge_targets. A number that came back in the
/// meantime could make a circle, so it is not followed for ever.
fn heir_of(merge_targets: &HashMap<u32, u32>, tid: u32) -> u32 {
    const MOST_STEPS: usize = 8;
    let steps = std::iter::successors(Some(tid), |tid| merge_targets.get(tid).copied());
    steps.take(MOST_STEPS).last().unwrap_or(tid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heirs_may_have_heirs_and_circles_end() {
        let merge_targets = HashMap::from([(1, 2), (2, 3), (7, 8), (8, 7)]);
        assert_eq!(heir_of(&merge_targets, 1), 3);
        assert_eq!(heir_of(&merge_targets, 4), 4);
        assert!([7, 8].contains(&heir_of(&merge_targets, 7)));
    }
}
