//! What goes wrong in the simulated world, and how often.

use std::time::Duration;

use rustix::io::Errno;

use super::random::Random;
use crate::{Op, OpenMode};

/// What goes wrong, as shares of the ops to which it can happen, 0.0 to 1.0.
///
/// The seed decides which ops are hit. Whole-file ops are never partial: they promise the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// Reads, writes, sends and receives that transfer fewer bytes than they could.
    pub partial: f64,
    /// Ops on files and sockets that start only after a delay.
    pub delayed: f64,
    /// The longest delay.
    pub delay_max: Duration,
    /// Passes over the ops in flight that take independent ops out of their order; with it, a
    /// cancel may come too late for an op that could complete.
    pub reordered: f64,
    /// Ops that fail: `EIO` and `ENOSPC` on files, `ECONNRESET`, `ECONNREFUSED`, `ECONNABORTED`
    /// and `ENOBUFS` on sockets.
    pub failed: f64,
    /// Datagrams between internet sockets that never arrive.
    pub lost: f64,
}

impl Faults {
    /// Nothing goes wrong: every op does all that it can, as soon as it can, in order.
    #[must_use]
    pub fn none() -> Self {
        Self {
            partial: 0.0,
            delayed: 0.0,
            delay_max: Duration::ZERO,
            reordered: 0.0,
            failed: 0.0,
            lost: 0.0,
        }
    }

    /// What a correct program never notices: partial transfers, delays, another order.
    #[must_use]
    pub fn gentle() -> Self {
        let delay_max = Duration::from_millis(5);
        Self { partial: 0.5, delayed: 0.3, delay_max, reordered: 0.5, ..Self::none() }
    }

    /// As [`gentle`](Self::gentle), and one op in ten fails, one datagram in ten is lost.
    #[must_use]
    pub fn harsh() -> Self {
        Self { failed: 0.1, lost: 0.1, ..Self::gentle() }
    }
}

/// Decides what happens to which op.
#[derive(Debug)]
pub(super) struct Fortune {
    faults: Faults,
    random: Random,
}

impl Fortune {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        Self { faults, random: Random::new(seed) }
    }

    /// How long `op` is held up before it starts.
    pub(super) fn delay(&mut self, op: &Op) -> Duration {
        let longest_us = self.faults.delay_max.as_micros() as u64;
        if matches!(op, Op::Sleep { .. }) || longest_us == 0 {
            return Duration::ZERO;
        }
        if !self.random.happens(self.faults.delayed) {
            return Duration::ZERO;
        }
        Duration::from_micros(1 + self.random.below(longest_us))
    }

    /// The error with which `op` ends instead of being carried out.
    pub(super) fn failure(&mut self, op: &Op) -> Option<Errno> {
        let error = match op {
            Op::Read { .. } | Op::ReadAt { .. } | Op::ReadFile { .. } | Op::Fsync { .. } => {
                Errno::IO
            }
            Op::Write { .. }
            | Op::WriteAt { .. }
            | Op::WriteFile { .. }
            | Op::Mkdir { .. }
            | Op::Open { mode: OpenMode::Create | OpenMode::CreateNew, .. } => Errno::NOSPC,
            Op::Recv { .. } | Op::Send { .. } => Errno::CONNRESET,
            Op::SendTo { .. } => Errno::NOBUFS,
            Op::Connect { .. } => Errno::CONNREFUSED,
            Op::Accept { .. } => Errno::CONNABORTED,
            _ => return None,
        };
        self.random.happens(self.faults.failed).then_some(error)
    }

    /// Whether a datagram is lost on its way.
    pub(super) fn loses(&mut self) -> bool {
        self.random.happens(self.faults.lost)
    }

    /// How many bytes to transfer where `most` could be: at least one of them.
    pub(super) fn transfer(&mut self, most: usize) -> usize {
        if most > 1 && self.random.happens(self.faults.partial) {
            return 1 + self.random.below(most as u64 - 1) as usize;
        }
        most
    }

    /// How many of `len` bytes had been written when a whole-file write failed.
    pub(super) fn prefix(&mut self, len: usize) -> usize {
        self.random.below(len as u64 + 1) as usize
    }

    /// Puts `ready` in the order in which it is carried out.
    pub(super) fn reorder<T>(&mut self, ready: &mut [T]) {
        if self.random.happens(self.faults.reordered) {
            self.random.shuffle(ready);
        }
    }

    /// Whether a cancel comes too late for an op that could complete at once.
    pub(super) fn cancel_is_late(&mut self) -> bool {
        self.random.happens(self.faults.reordered)
    }
}
