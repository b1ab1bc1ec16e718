//! The two queues shared with the kernel: set up, filled, entered and emptied.
//!
//! Left out on purpose: what the entries mean. No kernel thread polls the queue (`SQPOLL`): it
//! would spend a CPU that no other model spends.

#![expect(unsafe_code, reason = "hands the kernel submissions whose pointers it follows")]

use std::io;
use std::time::Duration;

use io_uring::squeue::Entry;
use io_uring::types::{SubmitArgs, Timespec};
use io_uring::{EnterFlags, IoUring, Probe, opcode};
use rustix::io::Errno;

/// Submissions that one enter can take. A full queue costs another enter, nothing else.
const SUBMISSIONS: u32 = 1024;

/// Completions that the shared queue holds. The kernel keeps what does not fit (it must have
/// `IORING_FEAT_NODROP`), at the price of an allocation each.
const COMPLETIONS: u32 = 8192;

/// How long to wait for the kernel to get over a shortage before it is asked again.
const SHORTAGE: Duration = Duration::from_millis(1);

/// What the driver asks of a kernel, in names for who has to update it.
const NEEDED: &[(u8, &str)] = &[
    (opcode::OpenAt::CODE, "OPENAT"),
    (opcode::Read::CODE, "READ"),
    (opcode::Write::CODE, "WRITE"),
    (opcode::Fsync::CODE, "FSYNC"),
    (opcode::Statx::CODE, "STATX"),
    (opcode::MkDirAt::CODE, "MKDIRAT"),
    (opcode::UnlinkAt::CODE, "UNLINKAT"),
    (opcode::Close::CODE, "CLOSE"),
    (opcode::Accept::CODE, "ACCEPT"),
    (opcode::Connect::CODE, "CONNECT"),
    (opcode::Recv::CODE, "RECV"),
    (opcode::Send::CODE, "SEND"),
    (opcode::RecvMsg::CODE, "RECVMSG"),
    (opcode::SendMsg::CODE, "SENDMSG"),
    (opcode::PollAdd::CODE, "POLL_ADD"),
    (opcode::AsyncCancel::CODE, "ASYNC_CANCEL"),
];

/// How a ring asks to be set up, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setup {
    /// Completions are made only inside our own enters: `SINGLE_ISSUER | DEFER_TASKRUN`
    /// (Linux 6.1).
    Deferred,
    /// Completions don't interrupt the thread: `COOP_TASKRUN` (Linux 5.19).
    Cooperative,
    /// As every kernel has it.
    Plain,
}

impl Setup {
    const LADDER: [Self; 3] = [Self::Deferred, Self::Cooperative, Self::Plain];

    fn build(self) -> io::Result<IoUring> {
        let mut builder = IoUring::builder();
        builder.setup_cqsize(COMPLETIONS).setup_clamp();
        match self {
            Self::Deferred => {
                builder.setup_single_issuer().setup_defer_taskrun();
            }
            Self::Cooperative => {
                builder.setup_coop_taskrun();
            }
            Self::Plain => {}
        }
        if self != Self::Plain {
            builder.setup_submit_all().setup_taskrun_flag();
        }
        builder.build(SUBMISSIONS)
    }
}

/// One completion, copied out of the shared queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) user_data: u64,
    pub(super) result: i32,
    pub(super) flags: u32,
}

/// A ring of the calling thread.
pub(super) struct Ring {
    io: IoUring,
    enters: u64,
}

impl Ring {
    /// Sets a ring up on the calling thread, the only one that may use it.
    ///
    /// # Errors
    /// What `io_uring_setup(2)` says, unchanged (`EPERM` and `ENOSYS` where it is forbidden);
    /// `Unsupported` from a kernel that lacks an operation.
    pub(super) fn open() -> io::Result<Self> {
        let ring = Self::climb(&Setup::LADDER)?;
        ring.check()?;
        Ok(ring)
    }

