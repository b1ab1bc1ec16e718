//! Results that arrived after the future that asked for them was dropped.
//!
//! A receive, a read or an accept takes something out of its descriptor that no later call can take
//! again: bytes, a datagram, a connection, a pending error. When the caller loses interest after
//! the kernel has done the work, the result is kept here, and the next op on the same handle gets
//! it first.
//!
//! Left out on purpose: who decides that a result is unclaimed, which is the runtime's executor.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustix::io::Errno;

use crate::{
    Address, Buffer, BufferPool, Completion, Data, Datagram, Handle, Returned, Token, Value,
};

/// Results of one handle's receives, reads or accepts that nobody took, oldest first.
#[derive(Debug, Default)]
pub struct Unclaimed(VecDeque<Taken>);

/// What an op took out of its descriptor.
#[derive(Debug)]
enum Taken {
    /// The next bytes of a stream or a file; never empty.
    Bytes(Data),
    /// A datagram, which may be empty.
    Datagram(Data, Datagram),
    /// A connection: [`Value::Accepted`] or [`Value::Connection`].
    Connection(Value),
    /// An error that the descriptor reports once, such as `ECONNRESET`.
    Error(io::Error),
}

impl Unclaimed {
    /// Whether there is nothing to claim.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps what a receive, read or accept took; gives back the vector that it read into, as it
    /// was before. The end of a stream and the end by a cancel or a deadline took nothing.
    pub fn keep(&mut self, completion: Completion) -> Option<Buffer> {
        let Completion { result, returned: Returned { buffer, .. }, .. } = completion;
        let count = match &result {
            Ok(Value::Count(count)) => *count,
            Ok(Value::Datagram(datagram)) => datagram.count,
            _ => 0,
        };
        let (data, buffer) = split_off(buffer, count);
        match result {
            Ok(Value::Count(1..)) => self.0.push_back(Taken::Bytes(data)),
            Ok(Value::Datagram(datagram)) => self.0.push_back(Taken::Datagram(data, *datagram)),
            Ok(value @ (Value::Accepted(..) | Value::Connection(_))) => {
                self.0.push_back(Taken::Connection(value));
            }
            Err(error) if is_reported_once(&error) => self.0.push_back(Taken::Error(error)),
            Ok(_) | Err(_) => {}
        }
        buffer
    }

    /// Puts what `later` holds behind what is here.
    pub fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    /// Completes an op from the oldest result. `returned` is what the op had borrowed: bytes go to
    /// its vector, as many as there is room for, or to a lease of `pool`.
    ///
    /// A vector without room is `EINVAL`, as in the call. Without any result the op ends with
    /// `ECANCELED`.
    #[must_use]
    pub fn claim(&mut self, token: Token, returned: Returned, pool: &BufferPool) -> Completion {
        let Returned { handle, buffer } = returned;
        let is_full =
            matches!(&buffer, Some(Buffer::Own(vector)) if vector.len() == vector.capacity());
        let (result, buffer) = match self.0.pop_front() {
            None => (Err(Errno::CANCELED.into()), buffer),
            Some(taken @ (Taken::Bytes(_) | Taken::Datagram(..))) if is_full => {
                self.0.push_front(taken);
                (Err(Errno::INVAL.into()), buffer)
            }
            Some(Taken::Bytes(data)) => {
                let (count, buffer, rest) = pour(data, buffer, pool);
                if !rest.is_empty() {
                    self.0.push_front(Taken::Bytes(rest));
                }
                (Ok(Value::Count(count)), Some(buffer))
            }
            Some(Taken::Datagram(data, datagram)) => {
                // What has no room is lost, as in the call.
                let (count, buffer, _) = pour(data, buffer, pool);
                (Ok(Value::Datagram(Box::new(Datagram { count, ..datagram }))), Some(buffer))
            }
            Some(Taken::Connection(value)) => (with_peer(value), buffer),
            Some(Taken::Error(error)) => (Err(error), buffer),
        };
        Completion { token, result, returned: Returned { handle, buffer }, more: false }
    }
}

/// The last `count` bytes of a buffer, and the caller's vector without them.
fn split_off(buffer: Option<Buffer>, count: usize) -> (Data, Option<Buffer>) {
    match buffer {
        Some(Buffer::Own(mut vector)) => {
            let data = vector.split_off(vector.len().saturating_sub(count));
            (Data::from(data), Some(Buffer::Own(vector)))
        }
        Some(Buffer::Lease(lease)) => (Data::Lease(lease), None),
        Some(Buffer::Data(_)) | None => (Data::Bytes(Bytes::new()), None),
    }
}

/// Moves bytes into an op's vector, or a lease; gives how many, the buffer and what had no room.
fn pour(mut data: Data, buffer: Option<Buffer>, pool: &BufferPool) -> (usize, Buffer, Data) {
    if let Some(Buffer::Own(mut vector)) = buffer {
        let count = data.len().min(vector.capacity() - vector.len());
        vector.extend_from_slice(&data[..count]);
        data.advance(count);
        return (count, Buffer::Own(vector), data);
    }
    let lease = match data {
        Data::Lease(lease) => lease,
        Data::Bytes(bytes) => {
            let mut lease = pool.lease();
            lease.buffer_mut().extend_from_slice(&bytes);
            lease
        }
    };
    (lease.len(), Buffer::Lease(lease), Data::default())
}

