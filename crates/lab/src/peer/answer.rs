//! What a peer answers.

use std::sync::OnceLock;

use bytes::Bytes;

/// The length of the pattern that fills bodies; a prime, so that nothing repeats at a power of
/// two.
const PATTERN_BYTES: usize = 65_521;

/// What a peer answers to one request.
pub(super) enum Answer {
    /// Bytes that are there already.
    Given(Bytes),
    /// A body over HTTP.
    Body(Body),
}

/// A body: so many bytes that follow from what was asked for.
///
/// They are the BLAKE3 of that in hexadecimal, then letters and digits from a fixed pattern, which
/// begin at a place that depends on it too. So equal requests have equal bodies, under every model
/// and in every run, and different ones have different bodies.
pub(super) struct Body {
    length: u64,
    key: blake3::Hash,
}

impl Answer {
    /// The body of what was asked for by `target`.
    pub(super) fn body(target: &str, length: u64) -> Self {
        Self::Body(Body { length, key: blake3::hash(target.as_bytes()) })
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Given(bytes) => bytes.len() as u64,
            Self::Body(body) => body.length,
        }
    }

    /// The bytes from `begin` to `end`, which is not past the answer's length.
    pub(super) fn piece(&self, begin: u64, end: u64) -> Bytes {
        match self {
            Self::Given(bytes) => bytes.slice(begin as usize..end as usize),
            Self::Body(body) => body.piece(begin, (end - begin) as usize),
        }
    }
}

impl Body {
    fn piece(&self, begin: u64, length: usize) -> Bytes {
        let pattern = pattern();
        let key = self.key.as_bytes();
        let shift = u32::from_le_bytes([key[0], key[1], key[2], key[3]]);
        let mut piece = Vec::with_capacity(length);
        while piece.len() < length {
            let place = (u64::from(shift) + begin + piece.len() as u64) % pattern.len() as u64;
            let rest = &pattern[place as usize..];
            piece.extend_from_slice(&rest[..rest.len().min(length - piece.len())]);
        }
        let text = self.key.to_hex();
        let text = text.as_bytes().get(begin as usize..).unwrap_or_default();
        piece.iter_mut().zip(text).for_each(|(byte, digit)| *byte = *digit);
        piece.into()
    }
}

/// Letters and digits in a fixed order without a short period.
fn pattern() -> &'static [u8] {
    const CHARACTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let mut pattern = vec![0; PATTERN_BYTES];
        blake3::Hasher::new().finalize_xof().fill(&mut pattern);
        pattern.iter_mut().for_each(|byte| *byte = CHARACTERS[*byte as usize % CHARACTERS.len()]);
        pattern
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(target: &str, length: u64) -> Bytes {
        Answer::body(target, length).piece(0, length)
    }

    #[test]
    fn pieces_make_the_whole() {
        let answer = Answer::body("/a", 200_000);
        let whole = whole("/a", 200_000);
        assert_eq!(answer.len(), whole.len() as u64);
        for size in [7_u64, 63, 64, 65, 4096, 65_536] {
            let mut joined = Vec::new();
            while (joined.len() as u64) < answer.len() {
                let begin = joined.len() as u64;
                joined.extend(answer.piece(begin, (begin + size).min(answer.len())));
            }
            assert!(joined == whole, "in pieces of {size}");
        }
    }

    #[test]
    fn a_body_follows_from_what_was_asked_for() {
        for length in [1, 64, 100, 100_000] {
            assert_eq!(whole("/a", length), whole("/a", length));
            assert_ne!(whole("/a", length), whole("/b", length));
        }
        assert!(whole("/a", 0).is_empty());
    }
}
