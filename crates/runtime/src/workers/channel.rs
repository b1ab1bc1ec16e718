//! Messages over a stream socket, each with its length before it.

use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// No message is longer; a length beyond it is not one of ours.
const LONGEST: usize = 1 << 30;

/// Bytes of the length before each message.
const LENGTH_BYTES: usize = 4;

/// Encodes a message for [`send_encoded`] or an introduction.
pub(crate) fn encode<M: Serialize>(message: &M) -> io::Result<Vec<u8>> {
    postcard::to_allocvec(message).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// Decodes one message, which must fill `bytes` exactly.
pub(crate) fn decode<M: DeserializeOwned>(bytes: &[u8]) -> io::Result<M> {
    let invalid = |error| io::Error::new(ErrorKind::InvalidData, error);
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(invalid(format!("{} bytes are left over", rest.len()))),
        Err(error) => Err(invalid(format!("a message of {} bytes: {error}", bytes.len()))),
    }
}

/// Sends a message whole.
pub(crate) fn send<M: Serialize>(mut stream: &UnixStream, message: &M) -> io::Result<()> {
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
pub(crate) fn receive<M: DeserializeOwned>(mut stream: &UnixStream) -> io::Result<Option<M>> {
    let mut length = [0; LENGTH_BYTES];
    match stream.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => stream.read_exact(&mut length[1..])?,
    }
    let mut body = vec![0; checked(length)?];
    stream.read_exact(&mut body)?;
    decode(&body).map(Some)
}

/// Sends a descriptor, of which the other side gets one of its own.
pub(crate) fn send_descriptor(stream: &UnixStream, descriptor: impl AsFd) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor.as_fd()];
    let pushed = ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    debug_assert!(pushed, "the space is made for one descriptor");
    // A descriptor travels with a byte of the stream.
    let byte = [IoSlice::new(&[0])];
    rustix::net::sendmsg(stream, &byte, &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives the descriptor that the other side sends next, waiting for it.
pub(crate) fn receive_descriptor(stream: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut into = [IoSliceMut::new(&mut byte)];
    rustix::net::recvmsg(stream, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let received = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    received.ok_or_else(|| io::Error::new(ErrorKind::UnexpectedEof, "no descriptor came"))
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
pub(crate) struct Assembler {
    bytes: Vec<u8>,
    /// Where the first message that was not taken yet begins.
    start: usize,
}

impl Assembler {
    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole message.
    pub(crate) fn next<M: DeserializeOwned>(&mut self) -> io::Result<Option<M>> {
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
    fn a_descriptor_arrives_as_one_of_the_same_file() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        send(&ours, &1u8).unwrap();
        send_descriptor(&ours, &writer).unwrap();
        drop(writer);
        assert_eq!(receive::<u8>(&theirs).unwrap(), Some(1));
        let mut received = std::fs::File::from(receive_descriptor(&theirs).unwrap());
        received.write_all(b"there").unwrap();
        drop(received);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "there");
        drop(ours);
        let error = receive_descriptor(&theirs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_length_beyond_reason_is_refused() {
        let mut assembler = Assembler::default();
        assembler.push(&u32::MAX.to_le_bytes());
        assert_eq!(assembler.next::<u8>().unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
