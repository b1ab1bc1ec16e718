//! Where the time of one thread went.
//!
//! Left out on purpose: judging it, and showing it in seconds.

use whywait_record::{Category, Record, Thread, Wait};

use crate::Contention;

/// Where the time of one thread went, in nanoseconds.
///
/// All but `spinning_ns` add up to [`Thread::lived_ns`]: what a record says beyond a thread's life
/// is cut off, and what it does not say is `other_ns`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// On a CPU, outside system calls.
    pub cpu_user_ns: u64,
    /// On a CPU, inside system calls.
    pub cpu_kernel_ns: u64,
    /// The part of both that went into asking again and again without a result.
    pub spinning_ns: u64,
    /// Ready to run, and not running.
    pub runnable_ns: u64,
    /// Asleep, and waiting for: see [`Category::Data`].
    pub data_ns: u64,
    /// See [`Category::Disk`].
    pub disk_ns: u64,
    /// See [`Category::Multiplexer`].
    pub multiplexer_ns: u64,
    /// See [`Category::Handoff`].
    pub handoff_ns: u64,
    /// See [`Category::Lock`].
    pub lock_ns: u64,
    /// See [`Category::Sleep`].
    pub sleep_ns: u64,
    /// See [`Category::Child`].
    pub child_ns: u64,
    /// See [`Category::Other`]; and what is not accounted for.
    pub other_ns: u64,
}

impl Ledger {
    /// The ledger of one thread of a record. For those of many threads see [`Ledger::with`].
    #[must_use]
    pub fn of(thread: &Thread, record: &Record) -> Self {
        Self::with(thread, &Contention::of(record))
    }

    /// The ledger of one thread, where it is known already which threads contend.
    #[must_use]
    pub fn with(thread: &Thread, contention: &Contention) -> Self {
        let mut left_ns = thread.lived_ns;
        let mut take = |wanted_ns: u64| {
            let taken_ns = wanted_ns.min(left_ns);
            left_ns -= taken_ns;
            taken_ns
        };
        let mut ledger = Self {
            cpu_user_ns: take(thread.time.user_ns),
            cpu_kernel_ns: take(thread.time.kernel_ns),
            runnable_ns: take(thread.time.runnable_ns),
            ..Self::default()
        };
        ledger.spinning_ns = thread.time.spinning_ns.min(ledger.cpu_ns());
        for wait in &thread.waits {
            for (category, waiting_ns) in split(thread, wait, contention) {
                *ledger.part_mut(category) += take(waiting_ns);
            }
        }
        ledger.other_ns += left_ns;
        ledger
    }

    /// The waits by category, in the order of the fields.
    #[must_use]
    pub fn categories(&self) -> [(Category, u64); 8] {
        [
            (Category::Data, self.data_ns),
            (Category::Disk, self.disk_ns),
            (Category::Multiplexer, self.multiplexer_ns),
            (Category::Handoff, self.handoff_ns),
            (Category::Lock, self.lock_ns),
            (Category::Sleep, self.sleep_ns),
            (Category::Child, self.child_ns),
            (Category::Other, self.other_ns),
        ]
    }

    /// On a CPU.
    #[must_use]
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_user_ns.saturating_add(self.cpu_kernel_ns)
    }

    /// On a CPU, or ready to run and not running.
    #[must_use]
    pub fn wanted_ns(&self) -> u64 {
        self.cpu_ns().saturating_add(self.runnable_ns)
    }

    /// Asleep, and waiting for one of these.
    #[must_use]
    pub fn asleep_for(&self, categories: &[Category]) -> u64 {
        let parts = self.categories().into_iter();
        let wanted = parts.filter(|(category, _)| categories.contains(category));
        wanted.fold(0, |sum, (_, waiting_ns)| sum.saturating_add(waiting_ns))
    }

    /// Asleep, for whatever.
    #[must_use]
    pub fn waiting_ns(&self) -> u64 {
        self.categories().iter().fold(0, |sum, (_, waiting_ns)| sum.saturating_add(*waiting_ns))
    }

    /// How long the thread was watched.
    #[must_use]
    pub fn lived_ns(&self) -> u64 {
        self.wanted_ns().saturating_add(self.waiting_ns())
    }

    /// Adds another thread's.
    pub fn add(&mut self, other: &Self) {
        for (mine_ns, theirs_ns) in [
            (&mut self.cpu_user_ns, other.cpu_user_ns),
            (&mut self.cpu_kernel_ns, other.cpu_kernel_ns),
            (&mut self.spinning_ns, other.spinning_ns),
            (&mut self.runnable_ns, other.runnable_ns),
        ] {
            *mine_ns = mine_ns.saturating_add(theirs_ns);
        }
        for (category, theirs_ns) in other.categories() {
            let mine_ns = self.part_mut(category);
            *mine_ns = mine_ns.saturating_add(theirs_ns);
        }
    }

    fn part_mut(&mut self, category: Category) -> &mut u64 {
        match category {
            Category::Data => &mut self.data_ns,
            Category::Disk => &mut self.disk_ns,
            Category::Multiplexer => &mut self.multiplexer_ns,
            Category::Handoff => &mut self.handoff_ns,
            Category::Lock => &mut self.lock_ns,
            Category::Sleep => &mut self.sleep_ns,
            Category::Child => &mut self.child_ns,
            Category::Other => &mut self.other_ns,
        }
    }
}

