//! Messages over a stream socket, each with its length before it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// No message is longer; a length beyond it is not one of ours.
const LONGEST: usize = 1 << 30;

/// Bytes of the length before each message.
const LENGTH_BYTES: usize = 4;

/// Encodes a message for [`send_encoded`] or an introduction.
pub(super) fn encode<M: Serialize>(message: &M) -> io::Result<Vec<u8>> {
    postcard::to_allocvec(message).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// Decodes one message, which must fill `bytes` exactly.
pub(super) fn decode<M: DeserializeOwned>(bytes: &[u8]) -> io::Result<M> {
    let invalid = |error| io::Error::new(ErrorKind::InvalidData, error);
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(invalid(format!("{} bytes are left over", rest.len()))),
        Err(error) => Err(invalid(format!("a message of {} bytes: {error}", bytes.len()))),
    }
}

/// Sends a message whole.
pub(super) fn send<M: Serialize>(mut stream: &UnixStream, message: &M) -> io::Result<()> {
    let mut framed = vec![0; LENGTH_BYTES];
    framed.append(&mut encode(message)?);
    let length = framed.len() - LENGTH_BYTES;
    if length > LONGEST {
        let text = format!("a message of {length} bytes is longer than {LONGEST}");
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    framed[..LENGTH_BYTES].copy_from_slice(&(length as u32).to_le_bytes());
    stream.write_all(&framed)
}

/// Receives a message whole, waiting for it; none at the end of the stream.
pub(super) fn receive<M: DeserializeOwned>(mut stream: &UnixStream) -> io::Result<Option<M>> {
    let mut length = [0; LENGTH_BYTES];
    match stream.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => stream.read_exact(&mut length[1..])?,
    }
    let mut body = vec![0; checked(length)?];
    stream.read_exact(&mut body)?;
    decode(&body).map(Some)
}

fn checked(length: [u8; LENGTH_BYTES]) -> io::Result<usize> {
    let length = u32::from_le_bytes(length) as usize;
    if length <= LONGEST {
        return Ok(length);
    }
    let text = format!("a message claims to be {length} bytes long");
    Err(io::Error::new(ErrorKind::InvalidData, text))
}

/// Puts messages together from whatever pieces arrive.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    bytes: Vec<u8>,
    /// Where the first message that was not taken yet begins.
    start: usize,
}

impl Assembler {
    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole message.
    pub(super) fn next<M: DeserializeOwned>(&mut self) -> io::Result<Option<M>> {
        let rest = &self.bytes[self.start..];
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = checked(*length)?;
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = decode(body)?;
        self.start += LENGTH_BYTES + length;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let count = messages.len();
        let messages = messages.to_vec();
        let sender = std::thread::spawn(move || {
            messages.iter().for_each(|message| send(&ours, message).unwrap());
        });
        let received: Vec<Vec<u8>> =
            (0..count).map(|_| receive(&theirs).unwrap().unwrap()).collect();
        sender.join().unwrap();
        assert!(receive::<Vec<u8>>(&theirs).unwrap().is_none(), "the end of the stream");
        received
            .iter()
            .flat_map(|message| {
                let body = encode(message).unwrap();
                let mut bytes = (body.len() as u32).to_le_bytes().to_vec();
                bytes.extend(body);
                bytes
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn messages_survive_any_cut(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
            cut in 1usize..64,
        ) {
            let mut assembler = Assembler::default();
            let mut assembled: Vec<Vec<u8>> = Vec::new();
            for piece in framed(&messages).chunks(cut) {
                assembler.push(piece);
                while let Some(message) = assembler.next().unwrap() {
                    assembled.push(message);
                }
            }
            prop_assert_eq!(assembled, messages);
        }

        #[test]
        fn foreign_bytes_are_an_error_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut assembler = Assembler::default();
            assembler.push(&bytes);
            while let Ok(Some(_)) = assembler.next::<(u32, String)>() {}
        }
    }

    #[test]
    fn a_length_beyond_reason_is_refused() {
        let mut assembler = Assembler::default();
        assembler.push(&u32::MAX.to_le_bytes());
        assert_eq!(assembler.next::<u8>().unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
