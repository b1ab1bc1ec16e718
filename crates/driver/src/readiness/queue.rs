//! The ops that wait for one direction of one descriptor.

use super::in_flight::{InFlight, Links, Stage};
use crate::{Table, Token};

/// A first-in, first-out queue that is threaded through the ops' own entries: no allocation, and
/// an op leaves from anywhere in O(1).
#[derive(Debug, Default)]
pub(super) struct Queue {
    first: Option<Token>,
    last: Option<Token>,
}

impl Queue {
    pub(super) fn first(&self) -> Option<Token> {
        self.first
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn push(&mut self, ops: &mut Table<InFlight>, token: Token) {
        let Some(entry) = ops.get_mut(token) else { return };
        entry.stage = Stage::Waiting(Links { ahead: self.last, behind: None });
        match self.last {
            Some(last) => links(ops, last).behind = Some(token),
            None => self.first = Some(token),
        }
        self.last = Some(token);
    }

    pub(super) fn remove(&mut self, ops: &mut Table<InFlight>, token: Token) {
        let Links { ahead, behind } = *links(ops, token);
        match ahead {
            Some(ahead) => links(ops, ahead).behind = behind,
            None => self.first = behind,
        }
        match behind {
            Some(behind) => links(ops, behind).ahead = ahead,
            None => self.last = ahead,
        }
    }
}

fn links(ops: &mut Table<InFlight>, token: Token) -> &mut Links {
    match ops.get_mut(token).map(|entry| &mut entry.stage) {
        Some(Stage::Waiting(links)) => links,
        other => unreachable!("{token:?} is in a queue and is {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut Queue, ops: &mut Table<InFlight>) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(token) = queue.first() {
            queue.remove(ops, token);
            order.push(token.index);
        }
        order
    }

    #[test]
    fn what_leaves_from_anywhere_leaves_the_rest_in_order() {
        for leaver in 0..3 {
            let (mut queue, mut ops) = (Queue::default(), Table::default());
            for index in 0..3 {
                let token = Token { index, generation: 0 };
                ops.insert(token, InFlight { op: None, due: None, stage: Stage::Submitted });
                queue.push(&mut ops, token);
            }
            queue.remove(&mut ops, Token { index: leaver, generation: 0 });
            let expected: Vec<u32> = (0..3).filter(|index| *index != leaver).collect();
            assert_eq!(drain(&mut queue, &mut ops), expected);
            assert!(queue.is_empty());
        }
    }
}
