//! A shared descriptor.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::op::Direction;
use crate::wait_limit::WaitLimit;
use crate::{SocketKind, Unclaimed, counted_call};

/// A descriptor that ops share; it closes when the last reference goes.
///
/// An op in flight holds a reference, so a descriptor never closes under it. Every handle has an
/// `id` that is never used again in this process: descriptor *numbers* are, and a driver that
/// remembers something about a number compares the id first.
#[derive(Clone)]
pub struct Handle(Arc<Inner>);

struct Inner {
    descriptor: OwnedFd,
    /// Counts the close of `descriptor`.
    closing: Closing,
    id: u64,
    carries: SocketKind,
    /// Where it is a blocking socket: for reading, and for writing.
    wait_limits: [WaitLimit; 2],
    /// Made when the first result stays unclaimed, which is rare.
    unclaimed: OnceLock<Box<Mutex<Unclaimed>>>,
}

impl Handle {
    /// Shares `descriptor`.
    ///
    /// A socket must be in the mode that its driver wants; sockets that a driver made are.
    #[must_use]
    pub fn new(descriptor: OwnedFd) -> Self {
        Self::carrying(SocketKind::Stream, descriptor)
    }

    /// Shares a socket that carries `kind`, as [`Handle::new`] does with one for streams. A
    /// driver has to know: a short count means that a stream is drained, and nothing of
    /// datagrams.
    #[must_use]
    pub fn carrying(kind: SocketKind, descriptor: OwnedFd) -> Self {
        Self::with(kind, descriptor, [WaitLimit::new(), WaitLimit::new()])
    }

    /// Shares a connection that this socket accepted.
    pub(crate) fn accepted(&self, descriptor: OwnedFd) -> Self {
        let limits = self.0.wait_limits.each_ref().map(WaitLimit::of_accepted);
        Self::with(SocketKind::Stream, descriptor, limits)
    }

    fn with(carries: SocketKind, descriptor: OwnedFd, wait_limits: [WaitLimit; 2]) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Inner {
            descriptor,
            closing: Closing,
            id,
            carries,
            wait_limits,
            unclaimed: OnceLock::new(),
        }))
    }

    /// How long its calls wait in one direction, where it is a blocking socket.
    pub(crate) fn wait_limit(&self, direction: Direction) -> &WaitLimit {
        match direction {
            Direction::Read => &self.0.wait_limits[0],
            Direction::Write => &self.0.wait_limits[1],
        }
    }

    /// Whether it is a socket for datagrams.
    #[must_use]
    pub fn carries_datagrams(&self) -> bool {
        self.0.carries == SocketKind::Datagram
    }

    /// A number that no other handle of this process has or will have.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Something that knows when the last reference is gone, and is none itself.
    #[must_use]
    pub fn witness(&self) -> Witness {
        Witness(Arc::downgrade(&self.0))
    }

    /// The results that nobody claimed, if there ever were any.
    pub(crate) fn shelf(&self) -> Option<&Mutex<Unclaimed>> {
        self.0.unclaimed.get().map(|shelf| &**shelf)
    }

    /// As [`Handle::shelf`], made if there is none.
    pub(crate) fn shelf_or_new(&self) -> &Mutex<Unclaimed> {
        self.0.unclaimed.get_or_init(Box::default)
    }

    /// The descriptor, if this is the last reference to it.
    #[must_use]
    pub fn into_descriptor(self) -> Option<OwnedFd> {
        let Inner { descriptor, closing, .. } = Arc::into_inner(self.0)?;
        // The caller closes it.
        std::mem::forget(closing);
        Some(descriptor)
    }
}

/// Dropped with a descriptor, whose close it counts. It is no `Drop` of `Inner`, out of which the
/// descriptor could not be moved then, and in an `Option` each use of it would have to be checked.
struct Closing;

impl Drop for Closing {
    fn drop(&mut self) {
        counted_call(|| ());
    }
}

/// Outlives a [`Handle`] and knows whether it is gone.
#[derive(Clone)]
pub struct Witness(Weak<Inner>);

impl Witness {
    /// The handle, if somebody holds it still.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        self.0.upgrade().map(Handle)
    }

    /// Whether nobody holds the handle any more.
    pub(crate) fn handle_is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl From<OwnedFd> for Handle {
    fn from(descriptor: OwnedFd) -> Self {
        Self::new(descriptor)
    }
}

impl AsFd for Handle {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.descriptor.as_fd()
    }
}

impl AsRawFd for Handle {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle(fd {})", self.as_raw_fd())
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Handle {}
