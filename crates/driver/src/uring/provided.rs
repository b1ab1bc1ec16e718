//! Buffers that the kernel picks from when there is something to receive.
//!
//! A receive that waits holds no memory: the kernel takes a buffer from this ring when bytes
//! have arrived, and names it in the completion (`IORING_REGISTER_PBUF_RING`, Linux 5.19). A
//! receive that finds the ring dry ends with `ENOBUFS`, has taken nothing, and is made again.
//!
//! Left out on purpose: incremental use of a buffer by several receives, which would tie a lease
//! to its neighbours.

#![expect(unsafe_code, reason = "shares a ring of buffers with the kernel")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

use crate::BufferPool;

/// The group under which the kernel knows the ring.
pub(super) const GROUP: u16 = 0;

/// Most buffers in the ring: what 10,000 connections that are all ready use up in few rounds.
const MOST: u16 = 4096;

/// Buffers in the ring at first. It grows when it ran dry, so that a program with few
/// connections stays in its cache.
const FIRST: u16 = 64;

/// The ring needs to start at a page.
const PAGE: usize = 4096;

/// A ring of buffers, lent to the kernel.
pub(super) struct ProvidedBuffers {
    entries: NonNull<BufRingEntry>,
    tail: u16,
    /// Buffers that the kernel has, by their id.
    lent: Vec<Option<Vec<u8>>>,
    spare_ids: Vec<u16>,
    /// How many buffers the kernel is to have.
    target: u16,
}

impl ProvidedBuffers {
    /// Makes a ring and tells the kernel of it.
    ///
    /// # Errors
    /// What `io_uring_register(2)` says: `EINVAL` from a kernel that has no such rings.
    pub(super) fn register(submitter: &Submitter<'_>) -> io::Result<Self> {
        let layout = Self::layout();
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { alloc_zeroed(layout) };
        let Some(entries) = NonNull::new(memory.cast::<BufRingEntry>()) else {
            handle_alloc_error(layout)
        };
        let ring = Self {
            entries,
            tail: 0,
            lent: std::iter::repeat_with(|| None).take(MOST.into()).collect(),
            spare_ids: (0..MOST).rev().collect(),
            target: FIRST,
        };
        let address = entries.as_ptr() as u64;
        // SAFETY: the ring is zeroed, page-aligned and long enough for its entries, and stays
        // until the io_uring that knows it is gone: see `Uring`'s drop.
        unsafe { submitter.register_buf_ring_with_flags(address, MOST, GROUP, 0) }?;
        Ok(ring)
    }

    /// Gives the kernel buffers until it has as many as it is to have.
    pub(super) fn refill(&mut self, pool: &BufferPool) {
        let before = self.tail;
        while self.lent_count() < self.target {
            let Some(id) = self.spare_ids.pop() else { break };
            self.offer(id, pool.take());
        }
        if self.tail != before {
            self.publish();
        }
    }

    /// Takes back a buffer that the kernel filled with `len` bytes.
    pub(super) fn take(&mut self, id: u16, len: usize) -> Option<Vec<u8>> {
        let mut buffer = self.lent.get_mut(usize::from(id))?.take()?;
        self.spare_ids.push(id);
        // SAFETY: the kernel wrote `len` bytes, at most the capacity that it was told.
        unsafe { buffer.set_len(len.min(buffer.capacity())) };
        Some(buffer)
    }

    /// Notes that a receive found the ring dry: one buffer more would have served it.
    pub(super) fn grow(&mut self) {
        self.target = (self.target + 1).min(MOST);
    }

    fn lent_count(&self) -> u16 {
        MOST - self.spare_ids.len() as u16
    }

    fn offer(&mut self, id: u16, mut buffer: Vec<u8>) {
        let index = usize::from(self.tail & (MOST - 1));
        // SAFETY: the index is below the ring's length.
        let place = unsafe { self.entries.add(index) };
        // SAFETY: the place is in the ring, and the kernel reads it only after `publish`.
        let entry = unsafe { &mut *place.as_ptr() };
        entry.set_addr(buffer.as_mut_ptr() as u64);
        entry.set_len(buffer.capacity() as u32);
        entry.set_bid(id);
        self.lent[usize::from(id)] = Some(buffer);
        self.tail = self.tail.wrapping_add(1);
    }

    /// Lets the kernel see the buffers offered so far.
    fn publish(&self) {
        // SAFETY: the pointer is to a ring of at least one entry.
        let tail = unsafe { BufRingEntry::tail(self.entries.as_ptr()) };
        // SAFETY: the tail is in the ring, aligned, and only we write it; the kernel reads it.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }

    fn layout() -> Layout {
        let bytes = usize::from(MOST) * size_of::<BufRingEntry>();
        Layout::from_size_align(bytes, PAGE).expect("a power of two, and far below isize::MAX")
    }
}

impl Drop for ProvidedBuffers {
    fn drop(&mut self) {
        // SAFETY: allocated in `register` with this layout, and freed only here.
        unsafe { dealloc(self.entries.as_ptr().cast(), Self::layout()) };
    }
}
