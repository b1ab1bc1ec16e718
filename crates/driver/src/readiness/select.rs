//! `select(2)`: three bit sets of 1024 descriptors, all of them read and written at each call.
#![expect(unsafe_code, reason = "select takes descriptors by number")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use rustix::event::{FdSetElement, FdSetIter, Timespec, fd_set_insert, fd_set_remove, select};

use super::poller::{Poller, Ready};
use crate::op::Direction;
use crate::{Handle, Notifier};

/// `FD_SETSIZE`, which glibc and Linux's `select(2)` fix at 1024.
const DESCRIPTORS: RawFd = 1024;
const ELEMENTS: usize = DESCRIPTORS as usize / (8 * size_of::<FdSetElement>());

type Set = [FdSetElement; ELEMENTS];

/// Level-triggered, by descriptor number, below `FD_SETSIZE` only.
#[derive(Debug)]
pub(crate) struct Select {
    read: Bits,
    write: Bits,
    syscalls: u64,
}

/// A set, and a bound above the highest number that was ever in it.
struct Bits {
    set: Set,
    bound: RawFd,
}

impl Poller for Select {
    const SLEEPS: bool = true;
    const MAX_DESCRIPTOR: Option<RawFd> = Some(DESCRIPTORS - 1);

    fn open(notifier: &Notifier) -> io::Result<Self> {
        let mut read = Bits::default();
        read.insert(notifier.as_fd().as_raw_fd(), "the driver's own notifier")?;
        Ok(Self { read, write: Bits::default(), syscalls: 0 })
    }

    fn watch(&mut self, handle: &Handle, direction: Direction) -> io::Result<()> {
        self.bits(direction).insert(handle.as_raw_fd(), "the socket")
    }

    fn unwatch(&mut self, descriptor: RawFd, direction: Direction) {
        // One that has no place in a set can wait all the same, for what no poller reports.
        if descriptor < DESCRIPTORS {
            fd_set_remove(&mut self.bits(direction).set, descriptor);
        }
    }

    fn wait(
        &mut self,
        timeout: Option<Timespec>,
        ready: &mut Vec<Ready>,
    ) -> rustix::io::Result<()> {
        self.syscalls += 1;
        let bound = self.read.bound.max(self.write.bound);
        let (mut read, mut write) = (self.read.set, self.write.set);
        // SAFETY: every number in the sets is an open descriptor: the notifier, which the
        // driver holds, and those of ops that wait, which hold their handles. Both sets have
        // room for `bound`, which is at most `DESCRIPTORS`.
        unsafe { select(bound, Some(&mut read), Some(&mut write), None, timeout.as_ref()) }?;
        let one = Ready { descriptor: 0, read: false, write: false, lasting: false };
        ready.extend(FdSetIter::new(&read).map(|fd| Ready { descriptor: fd, read: true, ..one }));
        ready.extend(FdSetIter::new(&write).map(|fd| Ready { descriptor: fd, write: true, ..one }));
        Ok(())
    }

    fn syscalls(&self) -> u64 {
        self.syscalls
    }
}

impl Select {
    fn bits(&mut self, direction: Direction) -> &mut Bits {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }
}

impl Bits {
    fn insert(&mut self, descriptor: RawFd, what: &str) -> io::Result<()> {
        if descriptor >= DESCRIPTORS {
            let message = format!(
                "cannot wait for {what}: its descriptor is {descriptor}, and select(2) watches \
                 none above {} (FD_SETSIZE); keep fewer descriptors open, or use poll, epoll or \
                 uring",
                DESCRIPTORS - 1
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        fd_set_insert(&mut self.set, descriptor);
        self.bound = self.bound.max(descriptor + 1);
        Ok(())
    }
}

impl Default for Bits {
    fn default() -> Self {
        Self { set: [FdSetElement::default(); ELEMENTS], bound: 0 }
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(FdSetIter::new(&self.set)).finish()
    }
}
