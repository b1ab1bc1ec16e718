//! The ops in flight of a simulated driver, and which of them are worth a look.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use rustix::io::Errno;

use crate::op::Direction;
use crate::{Op, Table, Token};

/// An op in flight.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) token: Token,
    pub(super) op: Op,
    /// When it starts: later than it was submitted if it was delayed.
    pub(super) starts: Instant,
    /// When a sleep is over; none for other ops.
    pub(super) due: Option<Instant>,
    pub(super) deadline: Option<Instant>,
    /// The error with which it will end.
    pub(super) failure: Option<Errno>,
    pub(super) cancelled: bool,
}

/// Ops that are carried out in the order of their submission: those of one direction on one
/// socket, and all on one file.
type Lane = (u64, u8);

/// The ops in flight, by the order of their submission.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pending: BTreeMap<u64, Pending>,
    sequences: Table<u64>,
    lanes: BTreeMap<Lane, VecDeque<u64>>,
    alarms: BTreeSet<(Instant, u64)>,
    ready: BTreeSet<u64>,
    blocked: BTreeSet<u64>,
    next: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Takes an op in.
    pub(super) fn push(&mut self, pending: Pending) {
        let sequence = self.next;
        self.next += 1;
        self.sequences.insert(pending.token, sequence);
        if let Some(lane) = lane(&pending.op) {
            self.lanes.entry(lane).or_default().push_back(sequence);
        }
        self.alarms.extend(alarms(&pending).map(|at| (at, sequence)));
        self.ready.insert(sequence);
        self.pending.insert(sequence, pending);
    }

    /// Notes that an op is to end early.
    pub(super) fn cancel(&mut self, token: Token) {
        let Some(sequence) = self.sequences.get(token) else { return };
        if let Some(pending) = self.pending.get_mut(sequence) {
            pending.cancelled = true;
            self.ready.insert(*sequence);
        }
    }

    /// When the next thing happens by itself.
    pub(super) fn next_alarm(&self) -> Option<Instant> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// Marks the ops whose time has come.
    pub(super) fn ring(&mut self, now: Instant) {
        while let Some((at, sequence)) = self.alarms.first().copied()
            && at <= now
        {
            self.alarms.pop_first();
            self.ready.insert(sequence);
        }
    }

    /// Marks the ops that had to wait for another: something has changed.
    pub(super) fn retry_blocked(&mut self) {
        self.ready.append(&mut self.blocked);
    }

    /// The ops that are worth a look, in the order of their submission.
    pub(super) fn take_ready(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.ready).into_iter().collect()
    }

    /// Takes an op out to look at it; it stays in flight until [`Queue::end`].
    pub(super) fn take(&mut self, sequence: u64) -> Option<Pending> {
        self.pending.remove(&sequence)
    }

    /// Puts an op back until its time comes or it is first in its lane.
    pub(super) fn put_back(&mut self, sequence: u64, pending: Pending) {
        self.pending.insert(sequence, pending);
    }

    /// Puts an op back until another changes something.
    pub(super) fn put_back_blocked(&mut self, sequence: u64, pending: Pending) {
        self.blocked.insert(sequence);
        self.pending.insert(sequence, pending);
    }

    /// Whether no earlier op has to be carried out before this one.
    pub(super) fn is_first(&self, sequence: u64, op: &Op) -> bool {
        lane(op).is_none_or(|lane| self.lanes[&lane].front() == Some(&sequence))
    }

    /// Notes that an op that was taken out is in flight no more.
    pub(super) fn end(&mut self, sequence: u64, pending: &Pending) {
        self.sequences.remove(pending.token);
        for at in alarms(pending) {
            self.alarms.remove(&(at, sequence));
        }
        let Some(lane) = lane(&pending.op) else { return };
        let Some(waiting) = self.lanes.get_mut(&lane) else { return };
        waiting.retain(|other| *other != sequence);
        match waiting.front() {
            Some(next) => {
                self.ready.insert(*next);
            }
            None => {
                self.lanes.remove(&lane);
            }
        }
    }
}

/// The times at which something happens to an op by itself.
fn alarms(pending: &Pending) -> impl Iterator<Item = Instant> + use<> {
    [Some(pending.starts), pending.due, pending.deadline].into_iter().flatten()
}

fn lane(op: &Op) -> Option<Lane> {
    let kind = match op.direction() {
        Some(Direction::Read) => 0,
        Some(Direction::Write) => 1,
        None if op.is_file() => 2,
        None => return None,
    };
    op.handle().map(|handle| (handle.id(), kind))
}
