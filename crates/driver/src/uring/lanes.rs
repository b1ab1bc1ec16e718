//! Keeps ops in one direction on one descriptor in order.
//!
//! The kernel carries out what it was given in any order: of two receives that both wait, either
//! may get the first bytes. So one op per lane is with the kernel, and the others wait here.
//!
//! Left out on purpose: ops with an offset, which need no order.

use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsRawFd, RawFd};

use crate::{Op, Token};

/// One direction of one descriptor.
///
/// Named by the descriptor's *number*: the ops in a lane hold it open, so that it cannot become
/// another's while the lane is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lane {
    descriptor: RawFd,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    In,
    Out,
}

impl Lane {
    /// The lane in which `op` has to keep its place; none for an op that needs no order.
    pub(super) fn of(op: &Op) -> Option<Self> {
        let side = match op {
            Op::Read { .. }
            | Op::Recv { .. }
            | Op::RecvMany { .. }
            | Op::RecvFrom { .. }
            | Op::Accept { .. }
            | Op::AcceptMany { .. } => Side::In,
            Op::Write { .. } | Op::Send { .. } | Op::SendTo { .. } | Op::Connect { .. } => {
                Side::Out
            }
            _ => return None,
        };
        Some(Self { descriptor: op.handle()?.as_raw_fd(), side })
    }
}

/// Which lanes are in use, and who waits for them.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    states: Vec<[State; 2]>,
    queues: HashMap<Lane, VecDeque<Token>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Free,
    /// One op is under way.
    Taken,
    /// One op is under way and others have a queue.
    Queued,
}

impl Lanes {
    /// Takes the lane for `token`, or queues it there; returns whether the lane was free.
    pub(super) fn enter(&mut self, lane: Lane, token: Token) -> bool {
        let state = self.state(lane);
        match *state {
            State::Free => {
                *state = State::Taken;
                true
            }
            State::Taken | State::Queued => {
                *state = State::Queued;
                self.queues.entry(lane).or_default().push_back(token);
                false
            }
        }
    }

    /// Ends the turn of the op that had the lane; returns whose turn it is now.
    pub(super) fn leave(&mut self, lane: Lane) -> Option<Token> {
        let state = self.state(lane);
        if *state == State::Taken {
            *state = State::Free;
            return None;
        }
        let next = self.queues.get_mut(&lane).and_then(VecDeque::pop_front);
        self.settle(lane);
        next
    }

    /// Takes `token` out of the lane's queue.
    pub(super) fn withdraw(&mut self, lane: Lane, token: Token) {
        if let Some(queue) = self.queues.get_mut(&lane) {
            queue.retain(|queued| *queued != token);
        }
        self.settle(lane);
    }

    /// Forgets the lane's queue if nobody is left in it.
    fn settle(&mut self, lane: Lane) {
        if self.queues.get(&lane).is_some_and(VecDeque::is_empty) {
            self.queues.remove(&lane);
            *self.state(lane) = State::Taken;
        }
    }

    fn state(&mut self, lane: Lane) -> &mut State {
        let index = lane.descriptor as usize;
        if index >= self.states.len() {
            self.states.resize(index + 1, Default::default());
        }
        &mut self.states[index][lane.side as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: Lane = Lane { descriptor: 5, side: Side::In };

    fn token(index: u32) -> Token {
        Token { index, generation: 0 }
    }

    #[test]
    fn turns_come_in_the_order_of_arrival() {
        let mut lanes = Lanes::default();
        assert!(lanes.enter(LANE, token(0)));
        assert!(lanes.enter(Lane { side: Side::Out, ..LANE }, token(9)), "the other direction");
        assert!(!lanes.enter(LANE, token(1)));
        assert!(!lanes.enter(LANE, token(2)));
        assert_eq!(lanes.leave(LANE), Some(token(1)));
        assert!(!lanes.enter(LANE, token(3)));
        assert_eq!(lanes.leave(LANE), Some(token(2)));
        assert_eq!(lanes.leave(LANE), Some(token(3)));
        assert_eq!(lanes.leave(LANE), None);
        assert!(lanes.enter(LANE, token(4)));
    }

    #[test]
    fn one_that_withdraws_loses_only_its_own_turn() {
        let mut lanes = Lanes::default();
        assert!(lanes.enter(LANE, token(0)));
        assert!(!lanes.enter(LANE, token(1)));
        assert!(!lanes.enter(LANE, token(2)));
        lanes.withdraw(LANE, token(1));
        assert_eq!(lanes.leave(LANE), Some(token(2)));
        assert_eq!(lanes.leave(LANE), None);
        assert!(lanes.queues.is_empty());
    }
}
