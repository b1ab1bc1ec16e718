//! What one thread did, in the few numbers by which models differ.
//!
//! In full detail they come from its calls, in light detail from its waits alone: then a count is
//! one of sleeps, and what never slept is not there.
//!
//! Left out on purpose: other threads; see `Lineage`.

use std::collections::HashSet;

use syscalls::Sysno;
use whywait_record::{
    Breadth, Call, Category, Control, DescriptorId, DescriptorKind, Detail, Limit, Purpose, Record,
    SampledMode, Syscall, Thread, Wait,
};

use super::Network;

/// What one thread did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Profile {
    /// Calls that ask which of several descriptors are ready.
    pub(crate) iterations: u64,
    /// Those of them that slept.
    pub(crate) event_waits: u64,
    /// Whether some of them were epoll_wait(2) or its kin.
    pub(crate) has_epoll: bool,
    /// How long it slept in them.
    pub(crate) event_wait_ns: u64,
    /// Those of them that are io_getevents(2).
    pub(crate) aio_iterations: u64,
    /// Calls of io_uring_enter(2).
    pub(crate) ring_iterations: u64,
    /// How long it slept in them.
    pub(crate) ring_wait_ns: u64,
    /// Requests that it gave to io_uring.
    pub(crate) ring_requests: u64,
    /// Calls that asked in vain: they would have blocked, or had a time limit of 0 and no event.
    pub(crate) empty_polls: u64,
    /// Blocking calls that slept: for data, a time or a child, one at a time.
    pub(crate) blocked: u64,
    /// Those of them that slept for a time.
    pub(crate) slept: u64,
    /// Calls that slept for a file.
    pub(crate) files: u64,
    /// Calls that read, write or name something.
    pub(crate) transfers: u64,
    /// Calls that moved bytes over a socket, in full detail.
    pub(crate) served: u64,
    /// Waits in futex(2) or for an eventfd.
    pub(crate) hand_offs: u64,
    /// The part of the waits in futex(2) that were handed over and came back.
    pub(crate) handed_over_ns: u64,
    /// The part of the waits in futex(2) that another watched thread ended.
    pub(crate) woken_by_peer_ns: u64,
    /// How long it slept reading a pipe or a local socket until another watched thread ended that.
    pub(crate) ipc_read_wait_ns: u64,
    /// How often it read a pipe or a local socket with a call that may sleep.
    pub(crate) ipc_reads: u64,
    /// Connections that it accepted, or how often it slept to accept one.
    pub(crate) accepted: u64,
    /// Files that it opened and connections that it made; in full detail.
    pub(crate) opened: u64,
    /// Descriptors that it registered with an epoll, or took out of one; in full detail.
    pub(crate) registered: u64,
    /// How long it slept to accept.
    pub(crate) accepting_ns: u64,
    /// Different connected sockets on which it slept.
    pub(crate) sockets: u64,
    /// Those of them that were accepted.
    pub(crate) connections: u64,
    /// How often it slept on its connected sockets.
    pub(crate) socket_waits: u64,
    /// How long it slept on its connected sockets.
    pub(crate) socket_ns: u64,
    /// Of what the sampling timer saw in calls, the part in questions that return at once, 0 to 1.
    pub(crate) sampled_at_once: f64,
    /// Of all that the sampling timer saw, the part in epoll_wait(2) and its kin, 0 to 1.
    pub(crate) sampled_events: f64,
}

impl Profile {
    pub(crate) fn of(record: &Record, network: &Network, thread: &Thread) -> Self {
        let mut profile = Self::default();
        let mut sockets = HashSet::new();
        for wait in &thread.waits {
            profile.add_wait(record, network, wait, &mut sockets);
        }
        // Each record of a sum has its own.
        profile.sockets = (sockets.len() as u64).div_ceil(record.summed_records());
        let is_served = |id: &&u32| {
            let descriptor = record.descriptor(DescriptorId(**id));
            descriptor.is_some_and(|descriptor| network.is_served(descriptor))
        };
        let served = sockets.iter().filter(is_served).count() as u64;
        profile.connections = served.div_ceil(record.summed_records());
        if record.detail == Detail::Full {
            profile.add_calls(&thread.calls);
        }
        profile.ring_requests =
            thread.ring_operations.iter().fold(0, |sum, kind| sum.saturating_add(kind.submitted));
        profile.sampled_at_once = sampled_at_once(thread);
        profile.sampled_events = sampled_events(thread);
        profile
    }

    /// The iterations of either kind of loop.
    pub(crate) fn all_iterations(&self) -> u64 {
        self.iterations.saturating_add(self.ring_iterations)
    }

