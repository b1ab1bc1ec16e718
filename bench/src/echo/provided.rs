//! The hand-written io_uring server's buffers, from which the kernel picks.
//!
//! Left out on purpose: growing. There are as many as connections may be in flight, of which
//! memory is only what has been used.
#![expect(unsafe_code, reason = "shares a ring of buffers with the kernel")]

use std::io;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

/// How many there are.
pub(super) const BUFFERS: u16 = 16 << 10;
/// Bytes of each.
const BUFFER_BYTES: usize = 256;
/// The group under which the kernel knows them.
pub(super) const GROUP: u16 = 0;
/// No buffer has this number.
pub(super) const NO_BUFFER: u16 = u16::MAX;

/// Bytes of a page, at which the ring has to start.
const PAGE: usize = 4096;

/// A page of the ring's entries.
#[repr(C, align(4096))]
struct Page([u8; PAGE]);

/// Buffers, and the ring by which the kernel gets them.
pub(super) struct Provided {
    ring: Box<[Page]>,
    memory: Box<[u8]>,
    tail: u16,
    published: u16,
    /// Bytes that each buffer holds.
    pub(super) lengths: Vec<u32>,
    /// The buffer that is to be sent after each.
    pub(super) next: Vec<u16>,
}

impl Provided {
    /// Gives the kernel all buffers.
    ///
    /// # Errors
    /// What `io_uring_register(2)` says.
    pub(super) fn register(submitter: &Submitter<'_>) -> io::Result<Self> {
        let pages = usize::from(BUFFERS) * size_of::<BufRingEntry>() / PAGE;
        let ring: Box<[Page]> = (0..pages).map(|_| Page([0; PAGE])).collect();
        let count = usize::from(BUFFERS);
        let mut provided = Self {
            ring,
            memory: vec![0; count * BUFFER_BYTES].into_boxed_slice(),
            tail: 0,
            published: 0,
            lengths: vec![0; count],
            next: vec![NO_BUFFER; count],
        };
        let address = provided.ring.as_mut_ptr() as u64;
        // SAFETY: the ring is zeroed, page-aligned and has so many entries; the server that owns
        // it ends with the process.
        unsafe { submitter.register_buf_ring_with_flags(address, BUFFERS, GROUP, 0) }?;
        for buffer in 0..BUFFERS {
            provided.give_back(buffer);
        }
        provided.publish();
        Ok(provided)
    }

    /// The bytes in a buffer.
    pub(super) fn filled(&self, buffer: u16) -> &[u8] {
        let start = usize::from(buffer) * BUFFER_BYTES;
        &self.memory[start..start + self.lengths[usize::from(buffer)] as usize]
    }

    /// Puts a buffer into the ring; the kernel sees it after [`Self::publish`].
    pub(super) fn give_back(&mut self, buffer: u16) {
        let address = self.memory.as_mut_ptr().wrapping_add(usize::from(buffer) * BUFFER_BYTES);
        let place = self.tail & (BUFFERS - 1);
        let entries = self.ring.as_mut_ptr().cast::<BufRingEntry>();
        let entry = entries.wrapping_add(usize::from(place));
        // SAFETY: the place is within the ring, and the kernel reads it only once it is published.
        let entry = unsafe { &mut *entry };
        entry.set_addr(address as u64);
        entry.set_len(BUFFER_BYTES as u32);
        entry.set_bid(buffer);
        self.tail = self.tail.wrapping_add(1);
    }

    /// Lets the kernel see what was given back; says whether that was anything.
    pub(super) fn publish(&mut self) -> bool {
        if self.published == self.tail {
            return false;
        }
        self.published = self.tail;
        // SAFETY: the pointer is to a ring of at least one entry.
        let tail = unsafe { BufRingEntry::tail(self.ring.as_ptr().cast()) };
        // SAFETY: the tail is in the ring, aligned, and written only here; the kernel reads it.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        tail.store(self.tail, Ordering::Release);
        true
    }
}
