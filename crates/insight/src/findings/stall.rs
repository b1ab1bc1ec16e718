//! A single call in which a loop slept, so that nobody was served.
//!
//! Left out on purpose: how many of them matter; see `blocking_in_loop`.

use std::cell::LazyCell;

use whywait_record::{
    Breadth, Category, Control, Descriptor, DescriptorId, DescriptorKind, Purpose, SlowCall, Thread,
};
use whywait_report::Shape;

use crate::profile::is_feed;
use crate::thresholds::{LOCK_STALL, STALL};
use crate::{Study, ThreadStudy};

/// A call of a loop that slept, and what for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall<'a> {
    /// The call.
    pub(super) call: &'a SlowCall,
    /// What it slept for.
    pub(super) category: Category,
    /// On what.
    pub(super) descriptor: Option<&'a Descriptor>,
}

impl<'a> Stall<'a> {
    /// The stalls of a thread that is a loop, in the order in which they ended.
    pub(super) fn all(study: &Study<'a>, one: &ThreadStudy<'a>) -> Vec<Self> {
        let record = study.record;
        let loops_by_poll = !asks_an_epoll_or_ring(one);
        let is_relieved = LazyCell::new(|| shares_its_epoll(study, one));
        record
            .slow_calls
            .iter()
            .filter(|call| call.tid == one.thread.tid && is_within_loop(one, call))
            .filter(|call| !(loops_by_poll && Purpose::of(call.syscall).asks()))
            .map(|call| Self::of(study, one, call))
            .filter(Self::is_long)
            .filter(|stall| !(stall.is_on_a_queue() && is_pool_of_loops(study)))
            .filter(|stall| !(stall.is_for_threads() && *is_relieved))
            .collect()
    }

    fn of(study: &Study<'a>, one: &ThreadStudy<'_>, call: &'a SlowCall) -> Self {
        let descriptor = call.descriptor.and_then(|id| study.record.descriptor(id));
        let kind = descriptor.map_or(DescriptorKind::None, |descriptor| descriptor.kind);
        // Only poll(2) and its kin look at this, and of several descriptors they are no slow calls.
        let breadth = if descriptor.is_some() { Breadth::One } else { Breadth::Zero };
        let nameless_poll =
            descriptor.is_none() && Purpose::of(call.syscall).asks() && !sleeps_by(one, call);
        let category = if nameless_poll {
            Category::Data
        } else {
            Category::of_call(call.syscall, kind, breadth)
        };
        Self { call, category, descriptor }
    }

    /// Whether it slept long enough, and where it had leave to.
    fn is_long(&self) -> bool {
        let least = match self.category {
            Category::Multiplexer => return false,
            Category::Handoff | Category::Lock => LOCK_STALL,
            // A call that returns at once and still slept waited for a lock of the kernel.
            Category::Data if self.call.control == Control::NonBlocking => return false,
            _ => STALL,
        };
        self.call.waiting_ns >= least.nanoseconds()
    }

    /// Whether it waited for another thread of the program.
    fn is_for_threads(&self) -> bool {
        matches!(self.category, Category::Handoff | Category::Lock)
    }

    /// Whether work may come this way from another process or thread.
    fn is_on_a_queue(&self) -> bool {
        let kind = self.descriptor.map(|descriptor| descriptor.kind);
        matches!(self.category, Category::Handoff | Category::Lock) || kind.is_some_and(is_feed)
    }
}

/// Whether the processes of a pool have a loop each: between two pieces of work such a process
/// waits, outside its loop, for the next one.
pub(super) fn is_pool_of_loops(study: &Study<'_>) -> bool {
    study.shape == Shape::ProcessPoolEventLoops
}

/// Whether another thread of its process asks the same epoll: while this one rests, that one serves
/// (tokio, Go).
pub(super) fn shares_its_epoll(study: &Study<'_>, one: &ThreadStudy<'_>) -> bool {
    let epolls = |thread: &Thread| -> Vec<DescriptorId> {
        let of_waits = thread.waits.iter().filter(|wait| wait.kind == DescriptorKind::Epoll);
        let of_calls = thread.calls.iter().filter(|call| call.kind == DescriptorKind::Epoll);
        of_waits
            .filter_map(|wait| wait.descriptor)
            .chain(
                of_calls
                    .filter(|call| call.syscall.purpose() == Purpose::AsksQueue)
                    .filter_map(|call| call.example),
            )
            .collect()
    };
    let own = epolls(one.thread);
    study
        .threads_in(one.process.pid)
        .filter(|other| other.thread.tid != one.thread.tid || one.thread.stands_for > 1)
        .any(|other| epolls(other.thread).iter().any(|id| own.contains(id)))
}

/// Whether the thread asks by epoll_wait(2) or its kin, so that poll(2) beside it is no part of
/// its loop.
pub(super) fn asks_an_epoll_or_ring(one: &ThreadStudy<'_>) -> bool {
    let of_waits = one.thread.waits.iter().filter_map(|wait| wait.syscall);
    let of_calls = one.thread.calls.iter().map(|call| call.syscall);
    of_waits.chain(of_calls).any(|syscall| syscall.purpose() == Purpose::AsksQueue)
}

/// Whether the thread sleeps for a time by that call: by poll(2) of no descriptor. Else a call
/// without one had a descriptor that could not be looked up any more.
fn sleeps_by(one: &ThreadStudy<'_>, call: &SlowCall) -> bool {
    let mut waits = one.thread.waits.iter();
    waits.any(|wait| wait.syscall == call.syscall && wait.breadth == Breadth::Zero)
}

/// Whether the call began between the thread's first and last question for events; so did every
/// call where these moments are not known.
fn is_within_loop(one: &ThreadStudy<'_>, call: &SlowCall) -> bool {
    one.thread
        .asking
        .is_none_or(|asking| (asking.first_at_ns..asking.last_at_ns).contains(&call.began_at_ns))
}
