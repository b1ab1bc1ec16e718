//! Sums that stay below the greatest number. A record may come from anywhere, and nonsense in it must
//! not end the program that judges it.

/// A sum that stops at the greatest number.
pub(super) trait Total: Iterator<Item = u64> + Sized {
    /// All of them together; [`u64::MAX`] where that is more.
    fn total(self) -> u64 {
        self.fold(0, u64::saturating_add)
    }
}

impl<I: Iterator<Item = u64>> Total for I {}

#[cfg(test)]
mod tests {
    use super::Total;

    #[test]
    fn sums_stop_at_the_greatest_number() {
        assert_eq!([1, 2, 3].into_iter().total(), 6);
        assert_eq!([u64::MAX, 2, 3].into_iter().total(), u64::MAX);
    }
}
