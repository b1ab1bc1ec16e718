//! Ops that wait for a direction of a descriptor.

use std::os::fd::{AsRawFd, RawFd};

use super::Readiness;
use super::in_flight::Stage;
use super::poller::{Poller, Ready};
use super::unheralded::Unheralded;
use crate::op::Direction;
use crate::perform::Attempt;
use crate::{Buffer, Completion, Handle, Op, Token, Value};

impl<P: Poller> Readiness<P> {
    /// Tries an op, unless others wait in front of it or there is nothing for it; if that does
    /// not end it, it waits.
    pub(super) fn start_on_socket(&mut self, token: Token, direction: Direction) {
        let Some(op) = self.ops.get(token).and_then(|entry| entry.op.as_ref()) else { return };
        let Some(handle) = op.handle() else { return };
        let descriptor = handle.as_raw_fd();
        let side = self.descriptors.of(handle).side(direction);
        let is_first = side.queue.is_empty();
        if is_first
            && side.is_ready()
            && let Some(completion) = self.attempt_on_socket(token, descriptor, direction)
        {
            return self.finish(completion);
        }
        if is_first && let Err(refusal) = self.watch(token, direction) {
            return self.end(token, |op, token| op.complete(token, Err(refusal)));
        }
        self.schedule(token);
        self.descriptors.side(descriptor, direction).queue.push(&mut self.ops, token);
    }

    /// Tries an op that nobody has seen before, if none is in line before it and trying is worth a
    /// syscall.
    pub(super) fn attempt_unqueued(&mut self, token: Token, op: Op) -> crate::Attempt {
        let (Some(direction), Some(handle)) = (op.direction(), op.handle()) else {
            return crate::Attempt::NotNow(op);
        };
        let descriptor = handle.as_raw_fd();
        let side = self.descriptors.of(handle).side(direction);
        if !side.queue.is_empty() || !side.is_ready() || !self.submitted.is_empty() {
            return crate::Attempt::NotNow(op);
        }
        match self.performer.attempt(token, op, None) {
            Attempt::Completed(mut completion) => {
                if is_short(&mut completion, direction) {
                    self.descriptors.side(descriptor, direction).drained();
                }
                self.counters.completed += 1;
                crate::Attempt::Completed(completion)
            }
            Attempt::WouldBlock(op) => {
                self.descriptors.side(descriptor, direction).refused();
                crate::Attempt::NotNow(op)
            }
        }
    }

    /// Tries the ops that wait for what a poller reported, until one would block.
    pub(super) fn attempt_waiting(&mut self, ready: Ready) {
        for (direction, is_ready) in
            [(Direction::Read, ready.read), (Direction::Write, ready.write)]
        {
            if is_ready {
                self.descriptors.side(ready.descriptor, direction).reported(ready);
                self.attempt_queue(ready.descriptor, direction);
            }
        }
    }

    fn attempt_queue(&mut self, descriptor: RawFd, direction: Direction) {
        loop {
            let side = self.descriptors.side(descriptor, direction);
            let first = side.queue.first(&self.ops);
            let Some(token) = first.filter(|_| side.is_ready()) else { return };
            let Some(completion) = self.attempt_on_socket(token, descriptor, direction) else {
                return;
            };
            self.unqueue(token, descriptor, direction);
            self.finish(completion);
        }
    }

    /// Makes the call, and notes what its outcome says of the descriptor.
    fn attempt_on_socket(
        &mut self,
        token: Token,
        descriptor: RawFd,
        direction: Direction,
    ) -> Option<Completion> {
        let mut completion = self.attempt(token);
        let side = self.descriptors.side(descriptor, direction);
        if completion.is_none() {
            side.refused();
        } else if completion.as_mut().is_some_and(|done| is_short(done, direction)) {
            side.drained();
        }
        completion
    }

    /// Takes an op that ends early out of its queue.
    pub(super) fn leave_queue(&mut self, token: Token) {
        let Some(entry) = self.ops.get(token) else { return };
        let Some(op) = &entry.op else { return };
        if let (Stage::Waiting(_), Some(direction), Some(handle)) =
            (&entry.stage, op.direction(), op.handle())
        {
            let descriptor = handle.as_raw_fd();
            self.unqueue(token, descriptor, direction);
        }
    }

    fn unqueue(&mut self, token: Token, descriptor: RawFd, direction: Direction) {
        let queue = &mut self.descriptors.side(descriptor, direction).queue;
        queue.remove(&mut self.ops, token);
        let Some(next) = queue.first(&self.ops) else {
            return self.poller.unwatch(descriptor, direction);
        };
        if let Err(refusal) = self.watch(next, direction) {
            self.end(next, |op, token| op.complete(token, Err(refusal)));
        }
    }

    /// Sees to it that the first op in line is tried when it is worth it.
    fn watch(&mut self, token: Token, direction: Direction) -> std::io::Result<()> {
        let Some(op) = self.ops.get(token).and_then(|entry| entry.op.as_ref()) else {
            return Ok(());
        };
        let Some(handle) = op.handle() else { return Ok(()) };
        if Unheralded::is(op) {
            self.poller.unwatch(handle.as_raw_fd(), direction);
            self.unheralded.push(token);
            return Ok(());
        }
        self.poller.watch(handle, direction)
    }
}

/// Whether an op that succeeded on a stream transferred less than it could. Of datagrams each is a
/// transfer by itself, and says nothing of the next.
fn is_short(completion: &mut Completion, direction: Direction) -> bool {
    let of_stream = |handle: &Handle| !handle.carries_datagrams();
    if !completion.returned.handle.as_ref().is_some_and(of_stream) {
        return false;
    }
    let Ok(Value::Count(count @ 1..)) = completion.result else { return false };
    match &mut completion.returned.buffer {
        Some(sent) if direction == Direction::Write => count < sent.len(),
        Some(Buffer::Own(vector)) => vector.len() < vector.capacity(),
        Some(Buffer::Lease(lease)) => {
            let buffer = lease.buffer_mut();
            buffer.len() < buffer.capacity()
        }
        Some(Buffer::Data(_)) | None => false,
    }
}
