//! Completions on their way from the kernel.
//!
//! Left out on purpose: what the results mean, which `entry` and `chain` know.

use std::io;
use std::time::{Duration, Instant};

use io_uring::cqueue;
use rustix::io::Errno;

use super::chain::{Progress, Steps};
use super::entry::{self, Held, Shots};
use super::in_flight::InFlight;
use super::provided::SlabUse;
use super::ring::Outcome;
use super::tag::{Part, Tag};
use super::{Lane, Stage, Uring, Work};
use crate::{Buffer, Completion, Lease, Op, Returned, Token, Value};

/// How long an op rests that found no room.
const PAUSE: Duration = Duration::from_millis(1);

/// When an op that could not be cancelled is tried again: it was between two states.
const CANCEL_AGAIN: Duration = Duration::from_millis(10);

impl Uring {
    /// Forgets notifications that came before; returns whether there were any.
    pub(super) fn forget_notification(&mut self) -> bool {
        let notified = self.notifier.clear();
        self.counters.syscalls += u64::from(notified);
        notified
    }

    /// Takes in all completions that are ready; returns whether the notifier was used.
    pub(super) fn reap(&mut self) -> bool {
        let mut notified = false;
        let mut outcomes = std::mem::take(&mut self.outcomes);
        self.ring.reap(&mut outcomes);
        for outcome in outcomes.drain(..) {
            let tag = Tag::from_u64(outcome.user_data);
            match tag.part {
                Part::Notifier => {
                    self.watching = cqueue::more(outcome.flags);
                    notified |= self.forget_notification();
                }
                Part::Cancel => self.cancel_answered(tag.token, outcome.result),
                Part::Single => self.single_done(tag.token, outcome),
                part => self.chain_advanced(tag.token, part, outcome.result),
            }
        }
        self.outcomes = outcomes;
        if let Some(provided) = &mut self.provided {
            provided.refill();
        }
        notified
    }

    /// Looks at what came of a cancel. One that found its op neither waiting nor done is made
    /// again, so that none is lost to an op on its way from one state to another.
    fn cancel_answered(&mut self, token: Token, result: i32) {
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        if result < 0 && in_flight.stop.is_some() && !in_flight.cancel_again {
            in_flight.cancel_again = true;
            self.timers.insert(Instant::now() + CANCEL_AGAIN, token);
        }
    }

    pub(super) fn single_done(&mut self, token: Token, outcome: Outcome) {
        let picked = self.take_picked(outcome);
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        let pool = self.performer.pool();
        let result = match u32::try_from(outcome.result) {
            Ok(result) => result,
            Err(_) => return self.single_failed(token, Errno::from_raw_os_error(-outcome.result)),
        };
        match &mut in_flight.work {
            Work::Single(_) if is_multishot(&in_flight.op) => {
                self.one_of_many(token, outcome, picked);
            }
            Work::Steps(steps) => {
                let progress = steps.advance(&mut in_flight.op, result);
                self.progressed(token, progress);
            }
            Work::Single(held) => {
                let value = entry::value(&mut in_flight.op, held, result, picked, pool);
                self.end(token, value);
            }
            Work::Chain(_) => unreachable!("a chain's parts have tags of their own"),
        }
    }

    fn single_failed(&mut self, token: Token, error: Errno) {
        let Some(in_flight) = self.ops.get(token) else { return };
        match (&in_flight.work, error) {
            (Work::Single(Held::Selection), Errno::NOBUFS) => {
                if let Some(provided) = &mut self.provided {
                    provided.grow();
                }
                self.submit_again(token);
            }
            // A kernel that knows the op but not many of its results; or the op is wrong, which
            // the same op with one result finds out.
            (_, Errno::INVAL) if is_multishot(&in_flight.op) => {
                let Some(in_flight) = self.ops.get_mut(token) else { return };
                replace_with_single_shot(&mut in_flight.op);
                in_flight.was_multishot = true;
                self.submit_again(token);
            }
            // It is sent without waiting: see `entry::flags_to_send`.
            (_, Errno::AGAIN) if entry::is_datagram_sent(&in_flight.op) => self.pause(token),
            // A signal to one of the kernel's threads; the call loops elsewhere do the same.
            (_, Errno::INTR) => self.submit_again(token),
            _ => self.end(token, Err(error.into())),
        }
    }

    /// Takes what the kernel put in provided memory out of the ring.
    fn take_picked(&mut self, outcome: Outcome) -> Option<Lease> {
        let id = cqueue::buffer_select(outcome.flags)?;
        let goes_on = cqueue::buffer_more(outcome.flags);
        let slab_use = if goes_on { SlabUse::GoesOn } else { SlabUse::Over };
        self.provided.as_mut()?.take(id, outcome.result.max(0) as usize, slab_use)
    }

