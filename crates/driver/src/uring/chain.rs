//! Whole files: open, read or write, and close in one submission.
//!
//! The submissions are linked, and the descriptor between them is a *direct* one, a slot in a
//! table of the ring's: no number is taken, and none of the steps comes back to us before the
//! last. A failed open ends the chain; a failed or short transfer does not (`IO_HARDLINK`), so
//! that the close always follows and no slot stays taken. What succeeded says nothing
//! (`CQE_SKIP_SUCCESS`, Linux 5.17), but for the close, which ends the chain.
//!
//! A read that filled less than it could has not for that reason met the end of the file, so a
//! second read has to return 0. Whatever is odd (a longer file, a short write, a chain that the
//! kernel tore) is done again from the start by [`Steps`], which takes one step at a time and is
//! always right; that is also how files are done where there are no slots.
//!
//! Left out on purpose: how many files are under way at once (see `window`).

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use io_uring::opcode;
use io_uring::squeue::{Entry, Flags};
use io_uring::types::{DestinationSlot, Fd, Fixed};
use rustix::fs::{CWD, OFlags};
use rustix::io::Errno;

use super::entry::{AT_POSITION, MAX_TRANSFER, advance, opened, room, transfer, vector};
use super::stable::Stable;
use super::tag::{Part, Tag};
use crate::perform::{CREATED, open_flags};
use crate::{BufferPool, Op, OpenMode, Token, Value};

/// Most submissions of a chain.
pub(super) const LONGEST: usize = 4;

/// Room that a read makes when a file is longer than its buffer.
const MORE_ROOM: usize = 16 << 10;

/// Where the second read of a file, which returns nothing, would put it. Nobody reads it.
pub(super) type Scratch = Stable<u8>;

/// A whole file that is with the kernel as one linked chain.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) slot: u32,
    transfer: Option<i32>,
    end: Option<i32>,
}

/// What a completion means for a whole file.
#[derive(Debug)]
pub(super) enum Progress {
    /// More completions follow.
    Pending,
    /// Another step has to be submitted.
    Continue,
    /// It cannot be told; start again, one step at a time.
    StartAgain,
    /// This is the outcome.
    Finished(io::Result<Value>),
}

impl Chain {
    /// The chain for `op` through `slot`, or none if it is none for a chain.
    pub(super) fn build(
        token: Token,
        op: &mut Op,
        slot: u32,
        scratch: &Scratch,
        pool: &BufferPool,
    ) -> Option<(Self, [Entry; LONGEST], usize)> {
        let tagged =
            |entry: Entry, part, flags| entry.flags(flags).user_data(Tag { token, part }.to_u64());
        let (path, flags) = match op {
            Op::ReadFile { path, .. } => (&*path, OFlags::RDONLY),
            Op::WriteFile { path, .. } => (&*path, created()),
            _ => return None,
        };
        let open = opcode::OpenAt::new(Fd(CWD.as_raw_fd()), path.as_ptr())
            .file_index(Some(DestinationSlot::try_from_slot_target(slot).ok()?))
            .flags(flags.bits() as i32)
            .mode(CREATED.bits())
            .build();
        let open = tagged(open, Part::Open, Flags::IO_LINK | Flags::SKIP_SUCCESS);
        let close = opcode::Close::new(Fixed(slot)).build();
        let close = tagged(close, Part::Close, Flags::empty());
        let quiet = Flags::IO_HARDLINK | Flags::SKIP_SUCCESS;
        let chain = Self { slot, transfer: None, end: None };
        match op {
            Op::WriteFile { data, .. } => {
                if data.len() > MAX_TRANSFER {
                    return None;
                }
                let write = opcode::Write::new(Fixed(slot), data.as_ptr(), data.len() as u32)
                    .offset(AT_POSITION)
                    .build();
                let write = tagged(write, Part::Transfer, quiet);
                Some((chain, [open, write, close.clone(), close], 3))
            }
            Op::ReadFile { into, .. } => {
                make_room(vector(into, pool));
                let (buffer, len) = room(into, pool).ok()?;
                let read = opcode::Read::new(Fixed(slot), buffer, len).offset(AT_POSITION).build();
                let read = tagged(read, Part::Transfer, Flags::IO_HARDLINK);
                let end =
                    opcode::Read::new(Fixed(slot), scratch.as_ptr(), 1).offset(AT_POSITION).build();
                let end = tagged(end, Part::End, quiet);
                Some((chain, [open, read, end, close], 4))
            }
            _ => None,
        }
    }

