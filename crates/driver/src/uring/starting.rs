//! Ops on their way to the kernel.
//!
//! Left out on purpose: what comes back (see `ending`).

#![expect(unsafe_code, reason = "queues submissions whose pointers the kernel follows")]

use std::os::fd::{AsFd, AsRawFd};

use io_uring::{opcode, types::Fd};
use rustix::event::PollFlags;

use super::chain::{Chain, LONGEST, Steps, is_whole_file};
use super::tag::{Part, Tag};
use super::{Lane, Stage, Uring, Work, entry};
use crate::perform::Attempt;
use crate::{Op, Token};

/// Whether an op could be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// It has been, or is no longer there.
    Done,
    /// It has to wait for the next enter.
    AfterEnter,
}

impl Uring {
    /// Finds the queue for an op that was just submitted.
    pub(super) fn queue(&mut self, token: Token, op: &Op) -> Stage {
        if is_whole_file(op) {
            self.window.push(token);
            return Stage::Waiting;
        }
        if Lane::of(op).is_some_and(|lane| !self.lanes.enter(lane, token)) {
            return Stage::Waiting;
        }
        self.starts.push_back(token);
        Stage::Queued
    }

    /// Fills the shared queue from ours; returns whether all that may start did.
    pub(super) fn fill(&mut self) -> bool {
        while let Some(target) = self.cancels.front().copied() {
            if self.ring.room() == 0 {
                return false;
            }
            self.cancels.pop_front();
            self.push_cancel(target);
        }
        if !self.watching {
            if self.ring.room() == 0 {
                return false;
            }
            self.push_watch();
        }
        while let Some(token) = self.starts.front().copied() {
            if self.start(token) == Start::AfterEnter {
                return false;
            }
            self.starts.pop_front();
        }
        while let Some(token) = self.window.peek() {
            if self.ring.room() < LONGEST {
                return false;
            }
            self.window.pop();
            self.start_file(token);
        }
        true
    }

    fn push_cancel(&mut self, target: Tag) {
        let tag = Tag { token: target.token, part: Part::Cancel };
        let entry = opcode::AsyncCancel::new(target.to_u64()).build().user_data(tag.to_u64());
        // SAFETY: a cancel points to nothing.
        unsafe { self.ring.push(&[entry]) };
    }

    fn push_watch(&mut self) {
        let descriptor = Fd(self.notifier.as_fd().as_raw_fd());
        let entry = opcode::PollAdd::new(descriptor, PollFlags::IN.bits().into())
            .multi(true)
            .build()
            .user_data(Tag::NOTIFIER.to_u64());
        // SAFETY: a poll points to nothing, and the kernel holds the file itself.
        unsafe { self.ring.push(&[entry]) };
        self.watching = true;
    }

    /// Starts an op; one that is no longer queued was cancelled.
    fn start(&mut self, token: Token) -> Start {
        let Some(in_flight) = self.ops.get_mut(token) else { return Start::Done };
        if in_flight.stage != Stage::Queued {
            return Start::Done;
        }
        if self.ring.room() == 0 {
            return Start::AfterEnter;
        }
        match &in_flight.op {
            // It must not overtake the sends before it.
            Op::Shutdown { .. } if self.ring.unsubmitted() > 0 => Start::AfterEnter,
            Op::Socket { .. } | Op::Bind { .. } | Op::Listen { .. } | Op::Shutdown { .. } => {
                self.call(token);
                Start::Done
            }
            _ => {
                self.start_entry(token);
                Start::Done
            }
        }
    }

    /// Makes a call that the kernel answers at once.
    fn call(&mut self, token: Token) {
        let Some(in_flight) = self.take(token) else { return };
        match self.performer.attempt(token, in_flight.op, None) {
            Attempt::Completed(completion) => self.complete(completion),
            Attempt::WouldBlock(op) => unreachable!("{} on a blocking socket", op.name()),
        }
    }

    fn start_entry(&mut self, token: Token) {
        let select = self.select();
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        let pool = self.performer.pool();
        let built = match &mut in_flight.work {
            Work::Steps(steps) => steps.build(&mut in_flight.op, pool),
            work => entry::build(&mut in_flight.op, pool, select).map(|(entry, held)| {
                *work = Work::Single(held);
                entry
            }),
        };
        match built {
            Ok(entry) => {
                in_flight.stage = Stage::Kernel;
                let tag = Tag { token, part: Part::Single };
                // SAFETY: the op and its work stay in the table until the completion.
                unsafe { self.ring.push(&[entry.user_data(tag.to_u64())]) };
            }
            Err(error) => self.end(token, Err(error.into())),
        }
    }

    /// Starts a whole file; one that no longer waits was cancelled.
    fn start_file(&mut self, token: Token) {
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        if in_flight.stage != Stage::Waiting || !is_whole_file(&in_flight.op) {
            return;
        }
        let slot = self.window.enter();
        let pool = self.performer.pool();
        let chain =
            slot.and_then(|slot| Chain::build(token, &mut in_flight.op, slot, &self.scratch, pool));
        match chain {
            Some((chain, entries, count)) => {
                in_flight.work = Work::Chain(chain);
                in_flight.stage = Stage::Kernel;
                // SAFETY: the op stays in the table until the chain's last completion, and the
                // scratch byte as long as the driver.
                unsafe { self.ring.push(&entries[..count]) };
            }
            None => {
                slot.into_iter().for_each(|slot| self.window.free(slot));
                in_flight.work = Work::Steps(Steps::new());
                in_flight.stage = Stage::Queued;
                self.start_entry(token);
            }
        }
    }
}
