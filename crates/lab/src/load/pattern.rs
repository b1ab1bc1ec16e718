//! What messages are made of.

/// Places in the pattern at which a message can begin: as many bytes as fit a small cache.
const PLACES: usize = 1 << 16;

/// Bytes from which every message is a slice, so that neither sending nor comparing one makes
/// anything. Which slice depends on the connection and on the message's number, so that an answer
/// that belongs to another message shows.
pub(crate) struct Pattern {
    bytes: Vec<u8>,
    message_bytes: usize,
}

impl Pattern {
    pub(crate) fn new(message_bytes: usize) -> Self {
        let mut state = 0x7768_7977_6169_7421;
        let mut next = || {
            state = scramble(state);
            state as u8
        };
        let bytes = (0..PLACES + message_bytes).map(|_| next()).collect();
        Self { bytes, message_bytes }
    }

    /// The length of every message.
    pub(crate) fn message_bytes(&self) -> usize {
        self.message_bytes
    }

    /// The message with a number on a connection.
    pub(crate) fn message(&self, connection: usize, number: u64) -> &[u8] {
        let place = scramble((connection as u64) << 40 ^ number) as usize % PLACES;
        &self.bytes[place..place + self.message_bytes]
    }
}

/// SplitMix64's step: every bit of what goes in changes half of what comes out.
fn scramble(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_neighbours_differ() {
        let pattern = Pattern::new(64);
        let messages: std::collections::HashSet<_> = (0..50)
            .flat_map(|connection| (0..50).map(move |number| (connection, number)))
            .collect();
        let distinct: std::collections::HashSet<_> = messages
            .iter()
            .map(|(connection, number)| pattern.message(*connection, *number))
            .collect();
        assert!(distinct.len() > 2400, "{} of 2500 are distinct", distinct.len());
        assert!(distinct.iter().all(|message| message.len() == 64));
    }
}
