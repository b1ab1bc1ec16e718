//! The ops that wait for one direction of one descriptor.

use super::in_flight::{InFlight, Links, NOBODY, Stage};
use crate::{Table, Token};

/// A first-in, first-out queue that is threaded through the ops' own entries: no allocation, and
/// an op leaves from anywhere in O(1).
///
/// It knows the ops by the index of their tokens alone: an op stays in the table while it is in
/// its queue, and there are as many queues as descriptors, twice.
#[derive(Debug)]
pub(super) struct Queue {
    first: u32,
    last: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self { first: NOBODY, last: NOBODY }
    }
}

impl Queue {
    /// The token of the op at the front.
    pub(super) fn first(&self, ops: &Table<InFlight>) -> Option<Token> {
        ops.token_at(self.first)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first == NOBODY
    }

    pub(super) fn push(&mut self, ops: &mut Table<InFlight>, token: Token) {
        let Some(entry) = ops.get_mut(token) else { return };
        entry.stage = Stage::Waiting(Links { ahead: self.last, behind: NOBODY });
        match self.last {
            NOBODY => self.first = token.index,
            last => links(ops, last).behind = token.index,
        }
        self.last = token.index;
    }

    pub(super) fn remove(&mut self, ops: &mut Table<InFlight>, token: Token) {
        let Links { ahead, behind } = *links(ops, token.index);
        match ahead {
            NOBODY => self.first = behind,
            ahead => links(ops, ahead).behind = behind,
        }
        match behind {
            NOBODY => self.last = ahead,
            behind => links(ops, behind).ahead = ahead,
        }
    }
}

fn links(ops: &mut Table<InFlight>, index: u32) -> &mut Links {
    match ops.at_mut(index).map(|entry| &mut entry.stage) {
        Some(Stage::Waiting(links)) => links,
        other => unreachable!("op {index} is in a queue and is {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &mut Queue, ops: &mut Table<InFlight>) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(token) = queue.first(ops) {
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
