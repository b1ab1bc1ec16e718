//! The io_uring reference: linked chains of open, write or read, and close, written by hand.
//!
//! Left out on purpose: short writes, which ends the sample with an error, as a reference need
//! not handle what does not happen.
#![expect(unsafe_code, reason = "the kernel reads entries and buffers that this file keeps alive")]

use std::ffi::CString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Instant;

use io_uring::squeue::{Entry, Flags};
use io_uring::types::{DestinationSlot, Fd, Fixed};
use io_uring::{IoUring, cqueue, opcode};
use rustix::fs::OFlags;

use super::{FILE_BYTES, Job, Sample, Work};
use crate::failure::Failure;

/// Chains in flight, each with a slot of the ring's file table.
const WINDOW: u32 = 64;
/// Entries of a chain: open, transfer, close.
const STAGES: u32 = 3;

/// Does the job with one ring on this thread.
///
/// # Errors
/// When the ring cannot be made, or an operation fails or is short.
pub(super) fn run(job: Job) -> Result<Sample, Failure> {
    let ring = IoUring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(WINDOW * STAGES * 2)
        .build((WINDOW * STAGES).next_power_of_two())?;
    ring.submitter().register_files_sparse(WINDOW)?;
    let data = job.content.shared().unwrap_or_default().to_vec();
    let slots = (0..WINDOW).map(|_| Slot::new(&job)).collect();
    let mut chains = Chains { ring, slots, data, job, next: 0, bytes: 0 };
    let began = Instant::now();
    if let Err(error) = chains.work() {
        // The kernel may still use what the chains in flight point to.
        std::mem::forget(chains);
        return Err(error.into());
    }
    Ok(Sample::new(began.elapsed(), chains.bytes, chains.job.files))
}

/// What a chain's entries point to until the chain's last completion.
struct Slot {
    path: CString,
    buffer: Vec<u8>,
}

impl Slot {
    fn new(job: &Job) -> Self {
        let length = if job.work == Work::Read { 16 << 10 } else { 0 };
        Self { path: CString::default(), buffer: vec![0; length] }
    }
}

struct Chains {
    ring: IoUring,
    slots: Vec<Slot>,
    data: Vec<u8>,
    job: Job,
    next: u32,
    bytes: u64,
}

impl Chains {
    fn work(&mut self) -> io::Result<()> {
        let mut free: Vec<u32> = (0..WINDOW).collect();
        loop {
            while self.next < self.job.files
                && let Some(slot) = free.pop()
            {
                self.start(slot)?;
            }
            let in_flight = WINDOW as usize - free.len();
            if in_flight == 0 {
                return Ok(());
            }
            self.ring.submit_and_wait(in_flight.div_ceil(2))?;
            self.reap(&mut free)?;
        }
    }

    /// Queues the chain of the next file; `slot` is free.
    fn start(&mut self, slot: u32) -> io::Result<()> {
        let path = self.job.path(self.next);
        self.next += 1;
        self.slots[slot as usize].path = CString::new(path.as_os_str().as_bytes())?;
        let [open, transfer, close] = self.chain(slot)?;
        let entries = [
            // A success of the open says nothing: the transfer would fail without it.
            open.flags(Flags::IO_LINK | Flags::SKIP_SUCCESS).user_data(u64::from(slot * STAGES)),
            // A read that is shorter than its buffer must not cancel the close.
            transfer.flags(Flags::IO_HARDLINK).user_data(u64::from(slot * STAGES + 1)),
            close.user_data(u64::from(slot * STAGES + 2)),
        ];
        // SAFETY: the path and the buffers belong to `self`, are not moved, and are not changed
        // before the chain's last completion frees the slot; `run` drops `self` only after all of
        // these, and forgets it otherwise.
        unsafe { self.ring.submission().push_multiple(&entries) }.map_err(io::Error::other)
    }

    fn chain(&mut self, slot: u32) -> io::Result<[Entry; 3]> {
        let Slot { path, buffer } = &mut self.slots[slot as usize];
        let flags = match self.job.work {
            Work::Read => OFlags::RDONLY,
            Work::Write | Work::Random => OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC,
        };
        let destination = DestinationSlot::try_from_slot_target(slot)
            .map_err(|slot| io::Error::other(format!("{slot} is no slot of a file table")))?;
        let open = opcode::OpenAt::new(Fd(rustix::fs::CWD.as_raw_fd()), path.as_ptr())
            .flags(flags.bits().cast_signed())
            .mode(0o666)
            .file_index(Some(destination));
        let transfer = match self.job.work {
            Work::Read => {
                opcode::Read::new(Fixed(slot), buffer.as_mut_ptr(), buffer.len() as u32).build()
            }
            Work::Write | Work::Random => {
                opcode::Write::new(Fixed(slot), self.data.as_ptr(), self.data.len() as u32).build()
            }
        };
        Ok([open.build(), transfer, opcode::Close::new(Fixed(slot)).build()])
    }

    /// Takes what has completed; a chain's close frees its slot.
    fn reap(&mut self, free: &mut Vec<u32>) -> io::Result<()> {
        let completions: Vec<cqueue::Entry> = self.ring.completion().collect();
        for completion in completions {
            let result = completion.result();
            if result < 0 {
                return Err(io::Error::from_raw_os_error(-result));
            }
            let place = completion.user_data() as u32;
            match place % STAGES {
                1 if result as u64 != FILE_BYTES => return Err(io::ErrorKind::WriteZero.into()),
                1 => self.bytes += result as u64,
                _ => free.push(place / STAGES),
            }
        }
        Ok(())
    }
}
