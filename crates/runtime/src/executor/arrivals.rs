//! Completions between their arrival and the poll that takes them.
//!
//! They are kept apart from the operations' slots: few are here at any moment, however many
//! operations wait, so that what each of those costs stays small.

use whywait_driver::Completion;

use super::places::Places;

/// No place.
const NONE: u32 = u32::MAX;

/// Completions that nobody has taken yet, in a queue for each operation.
#[derive(Default)]
pub(super) struct Arrivals {
    places: Places<Place>,
}

struct Place {
    completion: Option<Completion>,
    next: u32,
}

/// One operation's completions, in the order of their arrival.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    first: u32,
    last: u32,
}

impl Queue {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE };
}

impl Arrivals {
    /// Puts a completion at the queue's end.
    // A completion is a hundred bytes and more, which are copied for a call.
    #[inline]
    pub(super) fn push(&mut self, queue: &mut Queue, completion: Completion) {
        let index = self.places.put(Place { completion: Some(completion), next: NONE });
        match queue.last {
            NONE => queue.first = index,
            last => self.places[last].next = index,
        }
        queue.last = index;
    }

    /// Takes the completion at the queue's front.
    pub(super) fn pop(&mut self, queue: &mut Queue) -> Option<Completion> {
        if queue.first == NONE {
            return None;
        }
        let index = queue.first;
        let place = &mut self.places[index];
        queue.first = place.next;
        let completion = place.completion.take();
        if queue.first == NONE {
            queue.last = NONE;
        }
        self.places.free(index);
        completion
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use whywait_driver::{Returned, Token, Value};

    fn completion(index: u32) -> Completion {
        let token = Token { index, generation: 0 };
        let (result, returned) = (Ok(Value::Done), Returned::default());
        Completion { token, result, returned, more: false }
    }

    #[test]
    fn queues_keep_their_order_and_share_the_places() {
        let mut arrivals = Arrivals::default();
        let (mut even, mut odd) = (Queue::EMPTY, Queue::EMPTY);
        for index in 0..10 {
            let queue = if index % 2 == 0 { &mut even } else { &mut odd };
            arrivals.push(queue, completion(index));
        }
        let index = |completion: Option<Completion>| completion.map(|one| one.token.index);
        for expected in [1, 3, 5, 7, 9] {
            assert_eq!(index(arrivals.pop(&mut odd)), Some(expected));
        }
        assert_eq!(index(arrivals.pop(&mut odd)), None);
        arrivals.push(&mut odd, completion(11));
        assert_eq!(index(arrivals.pop(&mut even)), Some(0));
        assert_eq!(index(arrivals.pop(&mut odd)), Some(11));
        assert_eq!(arrivals.places.most(), 10);
    }
}
