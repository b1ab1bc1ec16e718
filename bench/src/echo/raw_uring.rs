//! io_uring by hand: the server that whywait's `uring` is measured by.
//!
//! One multishot accept and one multishot receive per connection, so that neither is submitted
//! again; buffers that the kernel picks from a ring, at least as many as there are connections,
//! so that none holds memory while it waits; sends straight from those buffers, gathered while
//! completions are read and submitted in one `io_uring_enter(2)`; `DEFER_TASKRUN`, so that
//! completions are made in batches; descriptors in the ring's own table.
//!
//! Left out on purpose: bundles and zero-copy sends, which cost more than they save on 64 bytes,
//! and kernels before 6.6.
#![expect(unsafe_code, reason = "the kernel reads and writes buffers that this file keeps alive")]

use std::io;
use std::os::fd::AsRawFd;

use io_uring::squeue::Entry;
use io_uring::types::{Fd, Fixed};
use io_uring::{CompletionQueue, IoUring, SubmissionQueue, Submitter, cqueue, opcode};
use rustix::io::Errno;
use rustix::net::RecvFlags;

use super::listen::listen;
use super::provided::{GROUP, NO_BUFFER, Provided};
use crate::failure::Failure;

/// Entries that may be queued before they are submitted.
const SUBMISSIONS: u32 = 4096;
/// Completions that may wait: a receive and a send of each of 10,000 connections.
const COMPLETIONS: u32 = 32 << 10;
/// Slots of the table of descriptors.
const CONNECTIONS: u32 = 16 << 10;

/// What a completion ends, in the lowest bits of its user data.
const ACCEPT: u64 = 0;
const RECEIVE: u64 = 1;
const SEND: u64 = 2;
const CLOSE: u64 = 3;

/// Serves until the process ends.
///
/// # Errors
/// When the ring cannot be made, or the accept ends with an error.
pub(super) fn serve() -> Result<(), Failure> {
    let mut ring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_no_sqarray()
        .setup_cqsize(COMPLETIONS)
        .build(SUBMISSIONS)?;
    ring.submitter().register_files_sparse(CONNECTIONS)?;
    ring.submitter().register_ring_fd()?;
    let buffers = Provided::register(&ring.submitter())?;
    let (submitter, submissions, completions) = ring.split();
    let connections = vec![Connection::CLOSED; CONNECTIONS as usize];
    let socket = listen()?;
    let listener = Fd(socket.as_raw_fd());
    let starved = Vec::new();
    let mut server = Server { submitter, submissions, buffers, connections, listener, starved };
    server.accept()?;
    server.run(completions)
}

/// One slot of the table: the chain of buffers that wait to be sent back.
#[derive(Clone, Copy)]
struct Connection {
    /// The buffer that is being sent, or [`NO_BUFFER`].
    first: u16,
    /// The last one that waits behind it.
    last: u16,
    /// Whether there is no receive any more.
    ended: bool,
}

impl Connection {
    const CLOSED: Self = Self { first: NO_BUFFER, last: NO_BUFFER, ended: true };
}

struct Server<'a> {
    submitter: Submitter<'a>,
    submissions: SubmissionQueue<'a>,
    buffers: Provided,
    connections: Vec<Connection>,
    listener: Fd,
    /// Connections whose receive found no buffer.
    starved: Vec<u32>,
}

