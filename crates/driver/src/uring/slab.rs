//! Memory that the kernel fills from its start on, for one receive after another.
//!
//! A part that is filled is never written again while anybody has it: the kernel goes on behind
//! it, and gets the slab anew only when all parts have come back.
//!
//! Left out on purpose: which slab the kernel has, and when (see `provided`).

#![expect(unsafe_code, reason = "reads memory beside the place where the kernel writes")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

/// A stretch of memory that the kernel fills in pieces.
#[derive(Debug)]
pub(super) struct Slab {
    memory: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory is the slab's own, and shared references read only what is filled, which
// nobody writes.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Slab {
    /// A slab of `len` bytes, at least one.
    pub(super) fn new(len: usize) -> Self {
        let layout = Layout::array::<u8>(len.max(1)).expect("far below isize::MAX");
        // SAFETY: the layout's size is not zero.
        let memory = unsafe { alloc(layout) };
        let Some(memory) = NonNull::new(memory) else { handle_alloc_error(layout) };
        Self { memory, layout }
    }

    /// Where it begins, for the kernel.
    pub(super) fn as_ptr(&self) -> *mut u8 {
        self.memory.as_ptr()
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, and freed only here.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) };
    }
}

/// A part of a slab that the kernel has filled.
#[derive(Debug)]
pub(crate) struct FilledPart {
    slab: Arc<Slab>,
    from: u32,
    to: u32,
}

impl FilledPart {
    /// The bytes of `slab` in `from..to`, no further than its end.
    ///
    /// # Safety
    /// The kernel must have written all of them, and nobody may write there while the part lives.
    pub(super) unsafe fn new(slab: &Arc<Slab>, from: usize, to: usize) -> Self {
        let to = to.min(slab.len());
        Self { slab: Arc::clone(slab), from: from.min(to) as u32, to: to as u32 }
    }
}

impl FilledPart {
    /// Leaves out the first `count` bytes, or all of them if there are not so many.
    pub(crate) fn advance(&mut self, count: usize) {
        self.from += count.min(self.len()) as u32;
    }
}

impl Deref for FilledPart {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let len = (self.to - self.from) as usize;
        // SAFETY: `from` is not past the slab's end.
        let start = unsafe { self.slab.memory.add(self.from as usize) };
        // SAFETY: the bytes are within the slab, filled, and not written while the part lives,
        // as `new` was promised.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_outlive_the_owner_and_end_at_the_slabs_end() {
        let slab = Arc::new(Slab::new(4));
        // SAFETY: there is room for the four bytes, and nobody reads yet.
        unsafe { slab.as_ptr().copy_from_nonoverlapping(b"abcd".as_ptr(), 4) };
        // SAFETY: written above.
        let first = unsafe { FilledPart::new(&slab, 0, 2) };
        // SAFETY: written above, as far as the slab goes.
        let rest = unsafe { FilledPart::new(&slab, 2, 99) };
        drop(slab);
        assert_eq!((&*first, &*rest), (&b"ab"[..], &b"cd"[..]));
    }
}
