//! Not a syscall at all: everything may be ready, so try everything again.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use rustix::event::Timespec;

use super::poller::{Poller, Ready};
use super::watched::Watched;
use crate::op::Direction;
use crate::{Handle, Notifier};

/// Says that all descriptors are ready, at once and always.
#[derive(Debug)]
pub(crate) struct Spin {
    watched: Watched,
}

impl Poller for Spin {
    const SLEEPS: bool = false;
    const MAX_DESCRIPTOR: Option<RawFd> = None;

    fn open(_: &Notifier) -> io::Result<Self> {
        Ok(Self { watched: Watched::default() })
    }

    fn watch(&mut self, handle: &Handle, direction: Direction) -> io::Result<()> {
        self.watched.add(handle.as_raw_fd(), direction);
        Ok(())
    }

    fn unwatch(&mut self, descriptor: RawFd, direction: Direction) {
        self.watched.remove(descriptor, direction);
    }

    fn wait(&mut self, _: Option<Timespec>, ready: &mut Vec<Ready>) -> rustix::io::Result<()> {
        ready.extend(self.watched.all().iter().map(|interest| Ready {
            descriptor: interest.descriptor,
            read: interest.read,
            write: interest.write,
            lasting: false,
        }));
        std::hint::spin_loop();
        Ok(())
    }

    fn syscalls(&self) -> u64 {
        0
    }
}