impl Server<'_> {
    fn run(&mut self, mut completions: CompletionQueue<'_>) -> Result<(), Failure> {
        loop {
            self.submissions.sync();
            match self.submitter.submit_and_wait(1) {
                // A tracer interrupts the wait when it attaches.
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error.into());
                }
                _ => {}
            }
            completions.sync();
            for completion in &mut completions {
                self.handle(&completion)?;
            }
            if self.buffers.publish() {
                for slot in std::mem::take(&mut self.starved) {
                    self.receive(slot)?;
                }
            }
        }
    }

    fn handle(&mut self, completion: &cqueue::Entry) -> io::Result<()> {
        let (data, result) = (completion.user_data(), completion.result());
        let slot = (data >> 32) as u32;
        match data & 3 {
            SEND => self.sent(slot, result),
            RECEIVE => self.received(slot, completion),
            ACCEPT => self.accepted(completion),
            _ => Ok(()),
        }
    }

    fn accepted(&mut self, completion: &cqueue::Entry) -> io::Result<()> {
        if completion.result() < 0 {
            return Err(io::Error::from_raw_os_error(-completion.result()));
        }
        let slot = completion.result().cast_unsigned();
        self.connections[slot as usize] = Connection { ended: false, ..Connection::CLOSED };
        self.receive(slot)?;
        if cqueue::more(completion.flags()) { Ok(()) } else { self.accept() }
    }

    fn received(&mut self, slot: u32, completion: &cqueue::Entry) -> io::Result<()> {
        let result = completion.result();
        if result > 0
            && let Some(buffer) = cqueue::buffer_select(completion.flags())
        {
            self.buffers.lengths[usize::from(buffer)] = result.cast_unsigned();
            let connection = &mut self.connections[slot as usize];
            if connection.first == NO_BUFFER {
                (connection.first, connection.last) = (buffer, buffer);
                self.send(slot, buffer)?;
            } else {
                self.buffers.next[usize::from(connection.last)] = buffer;
                connection.last = buffer;
            }
        }
        if cqueue::more(completion.flags()) {
            return Ok(());
        }
        if -result == Errno::NOBUFS.raw_os_error() {
            self.starved.push(slot);
            return Ok(());
        }
        if result > 0 {
            return self.receive(slot);
        }
        self.connections[slot as usize].ended = true;
        self.close_if_done(slot)
    }

    /// Gives the buffer back and sends the next one; an error drops what is left, and the
    /// receive will find the connection ended.
    fn sent(&mut self, slot: u32, result: i32) -> io::Result<()> {
        let connection = &mut self.connections[slot as usize];
        let buffer = connection.first;
        let whole = result.cast_unsigned() == self.buffers.lengths[usize::from(buffer)];
        let mut next = if buffer == connection.last {
            NO_BUFFER
        } else {
            self.buffers.next[usize::from(buffer)]
        };
        self.buffers.give_back(buffer);
        while !whole && next != NO_BUFFER {
            let after = self.buffers.next[usize::from(next)];
            let last = next == connection.last;
            self.buffers.give_back(next);
            next = if last { NO_BUFFER } else { after };
        }
        connection.first = next;
        if next == NO_BUFFER { self.close_if_done(slot) } else { self.send(slot, next) }
    }

    fn close_if_done(&mut self, slot: u32) -> io::Result<()> {
        let connection = self.connections[slot as usize];
        if connection.ended && connection.first == NO_BUFFER {
            self.push(&opcode::Close::new(Fixed(slot)).build().user_data(CLOSE))?;
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        let accept = opcode::AcceptMulti::new(self.listener).allocate_file_index(true);
        self.push(&accept.build().user_data(ACCEPT))
    }

    fn receive(&mut self, slot: u32) -> io::Result<()> {
        let receive = opcode::RecvMulti::new(Fixed(slot), GROUP);
        self.push(&receive.build().user_data(RECEIVE | u64::from(slot) << 32))
    }

    fn send(&mut self, slot: u32, buffer: u16) -> io::Result<()> {
        let data = self.buffers.filled(buffer);
        // The kernel goes on by itself after a short send, so that a short count is an error.
        let send = opcode::Send::new(Fixed(slot), data.as_ptr(), data.len() as u32)
            .flags(RecvFlags::WAITALL.bits().cast_signed());
        self.push(&send.build().user_data(SEND | u64::from(slot) << 32))
    }

    fn push(&mut self, entry: &Entry) -> io::Result<()> {
        if self.submissions.is_full() {
            self.submissions.sync();
            self.submitter.submit()?;
            self.submissions.sync();
        }
        // SAFETY: an entry points to a provided buffer at most, which lives as long as the
        // process does, and is given back only after the completion of its send.
        unsafe { self.submissions.push(entry) }.map_err(io::Error::other)
    }
}
