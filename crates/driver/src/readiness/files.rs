//! Ops on files: on this thread where that cannot block, else with the helpers.

use super::in_flight::Stage;
use super::poller::Poller;
use super::{INLINE_PER_WAIT, Readiness};
use crate::cached::Cached;
use crate::perform::Attempt;
use crate::{Op, Token};

/// File ops waiting for this thread from which on the helpers get some of them: a few times what
/// it does per wait, so that short rows stay where they cost no hand-over.
const LONG_ROW: usize = 4 * INLINE_PER_WAIT;

/// Ops at the helpers up to which they get half of a long row: before they run dry, and not in
/// small portions, each of which wakes them.
const FEW_AT_HELPERS: usize = INLINE_PER_WAIT;

impl<P: Poller> Readiness<P> {
    /// Chooses where a file op is carried out.
    pub(super) fn start_on_file(&mut self, token: Token) {
        let Some(entry) = self.ops.get_mut(token) else { return };
        let Some(op) = entry.op.take() else { return };
        entry.stage = Stage::Inline;
        self.schedule(token);
        if let Op::Read { handle, .. } = &op
            && P::SLEEPS
        {
            // At once or not at all: a write behind it must not overtake it.
            let is_first = self.descriptors.of(handle).at_position == 0;
            if is_first && self.cached.is_worth_trying(&op) {
                self.attempt_inline(token, op);
            } else {
                self.hand_over(token, op);
            }
        } else if !P::SLEEPS || Cached::covers(&op) {
            if let Some(entry) = self.ops.get_mut(token) {
                entry.op = Some(op);
            }
            self.inline.push_back(token);
        } else {
            self.hand_over(token, op);
        }
    }

    /// Carries out some of the file ops that are this thread's to do.
    pub(super) fn run_inline(&mut self) {
        if P::SLEEPS {
            self.share_a_long_row();
        }
        let mut tried = 0;
        while tried < INLINE_PER_WAIT
            && let Some(token) = self.inline.pop_front()
        {
            // A token without an op was cancelled.
            let Some(op) = self.take_op(token) else { continue };
            if P::SLEEPS && !self.cached.is_worth_trying(&op) {
                self.hand_over(token, op);
            } else {
                self.attempt_inline(token, op);
                tried += 1;
            }
        }
    }

    /// Gives the helpers some of the whole files from the end of a long row. They would not have
    /// to wait here either; but there are other CPUs, and this thread can do one at a time.
    fn share_a_long_row(&mut self) {
        if self.inline.len() < LONG_ROW || self.helpers.outstanding() > FEW_AT_HELPERS {
            return;
        }
        for _ in 0..self.inline.len() / 2 {
            let Some(token) = self.inline.pop_back() else { return };
            let Some(op) = self.take_op(token) else { continue };
            if matches!(op, Op::ReadFile { .. }) {
                self.hand_over(token, op);
            } else {
                self.attempt_inline(token, op);
            }
        }
    }

    fn attempt_inline(&mut self, token: Token, op: Op) {
        let attempt = if P::SLEEPS {
            self.cached.attempt(&mut self.performer, token, op)
        } else {
            self.performer.attempt(token, op, None)
        };
        match attempt {
            Attempt::Completed(completion) => self.finish(completion),
            Attempt::WouldBlock(op) => self.hand_over(token, op),
        }
    }

    /// Queues an op for the helpers.
    fn hand_over(&mut self, token: Token, op: Op) {
        let at_position = match &op {
            Op::Read { handle, .. } | Op::Write { handle, .. } => Some(handle),
            _ => None,
        };
        if let Some(handle) = at_position {
            self.descriptors.of(handle).at_position += 1;
        }
        let lane = at_position.map(|handle| handle.id());
        let Some(entry) = self.ops.get_mut(token) else { return };
        entry.stage = Stage::HandedOver { at_position: lane.is_some() };
        self.helpers.queue(token, op, entry.due, lane);
    }
}
