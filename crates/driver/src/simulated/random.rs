//! Numbers that look random and follow from a seed.

/// SplitMix64 (Steele, Lea and Flood, 2014): all that a simulation needs, in one word of state.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The numbers of this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not zero. The bias is that of a modulus by a small
    /// number: of no account here.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Whether an event of this probability, 0.0 to 1.0, happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        // 53 bits are what an f64 holds exactly.
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        unit < probability
    }

    /// Puts `items` in another order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_reference() {
        // From the reference implementation, https://prng.di.unimi.it/splitmix64.c, seed 0.
        let mut random = Random::new(0);
        assert_eq!(random.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(random.next(), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn certain_events_happen_and_impossible_ones_do_not() {
        let mut random = Random::new(1);
        assert!((0..1000).all(|_| random.happens(1.0)));
        assert!((0..1000).all(|_| !random.happens(0.0)));
    }
}
