//! Adding up processes, threads, calls and waits: counts, times and histograms are summed.
//!
//! Which of them are added up is decided by the backend, which bounds its memory that way, and by
//! [`merge`](crate::merge()), which adds up records. Sums saturate: a record may come from a file
//! that was made to overflow them.

use super::{Asking, Call, InFlight, Process, RingOperations, Sample, Thread, Wait};

/// Adds to a sum, up to the largest number.
pub(crate) fn add_to(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

impl Process {
    /// Adds another process to this one, which then stands for both. Threads of the same name are
    /// put together as well, the first ones of each by themselves.
    ///
    /// Pairs of a thread that was put together with another one, and of that one.
    pub fn absorb(&mut self, other: Self) -> Vec<(u32, u32)> {
        let mut merge_targets = Vec::new();
        add_to(&mut self.merged_count, other.merged_count);
        add_to(&mut self.execs, other.execs);
        self.began_at_ns = self.began_at_ns.min(other.began_at_ns);
        self.ended_at_ns =
            self.ended_at_ns.zip(other.ended_at_ns).map(|(mine, theirs)| mine.max(theirs));
        self.age_ns = self.age_ns.max(other.age_ns);
        self.session_pid = self.session_pid.filter(|pid| Some(*pid) == other.session_pid);
        add_to(&mut self.descriptors_left_out, other.descriptors_left_out);
        add_to(&mut self.descriptors_left_out, other.descriptors.len() as u64);
        for thread in other.threads {
            let is_first = thread.tid == other.pid;
            let is_alike =
                |mine: &&mut Thread| mine.name == thread.name && (mine.tid == self.pid) == is_first;
            match self.threads.iter_mut().find(is_alike) {
                Some(mine) => {
                    merge_targets.push((thread.tid, mine.tid));
                    mine.absorb(thread);
                }
                None => self.threads.push(thread),
            }
        }
        merge_targets
    }
}

impl Thread {
    /// Adds another thread to this one, which then stands for both. What calls and waits worked on
    /// is kept only where both have the same.
    pub fn absorb(&mut self, other: Self) {
        add_to(&mut self.merged_count, other.merged_count);
        self.began_at_ns = self.began_at_ns.min(other.began_at_ns);
        self.ended_at_ns =
            self.ended_at_ns.zip(other.ended_at_ns).map(|(mine, theirs)| mine.max(theirs));
        add_to(&mut self.lived_ns, other.lived_ns);
        add_to(&mut self.time.user_ns, other.time.user_ns);
        add_to(&mut self.time.kernel_ns, other.time.kernel_ns);
        add_to(&mut self.time.spinning_ns, other.time.spinning_ns);
        add_to(&mut self.time.runnable_ns, other.time.runnable_ns);
        add_to(&mut self.time.waiting_ns, other.time.waiting_ns);
        add_to(&mut self.sched_cpu_ns, other.sched_cpu_ns);
        add_to(&mut self.switches.voluntary, other.switches.voluntary);
        add_to(&mut self.switches.involuntary, other.switches.involuntary);
        add_to(&mut self.threads_created, other.threads_created);
        add_to(&mut self.processes_created, other.processes_created);
        self.asking = Asking::of_both(self.asking, other.asking);
        self.in_flight = InFlight::of_both(self.in_flight, other.in_flight);
        for call in other.calls {
            add(&mut self.calls, call, Call::is_alike, Call::absorb);
        }
        for wait in other.waits {
            add(&mut self.waits, wait, Wait::is_alike, Wait::absorb);
        }
        for operations in other.ring_operations {
            add(
                &mut self.ring_operations,
                operations,
                |mine, theirs| mine.opcode == theirs.opcode,
                RingOperations::absorb,
            );
        }
        for sample in other.samples {
            add(&mut self.samples, sample, |mine, theirs| mine.mode == theirs.mode, Sample::absorb);
        }
    }
}

/// Adds to the one that is alike, or behind all.
fn add<T>(
    list: &mut Vec<T>,
    one: T,
    is_alike: impl Fn(&T, &T) -> bool,
    absorb: impl FnOnce(&mut T, T),
) {
    match list.iter_mut().find(|mine| is_alike(mine, &one)) {
        Some(mine) => absorb(mine, one),
        None => list.push(one),
    }
}

impl Asking {
    fn of_both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Self {
                first_at_ns: one.first_at_ns.min(other.first_at_ns),
                last_at_ns: one.last_at_ns.max(other.last_at_ns),
            }),
            (one, other) => one.or(other),
        }
    }
}

impl InFlight {
    /// The one that has lasted longest. There is only room for one.
    fn of_both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let both = [one, other].into_iter().flatten();
        both.min_by_key(|call| (call.since_at_ns, call.syscall, call.descriptor))
    }
}

impl Call {
    fn is_alike(&self, other: &Self) -> bool {
        (self.syscall, self.kind, self.control, self.breadth)
            == (other.syscall, other.kind, other.control, other.breadth)
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        add_to(&mut self.count, other.count);
        add_to(&mut self.would_block, other.would_block);
        add_to(&mut self.failed, other.failed);
        add_to(&mut self.empty, other.empty);
        add_to(&mut self.slept, other.slept);
        add_to(&mut self.returned, other.returned);
        add_to(&mut self.tiny, other.tiny);
        add_to(&mut self.total_ns, other.total_ns);
        self.latency.merge(&other.latency);
    }
}

impl Wait {
    fn is_alike(&self, other: &Self) -> bool {
        (self.syscall, self.kind, self.control, self.breadth)
            == (other.syscall, other.kind, other.control, other.breadth)
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        if self.descriptor != other.descriptor {
            self.descriptor = None;
        }
        add_to(&mut self.count, other.count);
        add_to(&mut self.total_ns, other.total_ns);
        add_to(&mut self.waiting_ns, other.waiting_ns);
        add_to(&mut self.runnable_ns, other.runnable_ns);
        add_to(&mut self.kernel_ns, other.kernel_ns);
        add_to(&mut self.disk_ns, other.disk_ns);
        add_to(&mut self.handed_over_ns, other.handed_over_ns);
        add_to(&mut self.by_program_ns, other.by_program_ns);
        self.longest_ns = self.longest_ns.max(other.longest_ns);
        self.stalls.merge(other.stalls);
        self.latency.merge(&other.latency);
    }
}

impl Sample {
    pub(crate) fn absorb(&mut self, other: Self) {
        add_to(&mut self.count, other.count);
    }
}

impl RingOperations {
    pub(crate) fn absorb(&mut self, other: Self) {
        add_to(&mut self.submitted, other.submitted);
        add_to(&mut self.punted, other.punted);
    }
}
