//! Where the new process waits before it executes the program.
//!
//! Left out on purpose: a signal on the parent's death (`PR_SET_PDEATHSIG`). It would be that of
//! the parent's *thread*, and it would stay on the program.
#![expect(unsafe_code, reason = "leaves a process that shares its memory's image with another")]

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, read, retry_on_intr, write};
use rustix::process::getpid;

/// How many bytes the report has: a process's number.
pub(super) const REPORT_BYTES: usize = size_of::<i32>();

/// Where the new process waits before it executes the program. All descriptors are closed by exec.
pub(super) struct Gate {
    /// Takes the number of the new process.
    pub(super) reporter: PipeWriter,
    /// Gives a byte when the process may pass.
    pub(super) entrance: PipeReader,
    /// The process of whywait, as a descriptor. The pipe's end would not tell of its death, as
    /// this process and any other that was made meanwhile hold copies of the writer.
    pub(super) whywait: OwnedFd,
}

impl Gate {
    /// Reports, and waits for leave. Only system calls, as it runs between fork and exec; the
    /// process ends here if whywait does.
    pub(super) fn pass(&self) -> io::Result<()> {
        let number = getpid().as_raw_nonzero().get();
        write(&self.reporter, &number.to_ne_bytes())?;
        let mut ends = [
            PollFd::from_borrowed_fd(self.entrance.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.whywait.as_fd(), PollFlags::IN),
        ];
        retry_on_intr(|| poll(&mut ends, None))?;
        let is_open = !ends[0].revents().is_empty();
        if is_open && retry_on_intr(|| read(&self.entrance, &mut [0; 1])) == Ok(1) {
            return Ok(());
        }
        // SAFETY: _exit(2) is allowed between fork and exec; nothing of this process is left to
        // be cleaned up, and its parent is gone.
        unsafe { libc::_exit(Errno::CANCELED.raw_os_error()) }
    }
}
