//! What a submission is for, in the 64 bits that its completion carries.
//!
//! Left out on purpose: what to do about it; the driver knows.

use crate::Token;

/// Bits of a tag that hold a token's index; four more hold the part.
const INDEX_BITS: u32 = 28;

/// The `user_data` of one submission: an op's token, and which of the op's submissions it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) token: Token,
    pub(super) part: Part,
}

/// Which of an op's submissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The only one in flight.
    Single,
    /// A chain's open.
    Open,
    /// A chain's read or write.
    Transfer,
    /// A chain's second read, which finds the end of the file.
    End,
    /// A chain's close.
    Close,
    /// The request to cancel the op.
    Cancel,
    /// The watch on the notifier, which belongs to no op.
    Notifier,
}

impl Part {
    const ALL: [Self; 7] = [
        Self::Single,
        Self::Open,
        Self::Transfer,
        Self::End,
        Self::Close,
        Self::Cancel,
        Self::Notifier,
    ];
}

impl Tag {
    /// The tag of the watch on the notifier.
    pub(super) const NOTIFIER: Self =
        Self { token: Token { index: 0, generation: 0 }, part: Part::Notifier };

    /// Whether the token fits in a tag: the index of an op in flight is far below the limit.
    pub(super) fn fits(token: Token) -> bool {
        token.index < 1 << INDEX_BITS
    }

    /// The tag as `user_data`.
    pub(super) fn to_u64(self) -> u64 {
        self.token.to_u64() | (self.part as u64) << INDEX_BITS
    }

    /// The inverse of [`Tag::to_u64`].
    pub(super) fn from_u64(bits: u64) -> Self {
        let part = (bits >> INDEX_BITS) as usize & 0xf;
        let token = Token::from_u64(bits & !(0xf << INDEX_BITS));
        Self { token, part: Part::ALL[part] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_round_trips_with_the_largest_token() {
        let token = Token { index: (1 << INDEX_BITS) - 1, generation: u32::MAX };
        assert!(Tag::fits(token));
        for part in Part::ALL {
            let tag = Tag { token, part };
            assert_eq!(Tag::from_u64(tag.to_u64()), tag);
        }
    }

    #[test]
    fn an_index_that_would_run_into_the_part_does_not_fit() {
        assert!(!Tag::fits(Token { index: 1 << INDEX_BITS, generation: 0 }));
    }
}
