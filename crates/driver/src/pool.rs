//! Buffers that a driver lends.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::uring::FilledPart;

/// Buffers that ops borrow, so that an op which waits holds none.
///
/// Cheap to clone; all clones are one pool. It grows when it is empty, and keeps what comes back
/// up to [`BufferPool::KEPT_BYTES`].
#[derive(Clone)]
pub struct BufferPool(Arc<Shared>);

struct Shared {
    buffer_bytes: usize,
    free: Mutex<Resting>,
}

/// A buffer goes in and out in the box that a lease has.
type Resting = Vec<Box<Own>>;

impl BufferPool {
    /// Most bytes that an idle pool keeps; buffers past it go back to the allocator.
    pub const KEPT_BYTES: usize = 64 << 20;

    /// A pool of buffers with `buffer_bytes` of room each.
    #[must_use]
    pub fn new(buffer_bytes: usize) -> Self {
        Self(Arc::new(Shared { buffer_bytes, free: Mutex::default() }))
    }

    /// Bytes of room in each buffer.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.0.buffer_bytes
    }

    /// How many buffers wait to be lent.
    #[must_use]
    pub fn idle(&self) -> usize {
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Lends an empty buffer.
    #[must_use]
    pub fn lease(&self) -> Lease {
        let kept = self.0.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut own = kept.unwrap_or_else(|| Own::boxed(Vec::with_capacity(self.0.buffer_bytes)));
        own.home = Some(self.clone());
        Lease(Memory::Own(own))
    }

    /// Takes a buffer back.
    fn give_back(&self, mut own: Box<Own>) {
        let grown = own.buffer.capacity() > 2 * self.0.buffer_bytes;
        if grown || own.buffer.capacity() < self.0.buffer_bytes {
            return;
        }
        own.buffer.clear();
        own.start = 0;
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        if (free.len() + 1) * self.0.buffer_bytes <= Self::KEPT_BYTES {
            free.push(own);
        }
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BufferPool({} free of {} bytes)", self.idle(), self.0.buffer_bytes)
    }
}

/// Bytes on loan from a driver; dropping them gives their memory back.
///
/// The memory is a buffer of a [`BufferPool`], or a part of one that the kernel filled for several
/// receives; that one is used again when all its parts have come back.
///
/// It is small, because ops and their results have room for one.
pub struct Lease(Memory);

enum Memory {
    Nothing,
    Own(Box<Own>),
    Part(FilledPart),
}

/// A buffer that one lease has alone.
struct Own {
    buffer: Vec<u8>,
    /// Bytes at its front that are left out.
    start: usize,
    /// None while it rests in its pool, and for one that has no pool.
    home: Option<BufferPool>,
}

impl Own {
    fn boxed(buffer: Vec<u8>) -> Box<Self> {
        Box::new(Self { buffer, start: 0, home: None })
    }
}

impl Lease {
    /// A lease of what the kernel put in memory that it chose itself.
    pub(crate) fn of_part(part: FilledPart) -> Self {
        Self(Memory::Part(part))
    }

    /// Leaves out the first `count` bytes from here on: all of them, if there are not so many.
    pub fn advance(&mut self, count: usize) {
        match &mut self.0 {
            Memory::Nothing => {}
            Memory::Own(own) => own.start = own.start.saturating_add(count).min(own.buffer.len()),
            Memory::Part(part) => part.advance(count),
        }
    }

    /// The buffer, to fill. A part has no room, and is copied to where there is some.
    pub(crate) fn buffer_mut(&mut self) -> &mut Vec<u8> {
        if !matches!(self.0, Memory::Own(_)) {
            self.0 = Memory::Own(Own::boxed(self.to_vec()));
        }
        match &mut self.0 {
            Memory::Own(own) => &mut own.buffer,
            Memory::Nothing | Memory::Part(_) => unreachable!("copied above"),
        }
    }
}

/// Nothing, as the end of a stream gives.
impl Default for Lease {
    fn default() -> Self {
        Self(Memory::Nothing)
    }
}

impl Deref for Lease {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Memory::Nothing => &[],
            Memory::Own(own) => &own.buffer[own.start..],
            Memory::Part(part) => part,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Memory::Own(mut own) = std::mem::replace(&mut self.0, Memory::Nothing)
            && let Some(home) = own.home.take()
        {
            home.give_back(own);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lease_is_lent_again() {
        let pool = BufferPool::new(4096);
        let first = pool.lease();
        let address = first.as_ptr();
        drop(first);
        assert_eq!(pool.lease().as_ptr(), address);
    }

    #[test]
    fn what_is_left_out_is_gone_from_the_front() {
        let mut lease = BufferPool::new(16).lease();
        lease.buffer_mut().extend(b"abc");
        lease.advance(1);
        assert_eq!(&*lease, b"bc");
        lease.advance(usize::MAX);
        assert!(lease.is_empty());
    }

    #[test]
    fn a_grown_buffer_does_not_stay() {
        let pool = BufferPool::new(16);
        let mut lease = pool.lease();
        lease.buffer_mut().resize(1 << 20, 0);
        drop(lease);
        assert_eq!(format!("{pool:?}"), "BufferPool(0 free of 16 bytes)");
    }
}
