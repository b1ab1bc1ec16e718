//! Buffers that a driver lends.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Buffers that ops borrow, so that an op which waits holds none.
///
/// Cheap to clone; all clones are one pool. It grows when it is empty, and keeps what comes back
/// up to [`BufferPool::KEPT_BYTES`].
#[derive(Clone)]
pub struct BufferPool(Arc<Shared>);

struct Shared {
    buffer_bytes: usize,
    free: Mutex<Vec<Vec<u8>>>,
}

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
        self.lend(self.take())
    }

    /// An empty buffer that is not on lease yet; for a driver that hands buffers to the kernel
    /// and learns only later which op they served.
    pub(crate) fn take(&self) -> Vec<u8> {
        let kept = self.0.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Vec::with_capacity(self.0.buffer_bytes))
    }

    /// Puts a buffer that came from [`BufferPool::take`] on lease.
    pub(crate) fn lend(&self, buffer: Vec<u8>) -> Lease {
        Lease { buffer, home: self.clone() }
    }

    /// Takes a buffer back.
    pub(crate) fn give_back(&self, mut buffer: Vec<u8>) {
        let grown = buffer.capacity() > 2 * self.0.buffer_bytes;
        if grown || buffer.capacity() < self.0.buffer_bytes {
            return;
        }
        buffer.clear();
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        if (free.len() + 1) * self.0.buffer_bytes <= Self::KEPT_BYTES {
            free.push(buffer);
        }
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BufferPool({} free of {} bytes)", self.idle(), self.0.buffer_bytes)
    }
}

/// A buffer on loan from a [`BufferPool`]; dropping it gives it back.
pub struct Lease {
    buffer: Vec<u8>,
    home: BufferPool,
}

impl Lease {
    /// The buffer, to fill.
    pub(crate) fn buffer_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }
}

impl Deref for Lease {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.home.give_back(std::mem::take(&mut self.buffer));
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({} bytes)", self.buffer.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lease_is_lent_again() {
        let pool = BufferPool::new(4096);
        let first = pool.lease();
        let address = first.buffer.as_ptr();
        drop(first);
        assert_eq!(pool.lease().buffer.as_ptr(), address);
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