    fn add_wait(
        &mut self,
        record: &Record,
        network: &Network,
        wait: &Wait,
        sockets: &mut HashSet<u32>,
    ) {
        let accepting = is_accept(wait.syscall) || is_on_listener(record, network, wait);
        let category = Category::of(wait);
        match category {
            Category::Multiplexer if is_ring(wait.syscall) => {
                self.ring_iterations = self.ring_iterations.saturating_add(wait.count);
                self.ring_wait_ns = self.ring_wait_ns.saturating_add(wait.waiting_ns);
            }
            Category::Multiplexer => {
                self.iterations = self.iterations.saturating_add(wait.count);
                self.event_waits = self.event_waits.saturating_add(wait.count);
                self.event_wait_ns = self.event_wait_ns.saturating_add(wait.waiting_ns);
                self.has_epoll |= is_epoll(wait.syscall);
                if is_aio(wait.syscall) {
                    self.aio_iterations = self.aio_iterations.saturating_add(wait.count);
                }
            }
            Category::Handoff => {
                self.hand_offs = self.hand_offs.saturating_add(wait.count);
                self.handed_over_ns = self.handed_over_ns.saturating_add(wait.handed_over_ns);
                let woken_by_peer_ns = wait.handed_over_ns.saturating_add(wait.by_program_ns);
                self.woken_by_peer_ns =
                    self.woken_by_peer_ns.saturating_add(woken_by_peer_ns.min(wait.waiting_ns));
            }
            Category::Data | Category::Sleep | Category::Child => {
                self.blocked = self.blocked.saturating_add(wait.count);
            }
            Category::Disk => self.files = self.files.saturating_add(wait.count),
            Category::Lock | Category::Other => {}
        }
        match category {
            Category::Sleep => self.slept = self.slept.saturating_add(wait.count),
            Category::Data if accepting => {
                self.accepted = self.accepted.saturating_add(wait.count);
                self.accepting_ns = self.accepting_ns.saturating_add(wait.waiting_ns);
            }
            Category::Data => {
                if is_ipc(wait.kind) && is_read(wait.syscall) {
                    let woken_by_peer_ns = wait.handed_over_ns.saturating_add(wait.by_program_ns);
                    self.ipc_read_wait_ns =
                        self.ipc_read_wait_ns.saturating_add(woken_by_peer_ns.min(wait.waiting_ns));
                    self.ipc_reads = self.ipc_reads.saturating_add(wait.count);
                }
                if wait.kind.is_socket() {
                    self.socket_waits = self.socket_waits.saturating_add(wait.count);
                    self.socket_ns = self.socket_ns.saturating_add(wait.waiting_ns);
                    sockets.extend(wait.descriptor.map(|id| id.0));
                }
            }
            _ => {}
        }
    }

    /// Counts what the waits cannot show: calls that did not sleep. What the waits have and the
    /// calls have not is a call that has not returned yet.
    fn add_calls(&mut self, calls: &[Call]) {
        let slept = (self.iterations, self.ring_iterations, self.ipc_reads, self.aio_iterations);
        (self.iterations, self.ring_iterations, self.ipc_reads, self.accepted) = (0, 0, 0, 0);
        self.aio_iterations = 0;
        for call in calls {
            let name = Some(call.syscall);
            let done = call.count.saturating_sub(call.would_block.saturating_add(call.failed));
            if call.syscall.number() == Some(Sysno::epoll_ctl) {
                self.registered = self.registered.saturating_add(call.count);
            }
            if matches!(Purpose::of(name), Purpose::Opens | Purpose::Connects) {
                self.opened = self.opened.saturating_add(done);
            }
            if is_accept(name) {
                self.accepted = self.accepted.saturating_add(done);
            }
            if is_ring(name) {
                self.ring_iterations = self.ring_iterations.saturating_add(call.count);
            } else if is_multiplexer(name) && call.breadth == Breadth::Many {
                self.iterations = self.iterations.saturating_add(call.count);
                self.has_epoll |= is_epoll(name);
                if is_aio(name) {
                    self.aio_iterations = self.aio_iterations.saturating_add(call.count);
                }
                if call.control == Control::NonBlocking {
                    self.empty_polls = self.empty_polls.saturating_add(call.empty);
                }
            } else {
                if !is_connect(name) {
                    self.empty_polls = self.empty_polls.saturating_add(call.would_block);
                }
                let category = Category::of_call(name, call.kind, call.breadth);
                if matches!(category, Category::Data | Category::Disk) {
                    self.transfers = self.transfers.saturating_add(call.count);
                }
                let connects = is_accept(name) || is_connect(name);
                if category == Category::Data && call.kind.is_socket() && !connects {
                    self.served = self.served.saturating_add(done);
                }
                if is_ipc(call.kind) && is_read(name) && call.control == Control::Blocking {
                    self.ipc_reads = self.ipc_reads.saturating_add(call.count);
                }
            }
        }
        self.iterations = self.iterations.max(slept.0);
        self.ring_iterations = self.ring_iterations.max(slept.1);
        self.ipc_reads = self.ipc_reads.max(slept.2);
        self.aio_iterations = self.aio_iterations.max(slept.3);
    }
}

