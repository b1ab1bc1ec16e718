//! The call in which a loop was when watching ended, if it had left its loop for it long before.
//!
//! Left out on purpose: waits for other threads. A loop that has ended may leave its thread to rest
//! in one for ever.

use whywait_trace::{Category, Control, DescriptorKind, Wait};

use super::role::Role;
use super::stall::{asks_an_epoll_or_ring, is_pool_of_loops};
use crate::thresholds::HANG;
use crate::{Study, ThreadStudy};

/// A sleep that had not ended, after which the loop may go on or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hang<'a> {
    /// The sleeps of which it is the longest.
    pub(super) wait: &'a Wait,
    /// What for.
    pub(super) category: Category,
    /// For how long until watching ended.
    pub(super) length_ns: u64,
}

impl<'a> Hang<'a> {
    /// That of a thread that is a loop.
    pub(super) fn of(study: &Study<'_>, one: &ThreadStudy<'a>) -> Option<Self> {
        let thread = one.thread;
        let (call, asking) = (thread.in_flight?, thread.asking?);
        let end_ns = thread.began_at_ns.saturating_add(thread.lived_ns);
        let length_ns = end_ns.saturating_sub(call.since_at_ns);
        if call.since_at_ns < asking.last_at_ns || length_ns < HANG.nanoseconds() {
            return None;
        }
        let wait = thread.waits.iter().find(|wait| {
            let slept = wait.longest_ns >= length_ns && wait.waiting_ns >= length_ns / 2;
            slept && (wait.syscall, wait.descriptor) == (Some(call.syscall), call.descriptor)
        })?;
        let category = Category::of(wait);
        let is_queue = matches!(wait.kind, DescriptorKind::Pipe | DescriptorKind::Unix);
        let asks = !asks_an_epoll_or_ring(one) && Role::of_any(wait.syscall) == Role::Asks;
        let is_stall =
            matches!(category, Category::Data | Category::Disk | Category::Sleep | Category::Child)
                && wait.control != Control::NonBlocking;
        if !is_stall || asks || (is_queue && is_pool_of_loops(study)) {
            return None;
        }
        Some(Self { wait, category, length_ns })
    }
}
