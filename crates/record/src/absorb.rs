//! Putting records together: counts, times and histograms add.
//!
//! Left out on purpose: deciding what is alike enough.

use super::{Asking, Call, Process, RingOperations, Sample, Thread, Wait};

impl Process {
    /// Adds another process to this one, which then stands for both. Threads of the same name are
    /// put together as well, the first ones of each by themselves.
    ///
    /// Pairs of a thread that was put together with another one, and of that one.
    pub fn absorb(&mut self, other: Self) -> Vec<(u32, u32)> {
        let mut heirs = Vec::new();
        self.stands_for += other.stands_for;
        self.execs += other.execs;
        self.began_at_ns = self.began_at_ns.min(other.began_at_ns);
        self.ended_at_ns =
            self.ended_at_ns.zip(other.ended_at_ns).map(|(mine, theirs)| mine.max(theirs));
        for thread in other.threads {
            let is_first = thread.tid == other.pid;
            let is_alike =
                |mine: &&mut Thread| mine.name == thread.name && (mine.tid == self.pid) == is_first;
            match self.threads.iter_mut().find(is_alike) {
                Some(mine) => {
                    heirs.push((thread.tid, mine.tid));
                    mine.absorb(thread);
                }
                None => self.threads.push(thread),
            }
        }
        heirs
    }
}

impl Thread {
    /// Adds another thread to this one, which then stands for both. What calls and waits worked on
    /// is kept only where both have the same.
    pub fn absorb(&mut self, other: Self) {
        self.stands_for += other.stands_for;
        self.began_at_ns = self.began_at_ns.min(other.began_at_ns);
        self.ended_at_ns =
            self.ended_at_ns.zip(other.ended_at_ns).map(|(mine, theirs)| mine.max(theirs));
        self.lived_ns += other.lived_ns;
        self.time.user_ns += other.time.user_ns;
        self.time.kernel_ns += other.time.kernel_ns;
        self.time.spinning_ns += other.time.spinning_ns;
        self.time.runnable_ns += other.time.runnable_ns;
        self.time.waiting_ns += other.time.waiting_ns;
        self.kernel_says_cpu_ns += other.kernel_says_cpu_ns;
        self.switches.voluntary += other.switches.voluntary;
        self.switches.involuntary += other.switches.involuntary;
        self.threads_created += other.threads_created;
        self.processes_created += other.processes_created;
        self.asking = Asking::of_both(self.asking, other.asking);
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
            add(
                &mut self.samples,
                sample,
                |mine, theirs| mine.mode == theirs.mode,
                |mine: &mut Sample, theirs| mine.count += theirs.count,
            );
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

impl Call {
    fn is_alike(&self, other: &Self) -> bool {
        (self.syscall, self.kind, self.control, self.breadth)
            == (other.syscall, other.kind, other.control, other.breadth)
    }

    fn absorb(&mut self, other: Self) {
        self.count += other.count;
        self.would_block += other.would_block;
        self.failed += other.failed;
        self.empty += other.empty;
        self.slept += other.slept;
        self.returned += other.returned;
        self.tiny += other.tiny;
        self.total_ns += other.total_ns;
        self.latency.merge(&other.latency);
    }
}

impl Wait {
    fn is_alike(&self, other: &Self) -> bool {
        (self.syscall, self.kind, self.control, self.breadth)
            == (other.syscall, other.kind, other.control, other.breadth)
    }

    fn absorb(&mut self, other: Self) {
        if self.descriptor != other.descriptor {
            self.descriptor = None;
        }
        self.count += other.count;
        self.total_ns += other.total_ns;
        self.waiting_ns += other.waiting_ns;
        self.runnable_ns += other.runnable_ns;
        self.kernel_ns += other.kernel_ns;
        self.disk_ns += other.disk_ns;
        self.handed_over_ns += other.handed_over_ns;
        self.by_program_ns += other.by_program_ns;
        self.longest_ns = self.longest_ns.max(other.longest_ns);
        self.latency.merge(&other.latency);
    }
}

impl RingOperations {
    fn absorb(&mut self, other: Self) {
        self.submitted += other.submitted;
        self.punted += other.punted;
    }
}
