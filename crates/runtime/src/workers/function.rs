//! Functions by their place in the executable.
//!
//! A worker process is the same executable, loaded elsewhere: a function's distance from a known
//! one is the same in both.

#![expect(unsafe_code, reason = "a function pointer is made from the place that the parent named")]

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::worker_entry;

/// A function's distance in bytes from `worker_entry`, in the executable that both stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionPlace(isize);

/// A function pointer type, which is what a place can be turned into.
///
/// # Safety
/// Only for types that are function pointers: of pointer size, and valid if they point to a
/// function of that type.
pub(super) unsafe trait FunctionPointer: Copy {}

// SAFETY: function pointers.
unsafe impl<A, B, R> FunctionPointer for fn(A, B) -> R {}

impl FunctionPlace {
    /// The place of the function at `address`; none if it is not in the executable.
    pub(super) fn of(address: usize) -> Option<Self> {
        let text = own_text()?;
        text.contains(&address).then(|| Self(address.wrapping_sub(anchor()) as isize))
    }

    /// The function at this place in the calling process.
    ///
    /// # Safety
    /// The place must have been made from a function of type `F`, in the same executable.
    pub(super) unsafe fn resolve<F: FunctionPointer>(self) -> Option<F> {
        const { assert!(size_of::<F>() == size_of::<usize>()) };
        let address = anchor().wrapping_add_signed(self.0);
        if !own_text()?.contains(&address) {
            return None;
        }
        let pointer = address as *const ();
        // SAFETY: the caller promises that a function of type `F` stands at this place of this
        // executable, the address is in its mapped text, and `F` is a function pointer by its
        // trait, of this size by the assertion above.
        Some(unsafe { std::mem::transmute_copy::<*const (), F>(&pointer) })
    }
}

fn anchor() -> usize {
    worker_entry as fn() as usize
}

/// Where the executable's code is mapped in this process: the executable mapping that
/// `worker_entry` itself stands in.
fn own_text() -> Option<Range<usize>> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let anchor = anchor();
    maps.lines().find_map(|line| {
        let (start, rest) = line.split_once('-')?;
        let (end, _) = rest.split_once(' ')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let range = start..usize::from_str_radix(end, 16).ok()?;
        range.contains(&anchor).then_some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Adder = fn(u32, u32) -> u32;

    fn add(left: u32, right: u32) -> u32 {
        left + right
    }

    #[test]
    fn a_function_of_this_executable_is_found_again() {
        let place = FunctionPlace::of(add as Adder as usize).unwrap();
        // SAFETY: the place was made from a function of this type, in this process.
        let found = unsafe { place.resolve::<Adder>() }.unwrap();
        assert_eq!(found(40, 2), 42);
    }

    #[test]
    fn what_is_not_in_the_executable_has_no_place() {
        let on_the_stack = 0u8;
        assert_eq!(FunctionPlace::of(&raw const on_the_stack as usize), None);
        // SAFETY: no function is made, because the place is outside of the text.
        assert!(unsafe { FunctionPlace(isize::MAX / 2).resolve::<Adder>() }.is_none());
    }
}
