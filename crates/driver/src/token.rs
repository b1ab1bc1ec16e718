//! The name of an op in flight.

/// Names one op in flight on one driver.
///
/// Chosen by the caller. `index` must be dense (drivers keep a table indexed by it); `generation`
/// tells apart the ops that used one index after another, so that a late cancel meets no
/// stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// Place in a dense table.
    pub index: u32,
    /// How often the place was used before.
    pub generation: u32,
}

impl Token {
    /// The token as one number, for a kernel interface that carries 64 bits.
    #[must_use]
    pub fn to_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// The inverse of [`Token::to_u64`].
    #[must_use]
    pub fn from_u64(bits: u64) -> Self {
        Self { index: bits as u32, generation: (bits >> 32) as u32 }
    }
}

/// Hands out tokens with dense indexes, for callers that have no slab of their own.
#[derive(Debug, Default)]
pub struct TokenAllocator {
    generations: Vec<u32>,
    free: Vec<u32>,
}

impl TokenAllocator {
    /// A token that is not in use.
    pub fn allocate(&mut self) -> Token {
        let index = self.free.pop().unwrap_or_else(|| {
            self.generations.push(0);
            (self.generations.len() - 1) as u32
        });
        Token { index, generation: self.generations[index as usize] }
    }

    /// Takes a token back once its final completion has arrived.
    pub fn release(&mut self, token: Token) {
        let generation = &mut self.generations[token.index as usize];
        debug_assert_eq!(*generation, token.generation, "released twice");
        *generation = generation.wrapping_add(1);
        self.free.push(token.index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_round_trip() {
        let token = Token { index: u32::MAX - 1, generation: 7 };
        assert_eq!(Token::from_u64(token.to_u64()), token);
    }

    #[test]
    fn a_released_index_returns_with_another_generation() {
        let mut tokens = TokenAllocator::default();
        let first = tokens.allocate();
        tokens.release(first);
        let second = tokens.allocate();
        assert_eq!(first.index, second.index);
        assert_ne!(first, second);
    }
}
