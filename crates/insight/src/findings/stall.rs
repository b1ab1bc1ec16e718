//! The calls in which a loop slept, so that its events had to wait.
//!
//! How many there were and how long they took is counted in the kernel, in the record's waits. Single
//! calls are kept of only some of them, and say when they were made, where in the program, and what
//! came after.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use syscalls::Sysno;
use whywait_record::{
    self as record, Breadth, Category, Control, DescriptorId, DescriptorKind, Purpose, SlowCall,
    Syscall, Thread, Wait,
};
use whywait_report::Shape;

use super::total::Total;
use crate::facts::is_ipc;
use crate::{Analysis, ThreadAnalysis};

/// The stalls of a loop that slept for the same kind of thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Stalls<'a> {
    /// All of them, by call and descriptor.
    sleeps: Vec<Sleeps>,
    /// Those of which there is a single record.
    pub(super) examples: Vec<&'a SlowCall>,
}

/// The stalls in one call on one descriptor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sleeps {
    pub(super) syscall: Option<Syscall>,
    pub(super) descriptor: Option<DescriptorId>,
    pub(super) stalls: record::Stalls,
}

impl<'a> Stalls<'a> {
    /// Those of a thread that is a loop.
    pub(super) fn by_category(
        analysis: &Analysis<'a>,
        one: &ThreadAnalysis<'a>,
    ) -> BTreeMap<Category, Self> {
        let rules = Rules::of(analysis, one);
        let examples: Vec<_> = examples(analysis, one)
            .map(|call| (rules.category_of_call(analysis, call), call))
            .filter(|(category, call)| rules.is_stall(&Asked::call(analysis, call), *category))
            .collect();
        let mut all: BTreeMap<Category, Self> = BTreeMap::new();
        for wait in one.thread.waits.iter().filter(|wait| !wait.stalls.is_empty()) {
            let category = Category::of(wait);
            if rules.is_stall(&Asked::wait(wait), category) {
                all.entry(category).or_default().sleeps.push(Sleeps::of_wait(wait));
            }
        }
        for (category, call) in examples {
            if let Some(stalls) = all.get_mut(&category) {
                stalls.examples.push(call);
            }
        }
        all
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.sleeps.iter().map(|sleeps| sleeps.stalls.count).total()
    }

    /// How long they slept in all.
    pub(super) fn slept_ns(&self) -> u64 {
        self.sleeps.iter().map(|sleeps| sleeps.stalls.waiting_ns).total()
    }

    /// Those in each call, the longest of each; the longest of all first.
    pub(super) fn longest_by_call(&self) -> Vec<Sleeps> {
        let mut sorted = self.sleeps.clone();
        sorted.sort_by_key(|sleeps| std::cmp::Reverse(sleeps.stalls.longest_ns));
        let mut longest: Vec<Sleeps> = Vec::new();
        for sleeps in sorted {
            if longest.iter().all(|known| known.syscall != sleeps.syscall) {
                longest.push(sleeps);
            }
        }
        longest
    }

    /// The longest single call of which there is a record, of the given system call if there is one.
    pub(super) fn example_of(&self, syscall: Option<Syscall>) -> Option<&'a SlowCall> {
        let longest = |calls: &mut dyn Iterator<Item = &'a SlowCall>| {
            calls.max_by_key(|call| call.waiting_ns)
        };
        let mut alike = self.examples.iter().copied().filter(|call| call.syscall == syscall);
        longest(&mut alike).or_else(|| longest(&mut self.examples.iter().copied()))
    }
}

impl Sleeps {
    fn of_wait(wait: &Wait) -> Self {
        Self { syscall: wait.syscall, descriptor: wait.descriptor, stalls: wait.stalls }
    }
}

/// The slow calls of a thread in which it slept long enough, while it was a loop.
fn examples<'a>(
    analysis: &Analysis<'a>,
    one: &ThreadAnalysis<'a>,
) -> impl Iterator<Item = &'a SlowCall> + use<'a> {
    let thread = one.thread;
    let calls = analysis.record.slow_calls.iter();
    calls.filter(move |call| call.tid == thread.tid && is_within_loop(thread, call)).filter(
        |call| {
            let least_ns = match Purpose::of(call.syscall) {
                Purpose::WaitsForThread => record::Stalls::LEAST_LOCK_NS,
                _ => record::Stalls::LEAST_NS,
            };
            call.waiting_ns >= least_ns
        },
    )
}

/// What a call was made for, as far as that decides whether it stalls a loop.
struct Asked {
    syscall: Option<Syscall>,
    control: Control,
    kind: DescriptorKind,
}

impl Asked {
    fn wait(wait: &Wait) -> Self {
        Self { syscall: wait.syscall, control: wait.control, kind: wait.kind }
    }

    fn call(analysis: &Analysis<'_>, call: &SlowCall) -> Self {
        Self { syscall: call.syscall, control: call.control, kind: kind_of(analysis, call) }
    }
}

