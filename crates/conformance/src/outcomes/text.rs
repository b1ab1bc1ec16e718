//! Bytes of a random program, in a form that stays readable when a program that failed is printed.

use bytes::Bytes;
use proptest::prelude::{Strategy, any};

/// Bytes that count up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    length: usize,
    first: u8,
}

impl Text {
    /// Texts with one of these lengths.
    pub(super) fn of_length(lengths: impl Strategy<Value = usize>) -> impl Strategy<Value = Self> {
        (lengths, any::<u8>()).prop_map(|(length, first)| Self { length, first })
    }

    /// How many bytes.
    pub(super) fn len(self) -> usize {
        self.length
    }

    /// The bytes.
    pub(super) fn bytes(self) -> Bytes {
        (0..self.length).map(|index| self.first.wrapping_add(index as u8)).collect()
    }
}