    /// Sets a ring up in the first way of `ladder` that the kernel knows.
    pub(super) fn climb(ladder: &[Setup]) -> io::Result<Self> {
        let mut refusal = io::Error::from(Errno::INVAL);
        for setup in ladder {
            match setup.build() {
                Ok(io) => return Ok(Self { io, enters: 0 }),
                Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => {
                    refusal = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(refusal)
    }

    fn check(&self) -> io::Result<()> {
        let mut probe = Probe::new();
        self.io.submitter().register_probe(&mut probe)?;
        let missing = NEEDED.iter().find(|(code, _)| !probe.is_supported(*code));
        if let Some((_, name)) = missing {
            return Err(unsupported(&format!("IORING_OP_{name}")));
        }
        let features = self.io.params();
        if !features.is_feature_nodrop() || !features.is_feature_ext_arg() {
            return Err(unsupported("IORING_FEAT_NODROP and IORING_FEAT_EXT_ARG"));
        }
        Ok(())
    }

    /// Reserves `slots` direct descriptors; returns whether linked chains can use them.
    pub(super) fn reserve_slots(&self, slots: u32) -> bool {
        self.io.params().is_feature_skip_cqe_on_success()
            && self.io.submitter().register_files_sparse(slots).is_ok()
    }

    /// Whose buffers and queues the kernel is to know.
    pub(super) fn submitter(&self) -> io_uring::Submitter<'_> {
        self.io.submitter()
    }

    /// How many more submissions fit before an enter.
    pub(super) fn room(&mut self) -> usize {
        let queue = self.io.submission();
        queue.capacity() - queue.len()
    }

    /// How many submissions wait for an enter.
    pub(super) fn unsubmitted(&mut self) -> usize {
        self.io.submission().len()
    }

    /// Queues submissions, all of them.
    ///
    /// # Safety
    /// What `entries` point to must stay, and stay the kernel's, until their completions.
    ///
    /// # Panics
    /// When there is no [`Ring::room`].
    pub(super) unsafe fn push(&mut self, entries: &[Entry]) {
        // SAFETY: the caller keeps what the entries point to.
        let pushed = unsafe { self.io.submission().push_multiple(entries) };
        assert!(pushed.is_ok(), "the caller looked for room");
    }

    /// Whether the kernel holds completions that only an enter brings.
    pub(super) fn holds_back(&mut self) -> bool {
        let queue = self.io.submission();
        queue.taskrun() || queue.cq_overflow()
    }

    /// Submits what is queued, and waits for a completion until `timeout` has passed: for ever
    /// without one, not at all if it is zero. Returns early when a signal came.
    pub(super) fn enter(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let submissions = self.unsubmitted() as u32;
        match self.enter_once(submissions, timeout) {
            // Nothing can be submitted until completions have been taken or memory is found;
            // waiting here, with nothing to submit, lets the kernel hand over what it held back.
            Err(Errno::BUSY | Errno::AGAIN) => {
                let pause = timeout.map_or(SHORTAGE, |timeout| timeout.min(SHORTAGE));
                match self.enter_once(0, Some(pause)) {
                    Ok(()) | Err(Errno::BUSY | Errno::AGAIN) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
            other => Ok(other?),
        }
    }

    fn enter_once(&mut self, submissions: u32, timeout: Option<Duration>) -> Result<(), Errno> {
        let timespec = timeout.map(Timespec::from);
        // One completion is enough to return: everything that is ready comes with it. Waiting
        // for more, even for 50 µs, made whole files a half slower.
        let wanted = u32::from(timeout != Some(Duration::ZERO));
        let args = SubmitArgs::new();
        let args = match &timespec {
            Some(timespec) if wanted > 0 => args.timespec(timespec),
            _ => args,
        };
        let flags = (EnterFlags::EXT_ARG | EnterFlags::GETEVENTS).bits();
        self.enters += 1;
        // SAFETY: `args` is the structure that EXT_ARG announces, and lives through the call;
        // what the submissions point to was promised to `push`.
        let entered = unsafe { self.io.submitter().enter(submissions, wanted, flags, Some(&args)) };
        match entered.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)) {
            Ok(_) | Err(Errno::TIME | Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Moves all completions that are ready into `outcomes`.
    pub(super) fn reap(&mut self, outcomes: &mut Vec<Outcome>) {
        outcomes.extend(self.io.completion().map(|entry| Outcome {
            user_data: entry.user_data(),
            result: entry.result(),
            flags: entry.flags(),
        }));
    }

    /// `io_uring_enter(2)` calls so far.
    pub(super) fn enters(&self) -> u64 {
        self.enters
    }
}

fn unsupported(what: &str) -> io::Error {
    let message = format!("this kernel's io_uring lacks {what}; Linux 5.15 and later have it");
    io::Error::new(io::ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rung_of_the_ladder_gives_a_ring_that_works() -> io::Result<()> {
        for setup in Setup::LADDER {
            let mut ring = Ring::climb(&[setup])?;
            ring.check()?;
            let nop = opcode::Nop::new().build().user_data(7);
            // SAFETY: a NOP points to nothing.
            unsafe { ring.push(&[nop]) };
            ring.enter(None)?;
            let mut outcomes = Vec::new();
            ring.reap(&mut outcomes);
            assert_eq!(outcomes.len(), 1, "{setup:?}");
            assert_eq!((outcomes[0].user_data, outcomes[0].result), (7, 0), "{setup:?}");
        }
        Ok(())
    }

    #[test]
    fn more_completions_than_the_queue_holds_all_arrive() -> io::Result<()> {
        let mut ring = Ring::open()?;
        let wanted = 3 * COMPLETIONS as usize;
        let mut outcomes = Vec::new();
        for _ in 0..wanted / SUBMISSIONS as usize {
            for _ in 0..ring.room() {
                // SAFETY: a NOP points to nothing.
                unsafe { ring.push(&[opcode::Nop::new().build()]) };
            }
            ring.enter(Some(Duration::ZERO))?;
        }
        ring.reap(&mut outcomes);
        assert!(ring.holds_back(), "a third of the completions fit, {} came", outcomes.len());
        while ring.holds_back() {
            ring.enter(Some(Duration::ZERO))?;
            ring.reap(&mut outcomes);
        }
        assert_eq!(outcomes.len(), wanted);
        Ok(())
    }

    #[test]
    fn a_timeout_ends_an_enter_that_nothing_else_ends() -> io::Result<()> {
        let mut ring = Ring::open()?;
        ring.enter(Some(Duration::from_millis(1)))?;
        let mut outcomes = Vec::new();
        ring.reap(&mut outcomes);
        assert!(outcomes.is_empty());
        Ok(())
    }
}