/// Which sleeps of a loop keep its events waiting.
struct Rules<'s, 'a> {
    one: &'s ThreadAnalysis<'a>,
    /// Asking for events by poll(2) or select(2) is what the loop does.
    loops_by_poll: bool,
    is_pool_of_loops: bool,
    /// Other threads take the events meanwhile.
    is_relieved: LazyCell<bool, Box<dyn FnOnce() -> bool + 's>>,
}

impl<'s, 'a> Rules<'s, 'a> {
    fn of(analysis: &'s Analysis<'a>, one: &'s ThreadAnalysis<'a>) -> Self {
        Self {
            one,
            loops_by_poll: !asks_an_epoll_or_ring(one),
            is_pool_of_loops: is_pool_of_loops(analysis),
            is_relieved: LazyCell::new(Box::new(move || shares_its_epoll(analysis, one))),
        }
    }

    fn is_stall(&self, asked: &Asked, category: Category) -> bool {
        let for_threads = matches!(category, Category::Handoff | Category::Lock);
        let on_a_queue = for_threads || is_ipc(asked.kind);
        // A call that returns at once and still slept waited for a lock of the kernel.
        let at_once = category == Category::Data && asked.control == Control::NonBlocking;
        let own_question = category == Category::Multiplexer
            || self.loops_by_poll && Purpose::of(asked.syscall).asks();
        let waits_for_work = on_a_queue && self.is_pool_of_loops;
        let others_serve = for_threads && *self.is_relieved;
        let tears_down = is_number(asked.syscall, Sysno::io_destroy);
        !(own_question || at_once || waits_for_work || others_serve || tears_down)
    }

    fn category_of_call(&self, analysis: &Analysis<'_>, call: &SlowCall) -> Category {
        // Only poll(2) and its kin look at this, and of several descriptors they are no slow calls.
        let breadth = if call.descriptor.is_some() { Breadth::One } else { Breadth::Zero };
        let nameless_poll = call.descriptor.is_none()
            && Purpose::of(call.syscall).asks()
            && !sleeps_by(self.one, call);
        if nameless_poll {
            return Category::Data;
        }
        Category::of_call(call.syscall, kind_of(analysis, call), breadth)
    }
}

fn is_number(syscall: Option<Syscall>, number: Sysno) -> bool {
    syscall == Some(Syscall::of(number))
}

/// Whether the call is a close(2) that waits until the peer has all data (SO_LINGER).
pub(super) fn is_lingering_close(syscall: Option<Syscall>, category: Category) -> bool {
    is_number(syscall, Sysno::close) && category == Category::Data
}

fn kind_of(analysis: &Analysis<'_>, call: &SlowCall) -> DescriptorKind {
    let descriptor = call.descriptor.and_then(|id| analysis.record.descriptor(id));
    descriptor.map_or(DescriptorKind::None, |descriptor| descriptor.kind)
}

/// Whether the processes of a pool have a loop each: between two pieces of work such a process
/// waits, outside its loop, for the next one.
pub(super) fn is_pool_of_loops(analysis: &Analysis<'_>) -> bool {
    analysis.shape == Shape::ProcessPoolEventLoops
}

/// Whether another thread of its process asks the same epoll: while this one rests, that one serves
/// (tokio, Go).
pub(super) fn shares_its_epoll(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> bool {
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
    analysis
        .threads_in(one.process.pid)
        .filter(|other| other.thread.tid != one.thread.tid || one.thread.merged_count > 1)
        .any(|other| epolls(other.thread).iter().any(|id| own.contains(id)))
}

/// Whether the thread asks by epoll_wait(2) or its kin, so that poll(2) beside it is no part of
/// its loop.
pub(super) fn asks_an_epoll_or_ring(one: &ThreadAnalysis<'_>) -> bool {
    let of_waits = one.thread.waits.iter().filter_map(|wait| wait.syscall);
    let of_calls = one.thread.calls.iter().map(|call| call.syscall);
    of_waits.chain(of_calls).any(|syscall| syscall.purpose() == Purpose::AsksQueue)
}

/// Whether the thread sleeps for a time by that call: by poll(2) of no descriptor. Else a call
/// without one had a descriptor that could not be looked up any more.
fn sleeps_by(one: &ThreadAnalysis<'_>, call: &SlowCall) -> bool {
    let mut waits = one.thread.waits.iter();
    waits.any(|wait| wait.syscall == call.syscall && wait.breadth == Breadth::Zero)
}

/// Whether the call began between the thread's first and last question for events; so did every
/// call where these moments are not known.
fn is_within_loop(thread: &Thread, call: &SlowCall) -> bool {
    thread
        .asking
        .is_none_or(|asking| (asking.first_at_ns..asking.last_at_ns).contains(&call.began_at_ns))
}
