//! Reads that cannot block, because what they read is in memory.
//!
//! `RESOLVE_CACHED` (`openat2(2)`, Linux 5.12) opens a path only if every part of it is in the
//! dentry cache, and `RWF_NOWAIT` (`preadv2(2)`, Linux 4.14) reads only what is in the page
//! cache. Where the kernel refuses, the op is as it was and somebody who may block does it.
//!
//! A refusal costs a syscall or three, and one refusal foretells the next: tmpfs never allows
//! `RWF_NOWAIT`, a cold directory stays cold for a while. So ops after a refusal are not tried,
//! in longer and longer rows while refusals go on.
//!
//! Left out on purpose: writes, which may wait for a page or the journal whatever their flags,
//! and opens that make a file, which `RESOLVE_CACHED` refuses.

use std::ffi::CStr;
use std::io::IoSliceMut;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::{Errno, ReadWriteFlags};

use crate::perform::{Attempt, Performer, open_flags};
use crate::{Op, OpenMode, Token, Value};

/// Tries ops that read files where that cannot block.
#[derive(Debug, Default)]
pub(crate) struct Cached {
    /// By [`Kind`].
    probes: [Probe; 3],
}

/// Ops that are refused for the same reasons.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Open,
    Read,
    WholeFile,
}

impl Cached {
    /// Whether ops like this one can be done without blocking, now and then.
    pub(crate) fn covers(op: &Op) -> bool {
        Kind::of(op).is_some()
    }

    /// Whether `op` is one that can be done without blocking, and worth a try now.
    pub(crate) fn is_worth_trying(&mut self, op: &Op) -> bool {
        Kind::of(op).is_some_and(|kind| self.probes[kind as usize].is_due())
    }

    /// Carries out `op` if it need not block; else gives it back.
    pub(crate) fn attempt(
        &mut self,
        performer: &mut Performer,
        token: Token,
        mut op: Op,
    ) -> Attempt {
        let Some(kind) = Kind::of(&op) else { return Attempt::WouldBlock(op) };
        let result = match &mut op {
            Op::Open { path, .. } => open_to_keep(performer, path),
            Op::Read { handle, into } => {
                performer.fill(into, |buffer| read_cached(&*handle, buffer, AT_POSITION))
            }
            Op::ReadAt { handle, into, offset } => {
                performer.fill(into, |buffer| read_cached(&*handle, buffer, *offset))
            }
            Op::ReadFile { path, into } => {
                let count = performer.read_file_by(
                    into,
                    || open_cached(path),
                    |file, buffer, offset| read_cached(file, buffer, offset),
                );
                count.map(Value::Count)
            }
            _ => unreachable!("{} has no kind", op.name()),
        };
        let refused = result.as_ref().is_err_and(|error| is_refusal(*error));
        self.probes[kind as usize].note(refused);
        if refused {
            return Attempt::WouldBlock(op);
        }
        Attempt::Completed(op.complete(token, result.map_err(Into::into)))
    }
}

impl Kind {
    fn of(op: &Op) -> Option<Self> {
        match op {
            Op::Open { mode: OpenMode::Read, .. } => Some(Self::Open),
            // To pread(2) this is no offset; to preadv2(2) it is another request.
            Op::ReadAt { offset: AT_POSITION, .. } => None,
            Op::Read { .. } | Op::ReadAt { .. } => Some(Self::Read),
            Op::ReadFile { .. } => Some(Self::WholeFile),
            _ => None,
        }
    }
}

/// When to try again after refusals.
#[derive(Debug, Default)]
struct Probe {
    to_skip: u32,
    last_row: u32,
}

impl Probe {
    const FIRST_ROW: u32 = 16;
    const LONGEST_ROW: u32 = 1024;

    fn is_due(&mut self) -> bool {
        let due = self.to_skip == 0;
        self.to_skip = self.to_skip.saturating_sub(1);
        due
    }

    fn note(&mut self, refused: bool) {
        let row = (2 * self.last_row).clamp(Self::FIRST_ROW, Self::LONGEST_ROW);
        self.last_row = if refused { row } else { 0 };
        self.to_skip = self.last_row;
    }
}

/// `preadv2(2)`'s offset for "at the file's position, which moves".
const AT_POSITION: u64 = u64::MAX;