    /// Takes in a completion of one of the chain's parts.
    pub(super) fn advance(&mut self, op: &mut Op, part: Part, result: i32) -> Progress {
        match part {
            // Only a failed open says so, and the rest of its chain then says nothing.
            Part::Open => failed_link(Errno::from_raw_os_error(-result)),
            Part::Transfer => {
                self.transfer = Some(result);
                Progress::Pending
            }
            Part::End => {
                self.end = Some(result);
                Progress::Pending
            }
            _ => self.judge(op),
        }
    }

    /// What the closed chain came to.
    fn judge(&self, op: &mut Op) -> Progress {
        match (op, self.transfer, self.end) {
            (Op::WriteFile { data, .. }, None, _) => counted(data.len()),
            (_, Some(error), _) if error < 0 => failed_link(Errno::from_raw_os_error(-error)),
            (Op::ReadFile { into, .. }, Some(count), Some(0)) => {
                advance(into, count as usize);
                counted(count as usize)
            }
            _ => Progress::StartAgain,
        }
    }
}

/// A whole file that is with the kernel one step at a time.
#[derive(Debug)]
pub(super) struct Steps {
    file: Option<OwnedFd>,
    transferred: usize,
}

impl Steps {
    pub(super) fn new() -> Self {
        Self { file: None, transferred: 0 }
    }

    /// The next step's submission.
    pub(super) fn build(&mut self, op: &mut Op, pool: &BufferPool) -> Result<Entry, Errno> {
        let Some(file) = &self.file else { return Ok(open(op)) };
        let file = Fd(file.as_raw_fd());
        match op {
            Op::ReadFile { into, .. } => {
                make_room(vector(into, pool));
                let (buffer, len) = room(into, pool)?;
                Ok(opcode::Read::new(file, buffer, len).offset(AT_POSITION).build())
            }
            Op::WriteFile { data, .. } => {
                let rest = &data[self.transferred..];
                let write = opcode::Write::new(file, rest.as_ptr(), transfer(rest.len()));
                Ok(write.offset(AT_POSITION).build())
            }
            _ => unreachable!("{} is no whole file", op.name()),
        }
    }

    /// Takes in the completion of the step.
    pub(super) fn advance(&mut self, op: &mut Op, result: u32) -> Progress {
        if self.file.is_none() {
            self.file = Some(opened(result));
            return Progress::Continue;
        }
        let count = result as usize;
        self.transferred += count;
        match op {
            Op::ReadFile { into, .. } if count > 0 => {
                advance(into, count);
                Progress::Continue
            }
            Op::WriteFile { data, .. } if self.transferred < data.len() => match count {
                0 => failed(Errno::IO),
                _ => Progress::Continue,
            },
            _ => counted(self.transferred),
        }
    }

    /// How many descriptors dropping this closes.
    pub(super) fn open_descriptors(&self) -> u64 {
        self.file.is_some().into()
    }
}

fn open(op: &Op) -> Entry {
    let (path, flags) = match op {
        Op::ReadFile { path, .. } => (path, open_flags(OpenMode::Read)),
        Op::WriteFile { path, .. } => (path, created() | OFlags::CLOEXEC),
        _ => unreachable!("{} is no whole file", op.name()),
    };
    opcode::OpenAt::new(Fd(CWD.as_raw_fd()), path.as_ptr())
        .flags(flags.bits() as i32)
        .mode(CREATED.bits())
        .build()
}

/// How `WriteFile` opens. A direct descriptor takes no `O_CLOEXEC`: no other program gets it.
fn created() -> OFlags {
    OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC
}

fn make_room(buffer: &mut Vec<u8>) {
    if buffer.len() == buffer.capacity() {
        // Doubling keeps the number of reads logarithmic in the file's length.
        buffer.reserve(buffer.len().max(MORE_ROOM));
    }
}

/// Whether `op` is a whole file.
pub(super) fn is_whole_file(op: &Op) -> bool {
    matches!(op, Op::ReadFile { .. } | Op::WriteFile { .. })
}

fn counted(count: usize) -> Progress {
    Progress::Finished(Ok(Value::Count(count)))
}

/// What the error of a chain's link means: its own, or that the chain was torn or not understood.
fn failed_link(error: Errno) -> Progress {
    match error {
        // A kernel that takes no direct descriptors, a slot that the file never reached, and an
        // end that nobody asked for; if somebody did, there is no second start.
        Errno::INVAL | Errno::NXIO | Errno::BADF | Errno::CANCELED | Errno::INTR => {
            Progress::StartAgain
        }
        error => failed(error),
    }
}

fn failed(error: Errno) -> Progress {
    Progress::Finished(Err(error.into()))
}
