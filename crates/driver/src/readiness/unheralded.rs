//! Ops that wait for what no poller reports.
//!
//! A Unix socket that is not connected counts as writable, whether or not the one that it connects
//! or sends to has room: no poller wakes anybody when there is room again. Such ops are tried
//! again and again, with sleep in between.
//!
//! Left out on purpose: a helper that waits inside the call, where no cancel would reach it.

use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::Readiness;
use super::in_flight::Stage;
use super::poller::{Poller, Ready};
use crate::{Op, Token};

/// How long to wait before another try.
const PATIENCE: Duration = Duration::from_millis(1);

/// The ops that are first in line for their descriptor and that no poller wakes.
#[derive(Debug)]
pub(super) struct Unheralded {
    tokens: Vec<Token>,
    again: Instant,
}

impl Unheralded {
    pub(super) fn new() -> Self {
        Self { tokens: Vec::new(), again: Instant::now() }
    }

    /// Whether `op` waits for what no poller reports.
    pub(super) fn is(op: &Op) -> bool {
        match op {
            Op::Connect { address, .. } => address.inet().is_none(),
            Op::SendTo { address, .. } => address.inet().is_none(),
            _ => false,
        }
    }

    pub(super) fn push(&mut self, token: Token) {
        if self.tokens.is_empty() {
            self.again = Instant::now() + PATIENCE;
        }
        if !self.tokens.contains(&token) {
            self.tokens.push(token);
        }
    }

    /// When the next try is due, if anybody waits for one.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.tokens.is_empty()).then_some(self.again)
    }
}

impl<P: Poller> Readiness<P> {
    /// Tries those again whose time has come.
    pub(super) fn retry_unheralded(&mut self, now: Instant) {
        if self.unheralded.next().is_none_or(|again| now < again) {
            return;
        }
        for token in std::mem::take(&mut self.unheralded.tokens) {
            self.retry(token);
            if self.waits_unheralded(token) {
                self.unheralded.push(token);
            }
        }
    }

    fn retry(&mut self, token: Token) {
        if !self.waits_unheralded(token) {
            return;
        }
        let op = self.ops.get(token).and_then(|entry| entry.op.as_ref());
        let Some(handle) = op.and_then(Op::handle) else { return };
        let descriptor = handle.as_raw_fd();
        self.attempt_waiting(Ready { descriptor, read: false, write: true, lasting: false });
    }

    /// Whether it is still in line; one that was cancelled or has ended is not.
    fn waits_unheralded(&self, token: Token) -> bool {
        self.ops.get(token).is_some_and(|entry| {
            matches!(entry.stage, Stage::Waiting(_))
                && entry.op.as_ref().is_some_and(Unheralded::is)
        })
    }
}
