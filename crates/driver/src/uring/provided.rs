//! Memory that the kernel picks from when there is something to receive.
//!
//! A receive that waits holds no memory: the kernel takes it from this ring when bytes have
//! arrived, and names it in the completion (`IORING_REGISTER_PBUF_RING`, Linux 5.19). From
//! Linux 6.16 on (`IOU_PBUF_RING_INC`) one slab serves one receive after another until it is full,
//! so that ten thousand short messages lie close together; before, each receive uses one up. A
//! receive that finds the ring dry ends with `ENOBUFS`, has taken nothing, and is made again.
//!
//! Left out on purpose: giving memory back to the system while the driver lives.

#![expect(unsafe_code, reason = "shares a ring of buffers with the kernel")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::collections::VecDeque;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;
use rustix::io::Errno;

use super::slab::{FilledPart, Slab};
use crate::{BufferPool, Lease};

/// The group under which the kernel knows the ring.
pub(super) const GROUP: u16 = 0;

/// Most slabs in the ring.
const MOST: u16 = 4096;

/// Slabs in the ring at first. It grows when it ran dry, so that a program with few connections
/// stays in its cache.
const FIRST: u16 = 16;

/// Slabs that have come back are used again in turn; of those that have not, so many are looked
/// at before a new one is made.
const LOOKS: usize = 4;

/// The ring needs to start at a page.
const PAGE: usize = 4096;

/// Receives fill one slab after another instead of using up one each.
const INCREMENTAL: u16 = 2;

/// The first kernel whose completions come in the order in which their bytes lie in a slab. There
/// is `IOU_PBUF_RING_INC` from 6.12 on, but a multishot completion could overtake another one until
/// "io_uring: ensure deferred completions are flushed for multishot".
const IN_ORDER: (u32, u32) = (6, 16);

/// A ring of slabs, lent to the kernel.
pub(super) struct ProvidedBuffers {
    entries: NonNull<BufRingEntry>,
    tail: u16,
    /// Slabs that the kernel has, by their id.
    lent: Vec<Option<Lent>>,
    spare_ids: Vec<u16>,
    /// Slabs that are full; some of their parts may be on lease.
    full: VecDeque<Arc<Slab>>,
    slab_bytes: usize,
    /// How many slabs the kernel is to have.
    target: u16,
    ran_dry: bool,
}

struct Lent {
    slab: Arc<Slab>,
    filled: usize,
}

/// Whether the kernel goes on filling a slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlabUse {
    /// The next receive continues behind this one.
    GoesOn,
    /// The kernel has given it back.
    Over,
}

impl ProvidedBuffers {
    /// Makes a ring and tells the kernel of it.
    ///
    /// # Errors
    /// What `io_uring_register(2)` says: `EINVAL` from a kernel that has no such rings.
    pub(super) fn register(submitter: &Submitter<'_>, slab_bytes: usize) -> io::Result<Self> {
        if kernel_version().is_none_or(|version| version < IN_ORDER) {
            return Self::register_as(submitter, slab_bytes, 0);
        }
        match Self::register_as(submitter, slab_bytes, INCREMENTAL) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => {
                Self::register_as(submitter, slab_bytes, 0)
            }
            other => other,
        }
    }

    /// Makes a ring with the kernel's `flags` for such rings.
    pub(super) fn register_as(
        submitter: &Submitter<'_>,
        slab_bytes: usize,
        flags: u16,
    ) -> io::Result<Self> {
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
            full: VecDeque::new(),
            slab_bytes,
            target: FIRST,
            ran_dry: false,
        };
        let address = entries.as_ptr() as u64;
        // SAFETY: the ring is zeroed, page-aligned and long enough for its entries, and stays
        // until the io_uring that knows it is gone: see `Uring`'s drop.
        unsafe { submitter.register_buf_ring_with_flags(address, MOST, GROUP, flags) }?;
        Ok(ring)
    }

    /// Gives the kernel slabs until it has as many as it is to have: twice as many as before, if
    /// a receive found none.
    pub(super) fn refill(&mut self) {
        if std::mem::take(&mut self.ran_dry) {
            self.target = (self.target * 2).min(MOST);
        }
        let before = self.tail;
        while MOST - (self.spare_ids.len() as u16) < self.target {
            let Some(id) = self.spare_ids.pop() else { break };
            let slab = self.empty_slab();
            self.offer(id, slab);
        }
        if self.tail != before {
            self.publish();
        }
    }

    /// Takes what the kernel put in a slab: `len` bytes behind those before. None if there are
    /// none.
    pub(super) fn take(&mut self, id: u16, len: usize, slab_use: SlabUse) -> Option<Lease> {
        let place = self.lent.get_mut(usize::from(id))?;
        let lent = place.as_mut()?;
        let from = lent.filled;
        lent.filled += len;
        // SAFETY: the kernel has just written these bytes, and goes on behind them; the slab is
        // offered again only when it has no other owner.
        let part = (len > 0).then(|| unsafe { FilledPart::new(&lent.slab, from, from + len) });
        if slab_use == SlabUse::Over
            && let Some(lent) = place.take()
        {
            self.spare_ids.push(id);
            self.retire(lent.slab);
        }
        part.map(Lease::of_part)
    }

    /// Notes that a receive found the ring dry.
    pub(super) fn grow(&mut self) {
        self.ran_dry = true;
    }

    /// Keeps a full slab for later, unless there are many.
    fn retire(&mut self, slab: Arc<Slab>) {
        if self.full.len() * self.slab_bytes < BufferPool::KEPT_BYTES {
            self.full.push_back(slab);
        }
    }

    /// A slab that nobody else has.
    fn empty_slab(&mut self) -> Arc<Slab> {
        for _ in 0..LOOKS.min(self.full.len()) {
            let Some(mut slab) = self.full.pop_front() else { break };
            if Arc::get_mut(&mut slab).is_some() {
                return slab;
            }
            self.full.push_back(slab);
        }
        Arc::new(Slab::new(self.slab_bytes))
    }

    fn offer(&mut self, id: u16, slab: Arc<Slab>) {
        let index = usize::from(self.tail & (MOST - 1));
        // SAFETY: the index is below the ring's length.
        let place = unsafe { self.entries.add(index) };
        // SAFETY: the place is in the ring, and the kernel reads it only after `publish`.
        let entry = unsafe { &mut *place.as_ptr() };
        entry.set_addr(slab.as_ptr() as u64);
        entry.set_len(slab.len() as u32);
        entry.set_bid(id);
        self.lent[usize::from(id)] = Some(Lent { slab, filled: 0 });
        self.tail = self.tail.wrapping_add(1);
    }

    /// Lets the kernel see the slabs offered so far.
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

/// The two first numbers of the running kernel's version.
fn kernel_version() -> Option<(u32, u32)> {
    version_of(rustix::system::uname().release().to_str().ok()?)
}

fn version_of(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|other: char| !other.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

impl Drop for ProvidedBuffers {
    fn drop(&mut self) {
        // SAFETY: allocated in `register_as` with this layout, and freed only here.
        unsafe { dealloc(self.entries.as_ptr().cast(), Self::layout()) };
    }
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn versions_are_read_whatever_follows_them() {
        for (release, version) in [
            ("6.18.44-fc-v595", Some((6, 18))),
            ("5.15.0-91-generic", Some((5, 15))),
            ("6.16-rc3", Some((6, 16))),
            ("7.0", Some((7, 0))),
            ("custom", None),
            ("6", None),
        ] {
            assert_eq!(version_of(release), version, "{release}");
        }
    }
}
