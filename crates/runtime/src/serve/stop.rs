//! How a server is told to stop.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno, fcntl_dupfd_cloexec, ioctl_fionbio};
use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType, shutdown, socketpair};
use whywait_driver::{Fill, Handle, Op};

use crate::wait;

/// Stops the servers that it was given to. Clones are one.
///
/// A pair of connected sockets: to stop is to end both directions of one, which whoever waits for
/// the other notices, however many they are and whenever they look. That is one system call and
/// takes no lock, so [`ServeStop::stop`] may be called in a signal handler, as with
/// `signal_hook::low_level::register`.
#[derive(Clone, Debug)]
pub struct ServeStop(Arc<Ends>);

#[derive(Debug)]
struct Ends {
    /// For those who wait inside their calls.
    blocking: OwnedFd,
    /// For those who try first.
    non_blocking: OwnedFd,
}

impl ServeStop {
    /// A stop that nobody has used yet.
    ///
    /// # Errors
    /// When the process has no two descriptors left.
    pub fn new() -> io::Result<Self> {
        let (unix, stream) = (AddressFamily::UNIX, SocketType::STREAM);
        let (blocking, non_blocking) = socketpair(unix, stream, SocketFlags::CLOEXEC, None)?;
        ioctl_fionbio(&non_blocking, true)?;
        Ok(Self(Arc::new(Ends { blocking, non_blocking })))
    }

    /// Stops the servers, for good. Safe in a signal handler.
    pub fn stop(&self) {
        // Both ends are ours and connected, so nothing but a second stop can fail.
        let _ = shutdown(&self.0.blocking, Shutdown::Both);
    }

    /// Whether [`ServeStop::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.wait(Some(Duration::ZERO))
    }

    /// Blocks the calling thread until the stop is used or `timeout` is over; says whether it was
    /// used.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> bool {
        wait_for_any(&[self], timeout)
    }

    /// A descriptor to be told by, of the mode that the driver wants which made `like`.
    pub(super) fn signal(&self, like: &Handle) -> io::Result<StopSignal> {
        let tries_first = fcntl_getfl(like)?.contains(OFlags::NONBLOCK);
        let end = if tries_first { &self.0.non_blocking } else { &self.0.blocking };
        Ok(StopSignal(fcntl_dupfd_cloexec(end, 3)?.into()))
    }
}

impl AsFd for ServeStop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.blocking.as_fd()
    }
}

/// Blocks the calling thread until one of `stops` is used or `timeout` is over; says whether one
/// was.
pub(super) fn wait_for_any(stops: &[&ServeStop], timeout: Option<Duration>) -> bool {
    let timeout = timeout.map(timespec);
    let mut watched: Vec<_> = stops.iter().map(|stop| PollFd::new(stop, PollFlags::IN)).collect();
    loop {
        match poll(&mut watched, timeout.as_ref()) {
            Ok(ready) => return ready > 0,
            // A signal that comes again and again only makes the wait longer.
            Err(Errno::INTR) => {}
            // Of poll(2)'s errors only the want of memory is left; whoever waits looks again.
            Err(_) => return false,
        }
    }
}

/// A duration as poll(2) takes it.
pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: duration.subsec_nanos().into() }
}

/// One worker's way to hear of a stop.
pub(super) struct StopSignal(Handle);

impl StopSignal {
    /// Waits for the stop.
    pub(super) async fn asked(&self) {
        let into = Fill::Own(Vec::with_capacity(1));
        // Nothing is ever sent: whatever the receive ends with, there is no more to wait for.
        let _ = wait::completion(Op::Recv { handle: self.0.clone(), into }).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_hears_of_a_stop_however_late_it_looks() {
        let stop = ServeStop::new().unwrap();
        let clone = stop.clone();
        assert!(!stop.is_stopped() && !clone.is_stopped());
        stop.stop();
        clone.stop();
        assert!(stop.is_stopped() && clone.wait(None));
    }
}
