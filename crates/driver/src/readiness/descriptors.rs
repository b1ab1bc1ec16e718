//! What the driver knows of each descriptor.

use std::os::fd::{AsRawFd, RawFd};

use super::poller::Ready;
use super::queue::Queue;
use crate::Handle;
use crate::op::Direction;

/// What the driver knows of descriptors, by number.
#[derive(Debug, Default)]
pub(super) struct Descriptors(Vec<Descriptor>);

/// What the driver knows of one descriptor.
#[derive(Debug)]
pub(super) struct Descriptor {
    /// The handle that this is about, or [`NOBODY`]; the number may have had others.
    id: u64,
    read: Side,
    write: Side,
    /// Ops at the file's position that the helpers have.
    pub(super) at_position: u32,
}

/// No handle has this id.
const NOBODY: u64 = u64::MAX;

/// One direction of a descriptor.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) queue: Queue,
    /// Whether trying is worth a syscall: false only after the kernel showed that there is
    /// nothing more, and until the poller reports.
    is_ready: bool,
    /// The readiness will not be reported again; only a refusal ends it.
    is_lasting: bool,
}

impl Descriptors {
    /// What is known of a handle; nothing yet, if its number was another's before.
    pub(super) fn of(&mut self, handle: &Handle) -> &mut Descriptor {
        let number = handle.as_raw_fd() as usize;
        if number >= self.0.len() {
            self.0.resize_with(number + 1, Descriptor::unknown);
        }
        let known = &mut self.0[number];
        if known.id != handle.id() {
            *known = Descriptor { id: handle.id(), ..Descriptor::unknown() };
        }
        known
    }

    /// One direction of a descriptor that an op works on, or is watched for one.
    pub(super) fn side(&mut self, descriptor: RawFd, direction: Direction) -> &mut Side {
        self.0[descriptor as usize].side(direction)
    }
}

impl Descriptor {
    fn unknown() -> Self {
        Self { id: NOBODY, read: Side::untried(), write: Side::untried(), at_position: 0 }
    }

    pub(super) fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }
}

impl Side {
    fn untried() -> Self {
        Self { queue: Queue::default(), is_ready: true, is_lasting: false }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// The poller reported.
    pub(super) fn reported(&mut self, ready: Ready) {
        self.is_ready = true;
        self.is_lasting |= ready.lasting;
    }

    /// The kernel refused a call: nothing is there, not even an end or an error.
    pub(super) fn refused(&mut self) {
        self.is_ready = false;
        self.is_lasting = false;
    }

    /// A call transferred less than it could: on a stream, all that was there (`epoll(7)`, on
    /// edge-triggered use), though its end may be.
    pub(super) fn drained(&mut self) {
        self.is_ready = self.is_lasting;
    }
}
