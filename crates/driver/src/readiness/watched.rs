//! The descriptors that ops wait for.

use std::os::fd::RawFd;

use crate::op::Direction;

/// The descriptors that ops wait for, densely packed, for pollers that go through all of them.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    all: Vec<Interest>,
    /// By descriptor number, its place in `all`.
    places: Vec<Option<u32>>,
}

/// The directions in which ops wait for a descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interest {
    pub(crate) descriptor: RawFd,
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Watched {
    pub(crate) fn add(&mut self, descriptor: RawFd, direction: Direction) {
        let number = descriptor as usize;
        if number >= self.places.len() {
            self.places.resize(number + 1, None);
        }
        let place = *self.places[number].get_or_insert_with(|| {
            self.all.push(Interest { descriptor, read: false, write: false });
            (self.all.len() - 1) as u32
        });
        self.all[place as usize].set(direction, true);
    }

    pub(crate) fn remove(&mut self, descriptor: RawFd, direction: Direction) {
        let number = descriptor as usize;
        let Some(place) = self.places.get(number).copied().flatten() else { return };
        let interest = &mut self.all[place as usize];
        interest.set(direction, false);
        if interest.read || interest.write {
            return;
        }
        self.all.swap_remove(place as usize);
        self.places[number] = None;
        if let Some(moved) = self.all.get(place as usize) {
            self.places[moved.descriptor as usize] = Some(place);
        }
    }

    pub(crate) fn all(&self) -> &[Interest] {
        &self.all
    }
}

impl Interest {
    fn set(&mut self, direction: Direction, wanted: bool) {
        match direction {
            Direction::Read => self.read = wanted,
            Direction::Write => self.write = wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_goes_with_its_last_direction_and_leaves_the_others_in_place() {
        let mut watched = Watched::default();
        for descriptor in [5, 9, 7] {
            watched.add(descriptor, Direction::Read);
        }
        watched.add(5, Direction::Write);
        watched.remove(5, Direction::Read);
        assert_eq!(watched.all().len(), 3);
        watched.remove(5, Direction::Write);
        watched.remove(7, Direction::Read);
        let left: Vec<_> = watched.all().iter().map(|interest| interest.descriptor).collect();
        assert_eq!(left, [9]);
    }
}
