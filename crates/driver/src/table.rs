//! Per-op state of a driver, indexed by token.

use crate::Token;

/// A table of the ops in flight, indexed by [`Token::index`] and checked by its generation.
///
/// No hashing and, once it has grown, no allocation per op.
#[derive(Debug)]
pub struct Table<T> {
    slots: Vec<Option<(u32, T)>>,
    len: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), len: 0 }
    }
}

impl<T> Table<T> {
    /// Puts `value` under `token`.
    ///
    /// # Panics
    /// When the token's index is taken: the caller gave one token to two ops.
    pub fn insert(&mut self, token: Token, value: T) {
        let index = token.index as usize;
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        let slot = &mut self.slots[index];
        assert!(slot.is_none(), "token {token:?} is in flight already");
        *slot = Some((token.generation, value));
        self.len += 1;
    }

    /// Takes out what is under `token`.
    pub fn remove(&mut self, token: Token) -> Option<T> {
        let slot = self.slots.get_mut(token.index as usize)?;
        let (_, value) = slot.take_if(|(generation, _)| *generation == token.generation)?;
        self.len -= 1;
        Some(value)
    }

    /// What is under `token`.
    #[must_use]
    pub fn get(&self, token: Token) -> Option<&T> {
        match self.slots.get(token.index as usize)? {
            Some((generation, value)) if *generation == token.generation => Some(value),
            _ => None,
        }
    }

    /// What is under `token`, to change.
    pub fn get_mut(&mut self, token: Token) -> Option<&mut T> {
        match self.slots.get_mut(token.index as usize)? {
            Some((generation, value)) if *generation == token.generation => Some(value),
            _ => None,
        }
    }

    /// The token that is in the table under an index.
    #[must_use]
    pub fn token_at(&self, index: u32) -> Option<Token> {
        let (generation, _) = self.slots.get(index as usize)?.as_ref()?;
        Some(Token { index, generation: *generation })
    }

    /// What is under an index, whatever its generation, to change.
    pub fn at_mut(&mut self, index: u32) -> Option<&mut T> {
        self.slots.get_mut(index as usize)?.as_mut().map(|(_, value)| value)
    }

    /// How many ops are in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no op is in the table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All tokens in the table, in the order of their indexes.
    pub fn tokens(&self) -> impl Iterator<Item = Token> + '_ {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let (generation, _) = slot.as_ref()?;
            Some(Token { index: index as u32, generation: *generation })
        })
    }
}