/// What the parts of a wait were for. They add up to its `waiting_ns`.
fn split(thread: &Thread, wait: &Wait, contention: &Contention) -> [(Category, u64); 3] {
    // Since Linux 6.5 every wait for completions of a ring counts as one for a device.
    let is_of_many = Category::of(wait) == Category::Multiplexer;
    let disk_ns = if is_of_many { 0 } else { wait.disk_ns.min(wait.waiting_ns) };
    let lock_ns = contention.lock_ns(thread, wait);
    let rest_ns = wait.waiting_ns - disk_ns - lock_ns;
    // A worker of io_uring sleeps in the kernel, outside any call, until there is work for it.
    let waits_for_work = thread.io_worker && wait.syscall.is_none();
    let category = if waits_for_work { Category::Handoff } else { Category::of(wait) };
    [(Category::Disk, disk_ns), (Category::Lock, lock_ns), (category, rest_ns)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ledger;
    use crate::Contention;
    use crate::facts::contention_tests::{futex_thread, record_of};
    use whywait_record::{
        Breadth, Control, DescriptorKind, Histogram, Syscall, Thread, ThreadTime, Wait,
    };

    fn wait(number: u16, kind: DescriptorKind, waiting_ns: u64, disk_ns: u64) -> Wait {
        Wait {
            syscall: Some(Syscall(number)),
            descriptor: None,
            kind,
            control: Control::Blocking,
            breadth: Breadth::NotApplicable,
            count: 1,
            total_ns: waiting_ns,
            waiting_ns,
            runnable_ns: 0,
            kernel_ns: 0,
            disk_ns,
            handed_over_ns: 0,
            by_program_ns: 0,
            longest_ns: waiting_ns,
            stalls: whywait_record::Stalls::default(),
            latency: Histogram::default(),
        }
    }

    fn thread(time: ThreadTime, lived_ns: u64, waits: Vec<Wait>) -> Thread {
        Thread { time, lived_ns, waits, ..futex_thread(1, 0, 0) }
    }

    #[test]
    fn a_wait_for_a_device_is_disk_whatever_the_call() {
        let waits = vec![wait(0, DescriptorKind::Pipe, 100, 40)];
        let thread = thread(ThreadTime { waiting_ns: 100, ..ThreadTime::default() }, 100, waits);
        let ledger = Ledger::with(&thread, &Contention::default());
        assert_eq!((ledger.data_ns, ledger.disk_ns, ledger.other_ns), (60, 40, 0));
    }

    #[test]
    fn completions_of_a_ring_are_no_device() {
        let waits = vec![wait(426, DescriptorKind::Ring, 100, 100)];
        let thread = thread(ThreadTime { waiting_ns: 100, ..ThreadTime::default() }, 100, waits);
        let ledger = Ledger::with(&thread, &Contention::default());
        assert_eq!((ledger.multiplexer_ns, ledger.disk_ns), (100, 0));
    }

    #[test]
    fn a_worker_of_a_ring_waits_for_work() {
        let mut outside = wait(0, DescriptorKind::None, 100, 0);
        outside.syscall = None;
        let time = ThreadTime { waiting_ns: 100, ..ThreadTime::default() };
        let mut worker = thread(time, 100, vec![outside]);
        assert_eq!(Ledger::with(&worker, &Contention::default()).other_ns, 100);
        worker.io_worker = true;
        assert_eq!(Ledger::with(&worker, &Contention::default()).handoff_ns, 100);
    }

    #[test]
    fn the_ledger_of_a_record_knows_who_contends() {
        let threads = vec![futex_thread(1, 500, 500), futex_thread(2, 500, 500)];
        let record = record_of(threads, &[(1, 2, 400), (2, 1, 400)]);
        let (_, first) = record.threads().next().expect("there are two");
        let ledger = Ledger::of(first, &record);
        assert_eq!((ledger.lock_ns, ledger.handoff_ns), (500, 0));
    }

    proptest! {
        /// Whatever a record says, the parts are a thread's life; what its waits miss is `other`.
        #[test]
        fn the_parts_add_up_to_the_life(
            (user_ns, kernel_ns, runnable_ns) in (0..u64::MAX / 8, 0..u64::MAX / 8, 0..u64::MAX / 8),
            missing_ns in 0..u64::MAX / 8,
            waits in proptest::collection::vec((0..460_u16, 0..u64::MAX / 64, 0..u64::MAX / 8), 0..8),
        ) {
            let waits: Vec<Wait> = waits
                .into_iter()
                .map(|(number, waiting_ns, disk_ns)| wait(number, DescriptorKind::Tcp, waiting_ns, disk_ns))
                .collect();
            let known_ns: u64 = waits.iter().map(|wait| wait.waiting_ns).sum();
            let waiting_ns = known_ns + missing_ns;
            let time = ThreadTime { user_ns, kernel_ns, spinning_ns: u64::MAX, runnable_ns, waiting_ns };
            let lived_ns = user_ns + kernel_ns + runnable_ns + waiting_ns;
            let ledger = Ledger::with(&thread(time, lived_ns, waits), &Contention::default());
            prop_assert_eq!(ledger.lived_ns(), lived_ns);
            prop_assert_eq!(ledger.waiting_ns(), waiting_ns);
            prop_assert!(ledger.other_ns >= missing_ns);
            prop_assert!(ledger.spinning_ns <= ledger.cpu_ns());
        }

        /// A record that says more than a thread lived is cut off.
        #[test]
        fn no_part_is_longer_than_the_life(lived_ns: u64, user_ns: u64, waiting_ns: u64) {
            let time = ThreadTime { user_ns, waiting_ns, ..ThreadTime::default() };
            let waits = vec![wait(0, DescriptorKind::File, waiting_ns, 0)];
            let ledger = Ledger::with(&thread(time, lived_ns, waits), &Contention::default());
            prop_assert_eq!(ledger.lived_ns(), lived_ns);
        }
    }
}
