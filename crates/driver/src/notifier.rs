//! Ends a driver's wait from another thread.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// Ends a driver's wait from another thread; notifications before a wait end that wait at once.
///
/// An `eventfd(2)`. Notifications that come before the driver looked are one.
#[derive(Clone, Debug)]
pub struct Notifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    descriptor: OwnedFd,
    pending: AtomicBool,
}

impl Notifier {
    /// A notifier that nobody has used yet.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Inner { descriptor, pending: AtomicBool::new(false) })))
    }

    /// Ends the driver's wait, or the next one if it is not waiting.
    pub fn notify(&self) {
        if !self.0.pending.swap(true, Ordering::AcqRel) {
            // An eventfd's counter cannot overflow from one write per clear, and no other
            // error is possible on a descriptor that we own.
            let _ = rustix::io::write(&self.0.descriptor, &1u64.to_ne_bytes());
        }
    }

    /// Whether a notification waits to be cleared.
    pub(crate) fn is_pending(&self) -> bool {
        self.0.pending.load(Ordering::Acquire)
    }

    /// Forgets the notifications so far; returns whether there were any. The driver calls it
    /// when its wait ends, before it looks at what the notification was about.
    pub(crate) fn clear(&self) -> bool {
        let any = self.is_pending();
        if any {
            self.silence();
        }
        any
    }

    /// Makes the descriptor unreadable; for a driver that was woken by it.
    ///
    /// The descriptor can be readable with nothing pending: a `clear` between the two halves of
    /// a `notify` forgets the notification before it is written. Whoever then waited for the
    /// descriptor without silencing it would never sleep again.
    pub(crate) fn silence(&self) {
        // In this order: a notification that comes between the two stays pending. In the other
        // one it would see its forerunner pending, write nothing, and be forgotten with it.
        self.0.pending.swap(false, Ordering::AcqRel);
        let mut counter = [0u8; 8];
        let _ = rustix::io::read(&self.0.descriptor, &mut counter);
    }
}

impl AsFd for Notifier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.descriptor.as_fd()
    }
}