    /// Gives one of the results of an op that has many, or its end.
    fn one_of_many(&mut self, token: Token, outcome: Outcome, picked: Option<Lease>) {
        let Some(in_flight) = self.ops.get(token) else { return };
        let value = match &in_flight.op {
            Op::AcceptMany { .. } => Value::Connection(entry::opened(outcome.result as u32).into()),
            _ if outcome.result == 0 => return self.end(token, Ok(Value::Count(0))),
            _ => Value::Count(outcome.result as usize),
        };
        let buffer = picked.map(Buffer::Lease);
        let returned = Returned { handle: None, buffer };
        self.ready.push(Completion { token, result: Ok(value), returned, more: true });
        if !cqueue::more(outcome.flags) {
            self.submit_again(token);
        }
    }

    fn chain_advanced(&mut self, token: Token, part: Part, result: i32) {
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        let Work::Chain(chain) = &mut in_flight.work else { return };
        let progress = chain.advance(&mut in_flight.op, part, result);
        self.progressed(token, progress);
    }

    fn progressed(&mut self, token: Token, progress: Progress) {
        match progress {
            Progress::Pending => {}
            Progress::Continue => self.submit_again(token),
            Progress::Finished(result) => self.end(token, result),
            Progress::StartAgain => {
                let Some(in_flight) = self.ops.get_mut(token) else { return };
                let before = std::mem::replace(&mut in_flight.work, Work::Steps(Steps::new()));
                if let Work::Chain(chain) = before {
                    self.window.free(chain.slot);
                }
                self.submit_again(token);
            }
        }
    }

    /// Queues an op's next submission, unless it is to end.
    fn submit_again(&mut self, token: Token) {
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        if let Some(stop) = in_flight.stop {
            return self.end(token, Err(stop.error().into()));
        }
        in_flight.stage = Stage::Queued;
        self.starts.push_back(token);
    }

    /// Lets an op rest that found no room: nothing tells when there is some.
    fn pause(&mut self, token: Token) {
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        if let Some(stop) = in_flight.stop {
            return self.end(token, Err(stop.error().into()));
        }
        in_flight.stage = Stage::Pausing;
        self.timers.insert(Instant::now() + PAUSE, token);
    }

    /// Ends an op.
    pub(super) fn end(&mut self, token: Token, result: io::Result<Value>) {
        let Some(in_flight) = self.take(token) else { return };
        if in_flight.was_multishot && result.is_ok() {
            self.shots = Shots::One;
        }
        let stopped = in_flight.stop.filter(|_| is_early_end(&result));
        let result = match stopped {
            Some(stop) => Err(stop.error().into()),
            None => result,
        };
        if let Op::Close { .. } = in_flight.op {
            return self.end_close(token, in_flight, result);
        }
        if let Work::Steps(steps) = &in_flight.work {
            self.counters.syscalls += steps.open_descriptors();
        }
        self.complete(in_flight.op.complete(token, result));
    }

    /// Ends a `Close`, whose descriptor the kernel has closed unless it never came to it.
    fn end_close(&mut self, token: Token, in_flight: InFlight, result: io::Result<Value>) {
        let InFlight { op, stage, .. } = in_flight;
        if stage != Stage::Kernel || is_early_end(&result) {
            return self.complete(op.complete(token, result));
        }
        entry::forget_closed(op);
        // Its error comes after the descriptor is gone and says nothing that fsync(2) does not
        // say better.
        let returned = Returned::default();
        self.complete(Completion { token, result: Ok(Value::Done), returned, more: false });
    }

    /// Takes an op out of the table, and lets go of its place in line.
    pub(super) fn take(&mut self, token: Token) -> Option<InFlight> {
        let in_flight = self.ops.remove(token)?;
        if let Some(lane) = Lane::of(&in_flight.op) {
            self.leave_lane(lane, token, in_flight.stage);
        }
        match &in_flight.work {
            Work::Single(_) => {}
            Work::Steps(_) => self.window.leave(),
            Work::Chain(chain) => {
                self.window.free(chain.slot);
                self.window.leave();
            }
        }
        if in_flight.timed {
            self.timers.forget_one(|token| self.ops.get(token).is_some());
        }
        Some(in_flight)
    }

    fn leave_lane(&mut self, lane: Lane, token: Token, stage: Stage) {
        if stage == Stage::Waiting {
            return self.lanes.withdraw(lane, token);
        }
        let Some(next) = self.lanes.leave(lane) else { return };
        if let Some(in_flight) = self.ops.get_mut(next) {
            in_flight.stage = Stage::Queued;
            self.starts.push_back(next);
        }
    }

    pub(super) fn complete(&mut self, completion: Completion) {
        self.counters.completed += 1;
        self.ready.push(completion);
    }
}

fn is_multishot(op: &Op) -> bool {
    matches!(op, Op::RecvMany { .. } | Op::AcceptMany { .. })
}

fn replace_with_single_shot(op: &mut Op) {
    let single = std::mem::replace(op, Op::Sleep { duration: Duration::ZERO }).into_single_shot();
    *op = single;
}

/// Whether a result is how an op ends that was stopped; any other is its own.
fn is_early_end(result: &io::Result<Value>) -> bool {
    let error = result.as_ref().err().and_then(Errno::from_io_error);
    matches!(error, Some(Errno::CANCELED | Errno::INTR))
}
