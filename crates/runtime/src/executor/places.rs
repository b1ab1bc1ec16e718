//! Values under dense numbers that are used again.
//!
//! Left out on purpose: telling the users of one number apart, which is its user's own to do.

use std::ops::{Index, IndexMut};

/// Values, each under a number that it keeps until it is freed.
pub(crate) struct Places<T> {
    values: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }
}

impl<T> Places<T> {
    /// Puts `value` where there is room; gives its number.
    pub(crate) fn put(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.values[index as usize] = value;
                index
            }
            None => {
                self.values.push(value);
                (self.values.len() - 1) as u32
            }
        }
    }

    /// Lets the next one have the number. The value stays until then.
    pub(crate) fn free(&mut self, index: u32) {
        self.free.push(index);
    }

    /// All values, those under freed numbers too.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.iter_mut()
    }

    /// How many numbers there have been at once, at most.
    #[cfg(test)]
    pub(super) fn most(&self) -> usize {
        self.values.len()
    }
}

impl<T> Index<u32> for Places<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        &self.values[index as usize]
    }
}

impl<T> IndexMut<u32> for Places<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.values[index as usize]
    }
}
