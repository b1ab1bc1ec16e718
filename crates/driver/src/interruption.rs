//! Ends what a driver carries out inside its wait, from another thread.
//!
//! A thread that is blocked in a call on a socket sees the socket shut down under it, and one that
//! sleeps is woken. Nothing ends a call on a file: no system stops a disk.
//!
//! Left out on purpose: a wait for nothing but the notifier, which [`Notifier`] ends.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::net::{Shutdown, shutdown};
use rustix::thread::futex;

use crate::sequential::timespec_until;
use crate::{Handle, Notifier, Op, Witness};

/// The longest sleep that no interruption ends early. Such a sleep is a plain one, in
/// clock_nanosleep(2), so that a watcher sees a sleep and no wait for another thread.
const PLAIN_SLEEP: Duration = Duration::from_millis(50);

/// Ends for good what a driver does: the op that it carries out inside its wait, and those after it.
///
/// Given to a driver by [`Config::interruption`](crate::Config::interruption). The socket on which
/// an op waits is shut down in both directions, a sleep ends within 50 ms, and later ops end with
/// `ECANCELED`. A driver that overlaps carries nothing out inside its wait: there it only ends the
/// wait.
#[derive(Clone, Debug, Default)]
pub struct Interruption(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// 1 once it was used; those who sleep wait for this word.
    interrupted: AtomicU32,
    /// The socket of the last op that was carried out. No handle: it must not keep it open.
    socket: Mutex<Option<Witness>>,
    notifier: OnceLock<Notifier>,
}

impl Interruption {
    /// Has the wait of the driver end too to which `notifier` belongs.
    pub fn attach(&self, notifier: Notifier) {
        // One driver has one notifier; a second call brings the same.
        let _ = self.0.notifier.set(notifier);
    }

    /// Ends what the driver does, now and from here on.
    pub fn interrupt(&self) {
        self.0.interrupted.store(1, Ordering::SeqCst);
        // Nobody may sleep, and on a word of our own memory nothing else can go wrong.
        let _ = futex::wake(&self.0.interrupted, futex::Flags::PRIVATE, i32::MAX as u32);
        let socket = self.socket().as_ref().and_then(Witness::handle);
        if let Some(socket) = socket {
            // The other side may have been faster.
            let _ = shutdown(socket.as_fd(), Shutdown::Both);
        }
        if let Some(notifier) = self.0.notifier.get() {
            notifier.notify();
        }
    }

    /// Whether [`Interruption::interrupt`] was called.
    #[must_use]
    #[inline]
    pub fn is_interrupted(&self) -> bool {
        self.0.interrupted.load(Ordering::SeqCst) != 0
    }

    /// Sleeps for `duration`, or until 50 ms after it is interrupted.
    pub(crate) fn sleep(&self, duration: Duration) {
        if duration <= PLAIN_SLEEP {
            if !self.is_interrupted() {
                std::thread::sleep(duration);
            }
            return;
        }
        let end = Instant::now().checked_add(duration);
        while !self.is_interrupted() {
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                return;
            }
            let left = end.map(|end| timespec_until(end, now));
            // It ends at the time, by the interruption, or by a signal; the loop tells which.
            let word = &self.0.interrupted;
            let _ = futex::wait(word, futex::Flags::PRIVATE, 0, left.as_ref());
        }
    }

    fn socket(&self) -> MutexGuard<'_, Option<Witness>> {
        self.0.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("interrupted", &self.interrupted).finish_non_exhaustive()
    }
}

/// A driver's side of an interruption.
#[derive(Debug)]
pub(crate) struct Interruptible {
    interruption: Interruption,
    /// The id of the handle that the interruption knows: most ops are on the same as the one before.
    known: Option<u64>,
}

impl Interruptible {
    pub(crate) fn new(interruption: Interruption) -> Self {
        Self { interruption, known: None }
    }

    /// Whether `op` may be carried out. If so an interruption from here on reaches it.
    #[inline]
    pub(crate) fn may_begin(&mut self, op: &Op) -> bool {
        if op.direction().is_some() {
            let id = op.handle().map(Handle::id);
            if id != self.known {
                self.known = id;
                *self.interruption.socket() = op.handle().map(Handle::witness);
            }
        }
        // After the socket is known: whoever interrupts sets this first, and then looks for it.
        !self.interruption.is_interrupted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_of_a_day_ends_when_it_is_interrupted_before_and_meanwhile() {
        let interruption = Interruption::default();
        let sleeper = interruption.clone();
        let thread = std::thread::spawn(move || sleeper.sleep(Duration::from_secs(86_400)));
        interruption.interrupt();
        thread.join().unwrap();
        interruption.sleep(Duration::MAX);
    }
}
