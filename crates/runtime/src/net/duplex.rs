//! The two directions of a stream, for whoever polls them instead of awaiting an operation.
//!
//! A polled receive waits for its turn under a driver that does not overlap (see
//! `executor/idle.rs`): whoever polls both directions writes first, and is never stuck in a
//! receive whose answer depends on what was not sent yet.
//!
//! Left out on purpose: the stream itself, and all that needs no polling.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use whywait_driver::{Buffer, Fill, Handle, Lease, Op, Value, counted_call};

use crate::executor::{IdleFor, Operation, WhenIdle};

/// Most bytes that one `poll_write` takes: it has to copy them, since the driver owns what it
/// sends.
const COPIED_AT_ONCE: usize = 64 << 10;

/// What a stream that is polled has in hand.
pub(super) struct Duplex {
    reading: Reading,
    sending: Option<(Operation, Bytes)>,
}

enum Reading {
    Nothing,
    /// For its turn.
    Queued(WhenIdle),
    Waiting(Operation),
    /// Bytes that came and were not asked for yet, from the position on.
    Rest(Lease, usize),
}

impl Duplex {
    /// The one in `place`, which is made when somebody polls for the first time.
    pub(super) fn of(place: &mut Option<Box<Self>>) -> &mut Self {
        let new = || Box::new(Self { reading: Reading::Nothing, sending: None });
        place.get_or_insert_with(new)
    }

    /// The bytes that came and were not consumed yet; none are the end of the stream.
    pub(super) fn poll_fill(
        &mut self,
        handle: &Handle,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<&[u8]>> {
        loop {
            match &mut self.reading {
                Reading::Nothing => {
                    self.reading = Reading::Queued(WhenIdle::new(IdleFor::Receive));
                }
                Reading::Queued(turn) => {
                    ready!(Pin::new(turn).poll(context));
                    let op = Op::Recv { handle: handle.clone(), into: Fill::Pool };
                    self.reading = Reading::Waiting(Operation::new(op));
                }
                Reading::Waiting(operation) => {
                    let completion = ready!(Pin::new(operation).poll(context));
                    self.reading = Reading::Nothing;
                    completion.result?;
                    match completion.returned.buffer {
                        Some(Buffer::Lease(lease)) if !lease.is_empty() => {
                            self.reading = Reading::Rest(lease, 0);
                        }
                        _ => return Poll::Ready(Ok(&[])),
                    }
                }
                Reading::Rest(..) => break,
            }
        }
        let Reading::Rest(lease, position) = &self.reading else { return Poll::Ready(Ok(&[])) };
        Poll::Ready(Ok(&lease[*position..]))
    }

    /// Takes so many of the bytes that `poll_fill` showed.
    pub(super) fn consume(&mut self, count: usize) {
        if let Reading::Rest(lease, position) = &mut self.reading {
            *position += count;
            if *position >= lease.len() {
                self.reading = Reading::Nothing;
            }
        }
    }

    /// As `AsyncRead::poll_read`.
    pub(super) fn poll_read(
        &mut self,
        handle: &Handle,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let there = ready!(self.poll_fill(handle, context))?;
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Poll::Ready(Ok(count))
    }

    /// As `AsyncWrite::poll_write`.
    pub(super) fn poll_write(
        &mut self,
        handle: &Handle,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_sent(handle, context))?;
        let taken = data.len().min(COPIED_AT_ONCE);
        if taken > 0 {
            self.start_sending(handle, Bytes::copy_from_slice(&data[..taken]));
            // Submits it, so that it is on its way even if nobody flushes for a while.
            if let Poll::Ready(Err(error)) = self.poll_sent(handle, context) {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(taken))
    }

    /// Waits until what `poll_write` took is sent.
    pub(super) fn poll_sent(
        &mut self,
        handle: &Handle,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some((operation, data)) = &mut self.sending {
            let completion = ready!(Pin::new(operation).poll(context));
            let data = std::mem::take(data);
            self.sending = None;
            match completion.result? {
                Value::Count(count) if count < data.len() => {
                    self.start_sending(handle, data.slice(count..));
                }
                _ => {}
            }
        }
        Poll::Ready(Ok(()))
    }

    /// As `AsyncWrite::poll_close`: ends the direction in which this side sends.
    pub(super) fn poll_close(
        &mut self,
        handle: &Handle,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(handle, context))?;
        let shutdown = || rustix::net::shutdown(handle, rustix::net::Shutdown::Write);
        Poll::Ready(Ok(counted_call(shutdown)?))
    }

    fn start_sending(&mut self, handle: &Handle, data: Bytes) {
        let op = Op::Send { handle: handle.clone(), data: data.clone().into() };
        self.sending = Some((Operation::new(op), data));
    }
}
