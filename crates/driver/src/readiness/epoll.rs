//! `epoll(7)`: the kernel keeps the list and hands over what changed.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use super::poller::{Poller, Ready};
use crate::op::Direction;
use crate::{Handle, Notifier};

/// Most events that one call takes. What they bring is received before any of it is looked at, so
/// more of them would take more buffers and find them out of the cache.
const EVENTS: usize = 16;

/// No handle has this id.
const NOBODY: u64 = u64::MAX;

/// Edge-triggered: a descriptor is registered once in its life, for both directions, and leaves
/// by itself when it closes.
pub(crate) struct Epoll {
    epoll: OwnedFd,
    /// By descriptor number, the id of the handle that is registered. The number may belong to
    /// another handle by now, with another id.
    registered: Vec<u64>,
    events: Vec<Event>,
    syscalls: u64,
}

impl Poller for Epoll {
    const SLEEPS: bool = true;
    const MAX_DESCRIPTOR: Option<RawFd> = None;

    fn open(notifier: &Notifier) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let events = Vec::with_capacity(EVENTS);
        let mut poller = Self { epoll, registered: Vec::new(), events, syscalls: 1 };
        poller.register(notifier.as_fd())?;
        Ok(poller)
    }

    fn watch(&mut self, handle: &Handle, _: Direction) -> io::Result<()> {
        let number = handle.as_raw_fd() as usize;
        if number >= self.registered.len() {
            self.registered.resize(number + 1, NOBODY);
        }
        if self.registered[number] != handle.id() {
            self.register(handle.as_fd())?;
            self.registered[number] = handle.id();
        }
        Ok(())
    }

    fn unwatch(&mut self, _: RawFd, _: Direction) {}

    fn wait(
        &mut self,
        timeout: Option<Timespec>,
        ready: &mut Vec<Ready>,
    ) -> rustix::io::Result<()> {
        self.syscalls += 1;
        self.events.clear();
        epoll::wait(&self.epoll, spare_capacity(&mut self.events), timeout.as_ref())?;
        ready.extend(self.events.iter().map(report));
        Ok(())
    }

    fn syscalls(&self) -> u64 {
        self.syscalls
    }
}

impl Epoll {
    /// Registers a descriptor; what it is ready for already is reported by the next wait.
    fn register(&mut self, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        let data = EventData::new_u64(descriptor.as_raw_fd() as u64);
        self.syscalls += 1;
        match epoll::add(&self.epoll, descriptor, data, flags) {
            // The same descriptor, taken out of one handle and put in another without closing:
            // a modification makes epoll look again.
            Err(Errno::EXIST) => {
                self.syscalls += 1;
                Ok(epoll::modify(&self.epoll, descriptor, data, flags)?)
            }
            other => Ok(other?),
        }
    }
}

fn report(event: &Event) -> Ready {
    // The event is packed: its fields are copied out, not borrowed.
    let Event { flags, data, .. } = *event;
    let failed = flags.intersects(EventFlags::HUP | EventFlags::ERR);
    Ready {
        descriptor: data.u64() as RawFd,
        read: failed || flags.intersects(EventFlags::IN | EventFlags::RDHUP),
        write: failed || flags.contains(EventFlags::OUT),
        lasting: failed || flags.contains(EventFlags::RDHUP),
    }
}