/// Whether an error says "not without blocking" or "not in this way", not "not at all": not
/// cached; a filesystem without `RWF_NOWAIT`; a pipe, which has no offset; a kernel or a sandbox
/// without the syscall or the flag. An op without room for a byte is an `EINVAL` either way.
fn is_refusal(error: Errno) -> bool {
    matches!(
        error,
        Errno::AGAIN | Errno::OPNOTSUPP | Errno::SPIPE | Errno::NOSYS | Errno::PERM | Errno::INVAL
    )
}

/// Opens for reading if the path is cached. `O_NONBLOCK` keeps a FIFO from waiting for a writer.
fn open_cached(path: &CStr) -> rustix::io::Result<OwnedFd> {
    let flags = open_flags(OpenMode::Read) | OFlags::NONBLOCK;
    rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED)
}

/// Opens for reading a descriptor that will be as if it had been opened without `O_NONBLOCK`.
fn open_to_keep(performer: &mut Performer, path: &CStr) -> rustix::io::Result<Value> {
    let file = performer.call(|| open_cached(path))?;
    let found = performer.call(|| rustix::fs::fstat(&file))?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile | FileType::Directory => {
            performer.call(|| rustix::fs::fcntl_setfl(&file, OFlags::empty()))?;
            Ok(Value::Opened(file.into()))
        }
        // The open of a FIFO or a terminal may have to wait for something; O_NONBLOCK skipped it.
        _ => Err(Errno::AGAIN),
    }
}

/// Appends what is in the page cache, up to the buffer's capacity.
///
/// preadv2(2) takes initialised memory here, so the room is zeroed first: a twentieth of what
/// reading a small file costs, and no `unsafe`.
fn read_cached(file: impl AsFd, buffer: &mut Vec<u8>, offset: u64) -> rustix::io::Result<usize> {
    let before = buffer.len();
    buffer.resize(buffer.capacity(), 0);
    let room = IoSliceMut::new(&mut buffer[before..]);
    let read = rustix::io::preadv2(file, &mut [room], offset, ReadWriteFlags::NOWAIT);
    buffer.truncate(before + read.unwrap_or(0));
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perform::SocketMode;
    use crate::{BufferPool, Fill, Handle, TokenAllocator};
    use std::os::fd::OwnedFd;

    fn performer() -> Performer {
        Performer::new(SocketMode::NonBlocking, BufferPool::new(4096))
    }

    #[test]
    fn what_may_block_comes_back_and_is_not_tried_again_at_once() {
        let (reader, _writer) = std::io::pipe().expect("a pipe");
        let handle = Handle::new(OwnedFd::from(reader));
        let token = TokenAllocator::default().allocate();
        let mut cached = Cached::default();
        let op = Op::Read { handle, into: Fill::Pool };
        assert!(cached.is_worth_trying(&op));
        let Attempt::WouldBlock(op) = cached.attempt(&mut performer(), token, op) else {
            panic!("read from an empty pipe")
        };
        for _ in 0..Probe::FIRST_ROW {
            assert!(!cached.is_worth_trying(&op));
        }
        assert!(cached.is_worth_trying(&op));
    }

    #[test]
    fn a_fifo_is_neither_waited_for_nor_taken_for_an_empty_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("fifo");
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .expect("a FIFO");
        let path = std::ffi::CString::new(path.into_os_string().into_encoded_bytes())
            .expect("no NUL in the path");
        let token = TokenAllocator::default().allocate();
        let whole = Op::ReadFile { path: path.clone(), into: Fill::Pool };
        let opened = Op::Open { path, mode: OpenMode::Read };
        for op in [whole, opened] {
            let attempt = Cached::default().attempt(&mut performer(), token, op);
            assert!(matches!(attempt, Attempt::WouldBlock(_)), "{attempt:?}");
        }
    }

    #[test]
    fn an_offset_that_means_the_position_is_not_tried() {
        let file = std::fs::File::open("/proc/self/exe").expect("this program");
        let handle = Handle::new(OwnedFd::from(file));
        let at = |offset| Op::ReadAt { handle: handle.clone(), into: Fill::Pool, offset };
        assert!(Cached::covers(&at(0)));
        assert!(!Cached::covers(&at(u64::MAX)));
    }

    #[test]
    fn rows_of_untried_ops_grow_and_end_with_success() {
        let mut probe = Probe::default();
        probe.note(true);
        probe.note(true);
        assert_eq!(probe.to_skip, 2 * Probe::FIRST_ROW);
        probe.note(false);
        assert!(probe.is_due());
    }
}
