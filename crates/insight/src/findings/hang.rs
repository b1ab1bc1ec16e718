//! The call in which a loop was when watching ended, if it had left its loop for it long before.
//!
//! Waits for other threads and for signals do not count: a loop that has ended may leave its thread
//! to rest in one forever.

use syscalls::Sysno;
use whywait_record::{Category, Control, Purpose, Syscall, Wait};

use super::blocking_in_loop::{HANG, SOON_AFTER_ASKING};
use super::stall::{asks_an_epoll_or_ring, is_pool_of_loops, shares_its_epoll};
use crate::facts::is_ipc;
use crate::{Analysis, ThreadAnalysis};

/// A sleep that had not ended, after which the loop may go on or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hang<'a> {
    /// The sleeps of which it is the longest.
    pub(super) wait: &'a Wait,
    /// For how long until watching ended.
    pub(super) length_ns: u64,
}

impl<'a> Hang<'a> {
    /// That of a thread that is a loop.
    pub(super) fn of(analysis: &Analysis<'_>, one: &ThreadAnalysis<'a>) -> Option<Self> {
        let thread = one.thread;
        let (call, asking) = (thread.in_flight?, thread.asking?);
        let end_ns = thread.began_at_ns.saturating_add(thread.lived_ns);
        let length_ns = end_ns.saturating_sub(call.since_at_ns);
        let after_asking_ns = call.since_at_ns.checked_sub(asking.last_at_ns)?;
        if after_asking_ns > SOON_AFTER_ASKING.nanoseconds() || length_ns < HANG.nanoseconds() {
            return None;
        }
        let wait = thread.waits.iter().find(|wait| {
            let slept = wait.longest_ns >= length_ns && wait.waiting_ns >= length_ns / 2;
            slept && (wait.syscall, wait.descriptor) == (Some(call.syscall), call.descriptor)
        })?;
        if !may_stall(one, wait) || is_relieved(analysis, one, wait) {
            return None;
        }
        Some(Self { wait, length_ns })
    }
}

/// Whether such a call keeps a loop from its events.
fn may_stall(one: &ThreadAnalysis<'_>, wait: &Wait) -> bool {
    let asks = !asks_an_epoll_or_ring(one) && Purpose::of(wait.syscall).asks();
    let is_own = matches!(
        Category::of(wait),
        Category::Data | Category::Disk | Category::Sleep | Category::Child
    );
    is_own && !asks && wait.control != Control::NonBlocking && !awaits_signal(wait.syscall)
}

/// Whether another thread serves meanwhile, or it rests until there is work.
fn is_relieved(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, wait: &Wait) -> bool {
    shares_its_epoll(analysis, one) || (is_ipc(wait.kind) && is_pool_of_loops(analysis))
}

fn awaits_signal(syscall: Option<Syscall>) -> bool {
    let number = syscall.and_then(Syscall::number);
    matches!(number, Some(Sysno::pause | Sysno::rt_sigsuspend | Sysno::rt_sigtimedwait))
}
