//! A program that was let begin.
//!
//! Left out on purpose: ending it. Dropping this leaves it alone.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;
use whywait_record::Ending;

use crate::Error;

/// A program that was let begin. It goes on when this is dropped.
///
/// As a descriptor it is readable when the program has ended (`pidfd_open(2)`).
#[derive(Debug)]
pub struct Launched {
    child: Child,
    pidfd: OwnedFd,
}

impl Launched {
    pub(super) fn new(child: Child, pidfd: OwnedFd) -> Self {
        Self { child, pidfd }
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended; none while it runs. Once it has ended, its number is free for others.
    ///
    /// # Errors
    /// [`Error::Io`] when somebody else has asked for the ending before.
    pub fn try_ending(&mut self) -> Result<Option<Ending>, Error> {
        match self.child.try_wait() {
            Ok(status) => Ok(status.map(ending)),
            Err(source) => Err(self.cannot_wait(source)),
        }
    }

    /// How it ended; none if it still runs at the deadline.
    ///
    /// # Errors
    /// As [`Launched::try_ending`], and if waiting failed.
    pub fn wait_until(&mut self, deadline: Instant) -> Result<Option<Ending>, Error> {
        loop {
            if let Some(ending) = self.try_ending()? {
                return Ok(Some(ending));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return Ok(None);
            }
            // A time that does not fit is as good as none; the loop asks again.
            let timeout = Timespec::try_from(left).ok();
            let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
            match poll(&mut end, timeout.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(self.cannot_wait(errno.into())),
            }
        }
    }

    fn cannot_wait(&self, source: io::Error) -> Error {
        Error::Io { tried: format!("wait for process {}", self.pid()), source }
    }
}

impl AsFd for Launched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

fn ending(status: ExitStatus) -> Ending {
    match status.signal() {
        Some(signal) => Ending::Signalled(signal),
        None => Ending::Exited(status.code().unwrap_or_default()),
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // If it has ended, no trace of it stays; if it has not, it is not waited for.
        let _ = self.child.try_wait();
    }
}
