//! A value at an address that stays.
//!
//! Left out on purpose: who else has the address. The driver keeps the value until the kernel is
//! done with it.

#![expect(unsafe_code, reason = "owns an allocation that the kernel writes to, by its pointer")]

use std::ptr::NonNull;

/// A value on the heap that the kernel may read and write while its owner moves.
///
/// A `Box` says to the compiler that nobody else writes there; this says nothing of the kind.
#[derive(Debug)]
pub(super) struct Stable<T>(NonNull<T>);

impl<T> Stable<T> {
    pub(super) fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }

    /// Where the value is, for the kernel.
    pub(super) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// The value, once the kernel is done with it.
    pub(super) fn get(&self) -> &T {
        // SAFETY: the pointer came from a box that only `drop` takes back, and callers look
        // only after the kernel's completion, so that nothing writes during the borrow.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Stable<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box, and this is the only place that takes it back.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
