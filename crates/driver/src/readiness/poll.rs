//! `poll(2)`: a list of descriptors, handed to the kernel anew at each call.
#![expect(unsafe_code, reason = "a list of borrowed descriptors that outlives a call")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::poller::{Poller, Ready};
use super::watched::{Interest, Watched};
use crate::op::Direction;
use crate::{Handle, Notifier};

/// Level-triggered, without a limit on descriptor numbers.
#[derive(Debug)]
pub(crate) struct Poll {
    watched: Watched,
    /// Filled for each call; kept for its memory.
    list: Vec<PollFd<'static>>,
    syscalls: u64,
}

impl Poller for Poll {
    const SLEEPS: bool = true;
    const MAX_DESCRIPTOR: Option<RawFd> = None;

    fn open(notifier: &Notifier) -> io::Result<Self> {
        let mut watched = Watched::default();
        watched.add(notifier.as_fd().as_raw_fd(), Direction::Read);
        Ok(Self { watched, list: Vec::new(), syscalls: 0 })
    }

    fn watch(&mut self, handle: &Handle, direction: Direction) -> io::Result<()> {
        self.watched.add(handle.as_raw_fd(), direction);
        Ok(())
    }

    fn unwatch(&mut self, descriptor: RawFd, direction: Direction) {
        self.watched.remove(descriptor, direction);
    }

    fn wait(
        &mut self,
        timeout: Option<Timespec>,
        ready: &mut Vec<Ready>,
    ) -> rustix::io::Result<()> {
        self.syscalls += 1;
        self.list.clear();
        self.list.extend(self.watched.all().iter().map(entry));
        let mut left = poll(&mut self.list, timeout.as_ref())?;
        for (listed, interest) in self.list.iter().zip(self.watched.all()) {
            if left == 0 {
                break;
            }
            let events = listed.revents();
            if !events.is_empty() {
                left -= 1;
                ready.push(report(interest, events));
            }
        }
        Ok(())
    }

    fn syscalls(&self) -> u64 {
        self.syscalls
    }
}

fn entry(interest: &Interest) -> PollFd<'static> {
    let mut events = PollFlags::empty();
    events.set(PollFlags::IN, interest.read);
    events.set(PollFlags::OUT, interest.write);
    // SAFETY: the number is an open descriptor throughout the call that the entry is for: the
    // notifier's, which the driver holds, or that of an op that waits and holds its handle. The
    // list is filled anew before the next call.
    let descriptor = unsafe { BorrowedFd::borrow_raw(interest.descriptor) };
    PollFd::from_borrowed_fd(descriptor, events)
}

fn report(interest: &Interest, events: PollFlags) -> Ready {
    let failed = events.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    Ready {
        descriptor: interest.descriptor,
        read: failed || events.contains(PollFlags::IN),
        write: failed || events.contains(PollFlags::OUT),
        lasting: false,
    }
}
