//! Ends a driver's wait from another thread.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;
use rustix::thread::futex;

/// Nobody has notified since the driver looked.
const QUIET: u32 = 0;

/// Somebody has.
const PENDING: u32 = 1;

/// Ends a driver's wait from another thread; notifications before a wait end that wait at once.
///
/// An `eventfd(2)` for a driver that waits for descriptors, and a `futex(2)` for one that waits
/// for nothing else when it has nothing to do: ten thousand threads with a blocking driver each
/// then have no descriptor of their own. Notifications that come before the driver looked are one.
#[derive(Clone, Debug)]
pub struct Notifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pending: AtomicU32,
    /// None where the driver waits for `pending` itself.
    descriptor: Option<OwnedFd>,
}

impl Notifier {
    /// A notifier that nobody has used yet, with a descriptor to wait for.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self::with(Some(descriptor)))
    }

    /// A notifier for a driver that waits by [`Notifier::wait`].
    pub(crate) fn without_descriptor() -> Self {
        Self::with(None)
    }

    fn with(descriptor: Option<OwnedFd>) -> Self {
        Self(Arc::new(Inner { pending: AtomicU32::new(QUIET), descriptor }))
    }

    /// Ends the driver's wait, or the next one if it is not waiting.
    pub fn notify(&self) {
        if self.0.pending.swap(PENDING, Ordering::AcqRel) == PENDING {
            return;
        }
        // An eventfd's counter cannot overflow from one write per clear, and no other error is
        // possible on a descriptor, or on a word of memory, that we own.
        match &self.0.descriptor {
            Some(descriptor) => {
                let _ = rustix::io::write(descriptor, &1u64.to_ne_bytes());
            }
            None => {
                let _ = futex::wake(&self.0.pending, futex::Flags::PRIVATE, 1);
            }
        }
    }

    /// Waits for a notification, no longer than `timeout`, and forgets it: one system call.
    ///
    /// # Errors
    /// What `futex(2)` said, if it was none of the ends that a wait may have.
    pub(crate) fn wait(&self, timeout: Option<&Timespec>) -> io::Result<()> {
        let waited = futex::wait(&self.0.pending, futex::Flags::PRIVATE, QUIET, timeout);
        self.0.pending.swap(QUIET, Ordering::AcqRel);
        match waited {
            Ok(()) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a notification waits to be cleared.
    pub(crate) fn is_pending(&self) -> bool {
        self.0.pending.load(Ordering::Acquire) == PENDING
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
        self.0.pending.swap(QUIET, Ordering::AcqRel);
        if let Some(descriptor) = &self.0.descriptor {
            let mut counter = [0u8; 8];
            let _ = rustix::io::read(descriptor, &mut counter);
        }
    }
}

/// For the driver that waits for it.
///
/// # Panics
/// That of a driver which does not overlap has none: it waits for nothing else.
impl AsFd for Notifier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let descriptor = self.0.descriptor.as_ref();
        descriptor
            .expect("only a driver that made its notifier with a descriptor asks for it")
            .as_fd()
    }
}