/// Whether a thread accepts connections with calls that may sleep or that gave it some.
pub(crate) fn accepts(record: &Record, network: &Network, thread: &Thread) -> bool {
    let waited = thread.waits.iter().any(|wait| {
        is_accept(wait.syscall)
            || (wait.breadth == Breadth::One && is_on_listener(record, network, wait))
    });
    let in_flight = thread.in_flight.is_some_and(|call| is_accept(Some(call.syscall)));
    waited || in_flight || thread.calls.iter().any(|call| is_accept(Some(call.syscall)))
}

fn is_on_listener(record: &Record, network: &Network, wait: &Wait) -> bool {
    wait.descriptor.is_some_and(|id| {
        record.descriptor(id).is_some_and(|descriptor| network.is_listener(id, descriptor))
    })
}

/// Whether the call waits for any of several descriptors, if it is given several.
pub(crate) fn is_multiplexer(syscall: Option<Syscall>) -> bool {
    Purpose::of(syscall).asks()
}

fn is_epoll(syscall: Option<Syscall>) -> bool {
    let limit = syscall.and_then(Syscall::meaning).map(|meaning| meaning.limit);
    matches!(limit, Some(Limit::Epoll | Limit::Epoll2))
}

fn is_aio(syscall: Option<Syscall>) -> bool {
    syscall.and_then(Syscall::meaning).is_some_and(|meaning| meaning.limit == Limit::Aio)
}

fn is_ring(syscall: Option<Syscall>) -> bool {
    syscall.and_then(Syscall::meaning).is_some_and(|meaning| meaning.limit == Limit::Ring)
}

fn is_accept(syscall: Option<Syscall>) -> bool {
    Purpose::of(syscall) == Purpose::Accepts
}

fn is_connect(syscall: Option<Syscall>) -> bool {
    Purpose::of(syscall) == Purpose::Connects
}

/// Whether the call reads, or waits for descriptors that can be read.
pub(crate) fn is_read(syscall: Option<Syscall>) -> bool {
    matches!(Purpose::of(syscall), Purpose::Receives | Purpose::AsksMany)
}

/// Whether the call takes data from a descriptor or gives data to one.
pub(crate) fn moves_data(syscall: Option<Syscall>) -> bool {
    matches!(Purpose::of(syscall), Purpose::Receives | Purpose::Sends)
}

/// Whether work comes over such a descriptor from another process of the program.
pub(crate) fn is_ipc(kind: DescriptorKind) -> bool {
    matches!(kind, DescriptorKind::Pipe | DescriptorKind::Unix)
}

/// Fewer samples are chance.
const LEAST_SAMPLED: u64 = 10;

/// Whether the call may be a question whether something is there.
fn may_ask(syscall: Option<Syscall>) -> bool {
    let yields = Purpose::of(syscall) == Purpose::Yields;
    is_read(syscall) || is_accept(syscall) || is_multiplexer(syscall) || yields
}

/// Of the samples that count, the part that is meant; 0 of too few of these.
fn sampled(
    thread: &Thread,
    counts: impl Fn(SampledMode) -> bool,
    is_meant: impl Fn(Syscall, bool) -> bool,
) -> f64 {
    let (mut meant, mut all) = (0_u64, 0_u64);
    for sample in thread.samples.iter().filter(|sample| counts(sample.mode)) {
        all = all.saturating_add(sample.count);
        if let SampledMode::Call { syscall, returns_at_once } = sample.mode
            && is_meant(syscall, returns_at_once)
        {
            meant = meant.saturating_add(sample.count);
        }
    }
    if meant < LEAST_SAMPLED { 0.0 } else { crate::share(meant, all) }
}

/// Of all samples, the part in epoll_wait(2) and its kin.
fn sampled_events(thread: &Thread) -> f64 {
    sampled(thread, |_| true, |syscall, _| is_epoll(Some(syscall)))
}

/// Of the samples in calls, the part in questions that return at once.
fn sampled_at_once(thread: &Thread) -> f64 {
    let is_call = |mode| matches!(mode, SampledMode::Call { .. });
    sampled(thread, is_call, |syscall, returns_at_once| returns_at_once && may_ask(Some(syscall)))
}