/// A connection with the address of who made it, which a multishot accept leaves out.
fn with_peer(value: Value) -> io::Result<Value> {
    match value {
        Value::Connection(connection) => {
            let peer = Address::peer_of(&connection)?;
            Ok(Value::Accepted(connection, peer))
        }
        accepted => Ok(accepted),
    }
}

/// Whether an error is the descriptor's own and the next call would not report it: neither the end
/// of the op itself nor a want of the process or the system.
fn is_reported_once(error: &io::Error) -> bool {
    !matches!(
        Errno::from_io_error(error),
        None | Some(
            Errno::CANCELED
                | Errno::TIMEDOUT
                | Errno::INTR
                | Errno::AGAIN
                | Errno::INVAL
                | Errno::MFILE
                | Errno::NFILE
                | Errno::NOMEM
                | Errno::NOBUFS
        )
    )
}

/// Whether any handle of this process ever kept a result.
static WAS_USED: AtomicBool = AtomicBool::new(false);

impl Handle {
    /// Whether a result may be kept with any handle: cheaper to ask than
    /// [`Handle::has_unclaimed`], and no until the first one is.
    #[must_use]
    #[inline]
    pub fn any_has_unclaimed() -> bool {
        WAS_USED.load(Ordering::Relaxed)
    }

    /// Whether a result is kept with this handle that nobody has claimed.
    #[must_use]
    pub fn has_unclaimed(&self) -> bool {
        self.shelf().is_some_and(|shelf| !lock(shelf).is_empty())
    }

    /// Keeps results with this handle, behind those that it has. They go with its last reference.
    pub fn keep_unclaimed(&self, results: Unclaimed) {
        if !results.is_empty() {
            // Who may ask from another thread got the handle after this, and sees it.
            WAS_USED.store(true, Ordering::Relaxed);
            lock(self.shelf_or_new()).append(results);
        }
    }

    /// Completes an op of this handle from what is kept here: see [`Unclaimed::claim`].
    #[must_use]
    pub fn claim(self, token: Token, buffer: Option<Buffer>, pool: &BufferPool) -> Completion {
        let returned = Returned { handle: None, buffer };
        let mut completion = lock(self.shelf_or_new()).claim(token, returned, pool);
        completion.returned.handle = Some(self);
        completion
    }
}

fn lock(shelf: &Mutex<Unclaimed>) -> MutexGuard<'_, Unclaimed> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Token = Token { index: 0, generation: 0 };

    fn completion(result: io::Result<Value>, buffer: Buffer) -> Completion {
        let returned = Returned { handle: None, buffer: Some(buffer) };
        Completion { token: TOKEN, result, returned, more: false }
    }

    fn claim_into(kept: &mut Unclaimed, vector: Vec<u8>) -> (io::Result<Value>, Vec<u8>) {
        let returned = Returned { handle: None, buffer: Some(Buffer::Own(vector)) };
        let Completion { result, returned, .. } = kept.claim(TOKEN, returned, &BufferPool::new(8));
        (result, returned.buffer.and_then(Buffer::into_own).unwrap())
    }

    #[test]
    fn bytes_go_to_whoever_asks_next_in_pieces_that_fit() {
        let mut kept = Unclaimed::default();
        let before = kept.keep(completion(Ok(Value::Count(5)), Buffer::Own(b"old12345".to_vec())));
        assert_eq!(&*before.unwrap(), b"old");
        let (result, full) = claim_into(&mut kept, b"x".to_vec().into_boxed_slice().into_vec());
        assert_eq!(Errno::from_io_error(&result.unwrap_err()), Some(Errno::INVAL));
        assert_eq!(full, b"x");
        let (result, part) = claim_into(&mut kept, Vec::with_capacity(2));
        assert!(matches!(result, Ok(Value::Count(2))));
        assert_eq!(part, b"12");
        let rest = kept.claim(TOKEN, Returned::default(), &BufferPool::new(8));
        assert_eq!(&*rest.returned.buffer.unwrap(), b"345");
        assert!(kept.is_empty());
    }

    #[test]
    fn only_what_the_next_call_would_not_find_is_kept() {
        let mut kept = Unclaimed::default();
        for errno in [Errno::CANCELED, Errno::TIMEDOUT, Errno::INVAL] {
            kept.keep(completion(Err(errno.into()), Buffer::Own(Vec::new())));
        }
        kept.keep(completion(Ok(Value::Count(0)), Buffer::Own(Vec::new())));
        assert!(kept.is_empty());
        kept.keep(completion(Err(Errno::CONNRESET.into()), Buffer::Own(Vec::new())));
        let (result, _) = claim_into(&mut kept, Vec::with_capacity(1));
        assert_eq!(Errno::from_io_error(&result.unwrap_err()), Some(Errno::CONNRESET));
    }
}
