//! The syscall by which a thread learns which descriptors are ready.

use std::io;
use std::os::fd::RawFd;

use rustix::event::Timespec;

use crate::op::Direction;
use crate::{Handle, Notifier};

/// What differs between readiness drivers: how a thread learns which descriptors are ready.
///
/// A poller may report too much: a report only makes the driver try. It must report every
/// watched direction that is ready when `wait` begins or becomes ready while it lasts, unless it
/// has reported it already and nothing has come since (*edge-triggered*).
pub(crate) trait Poller: Sized {
    /// Whether [`Poller::wait`] sleeps until something is ready. One that does not sleep is not
    /// worth keeping from blocking on files either.
    const SLEEPS: bool;

    /// The highest descriptor number that can be watched, if there is one.
    const MAX_DESCRIPTOR: Option<RawFd>;

    /// Makes a poller that always watches `notifier` for reading. The driver keeps the notifier
    /// open for longer than it keeps the poller.
    fn open(notifier: &Notifier) -> io::Result<Self>;

    /// An op began to wait for `direction` of `handle`, where none waited. The op holds the
    /// handle, so the descriptor is open until [`Poller::unwatch`].
    fn watch(&mut self, handle: &Handle, direction: Direction) -> io::Result<()>;

    /// No op waits for `direction` any more, if one did.
    fn unwatch(&mut self, descriptor: RawFd, direction: Direction);

    /// Waits until something is ready or `timeout` has passed, and appends what is ready. No
    /// timeout means no limit; zero means *look, don't wait*.
    fn wait(&mut self, timeout: Option<Timespec>, ready: &mut Vec<Ready>)
    -> rustix::io::Result<()>;

    /// Syscalls made so far.
    fn syscalls(&self) -> u64;
}

/// A descriptor that is ready, as a poller reports it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// Its number.
    pub(crate) descriptor: RawFd,
    /// To be read from, or accepted from.
    pub(crate) read: bool,
    /// To be written to, or connected.
    pub(crate) write: bool,
    /// An end of the stream or an error: it lasts, and an edge-triggered poller does not report
    /// it again.
    pub(crate) lasting: bool,
}
