//! What the kernel did for a thread inside its system calls, and for which of them.
//!
//! In full detail the time awake inside each call is known, in light detail the share of the samples
//! in each call. Both are scaled to the thread's kernel time. Page faults are not part of it: a
//! record counts them as time outside system calls.

use std::collections::BTreeMap;

use syscalls::Sysno;
use whywait_record::{Category, Detail, Purpose, SampledMode, Syscall, Thread, WaitsFor};

use super::total::Total;
use crate::words::time;

/// What the kernel does in a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    Copying,
    Paths,
    Connections,
    Readiness,
    Syncing,
    Processes,
    Memory,
    Threads,
    Other,
}

impl Work {
    fn of(syscall: Syscall) -> Self {
        match syscall.number() {
            Some(
                Sysno::clone
                | Sysno::clone3
                | Sysno::fork
                | Sysno::vfork
                | Sysno::execve
                | Sysno::execveat
                | Sysno::wait4
                | Sysno::waitid
                | Sysno::exit
                | Sysno::exit_group,
            ) => return Self::Processes,
            Some(
                Sysno::mmap
                | Sysno::munmap
                | Sysno::mprotect
                | Sysno::mremap
                | Sysno::madvise
                | Sysno::brk,
            ) => return Self::Memory,
            Some(Sysno::socket | Sysno::shutdown | Sysno::setsockopt | Sysno::getsockopt) => {
                return Self::Connections;
            }
            Some(Sysno::io_submit) => return Self::Copying,
            Some(Sysno::epoll_ctl) => return Self::Readiness,
            Some(Sysno::close | Sysno::fcntl | Sysno::dup | Sysno::dup2 | Sysno::dup3) => {
                return Self::Paths;
            }
            _ => {}
        }
        match syscall.purpose() {
            Purpose::Sends | Purpose::Receives => Self::Copying,
            Purpose::Opens => Self::Paths,
            Purpose::Accepts | Purpose::Connects => Self::Connections,
            Purpose::AsksQueue | Purpose::AsksMany => Self::Readiness,
            Purpose::Syncs => Self::Syncing,
            Purpose::WaitsForThread | Purpose::Yields => Self::Threads,
            _ if is_about_files(syscall) => Self::Paths,
            _ => Self::Other,
        }
    }

    /// Whether it is part of doing I/O, so that it takes no time if I/O takes none.
    pub(super) fn is_io(self) -> bool {
        match self {
            Self::Copying | Self::Paths | Self::Connections | Self::Readiness | Self::Syncing => {
                true
            }
            Self::Processes | Self::Memory | Self::Threads | Self::Other => false,
        }
    }

    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Copying => "copying data",
            Self::Paths => "opening, closing and looking up files",
            Self::Connections => "making and ending connections",
            Self::Readiness => "asking for events",
            Self::Syncing => "writing to the disk",
            Self::Processes => "starting and ending processes and threads",
            Self::Memory => "mapping and unmapping memory",
            Self::Threads => "waking threads and putting them to sleep",
            Self::Other => "other calls",
        }
    }

    /// How to have less of it.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Copying => {
                "Move more bytes with each call (a larger buffer, writev(2)), or let the kernel \
                 move them without the program: sendfile(2), splice(2), copy_file_range(2)."
            }
            Self::Paths => {
                "Keep files open instead of opening them again, and ask once for what is needed \
                 again: getdents64(2) has the type of each entry, and a path relative to an open \
                 directory (openat(2)) is shorter to look up."
            }
            Self::Connections => "Keep connections open and use them again.",
            Self::Readiness => {
                "Take more events with each question, and watch descriptors by epoll(7) instead of \
                 handing all of them to poll(2) each time."
            }
            Self::Syncing => "Sync once for many writes.",
            Self::Processes => {
                "Start fewer processes: one for many items, a pool that stays, or a function of \
                 the program itself. posix_spawn(3) is cheaper than fork(2) for a large process."
            }
            Self::Memory => {
                "Keep buffers and use them again. An allocator that gives memory back to the \
                 kernel each time (large blocks, M_MMAP_THRESHOLD of mallopt(3)) maps it again."
            }
            Self::Threads => {
                "Wake fewer threads: hand over several pieces of work at once, and hold locks for \
                 a shorter time."
            }
            Self::Other => "`strace -c -f` counts the calls; `perf record -g` shows where they go.",
        }
    }
}

/// Paths, and attributes of files that are open.
fn is_about_files(syscall: Syscall) -> bool {
    syscall.meaning().is_some_and(|meaning| {
        meaning.names_path || meaning.waits_for == WaitsFor::Always(Category::Disk)
    })
}

/// Kernel time by system call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct KernelWork {
    by_call: BTreeMap<Syscall, u64>,
}

impl KernelWork {
    /// That of one thread.
    pub(super) fn of(detail: Detail, thread: &Thread) -> Self {
        let weights = match detail {
            Detail::Full => awake_ns(thread),
            Detail::Light => samples(thread),
        };
        let all: u64 = weights.values().copied().total();
        let kernel_ns = thread.time.kernel_ns;
        // Samples are a measure, not a time; counted times may hold waits for a CPU.
        let whole = if detail == Detail::Light { all } else { all.max(kernel_ns) };
        let part = |weight: u64| (kernel_ns as f64 * crate::share(weight, whole)) as u64;
        Self { by_call: weights.into_iter().map(|(call, weight)| (call, part(weight))).collect() }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (call, more_ns) in &other.by_call {
            let sum_ns = self.by_call.entry(*call).or_default();
            *sum_ns = sum_ns.saturating_add(*more_ns);
        }
    }

    /// How much of it is part of doing I/O.
    pub(super) fn io_ns(&self) -> u64 {
        self.by_work().iter().filter(|(work, _)| work.is_io()).map(|(_, time_ns)| *time_ns).total()
    }

    /// What most of it was for.
    pub(super) fn most(&self) -> Option<Work> {
        self.by_work().into_iter().max_by_key(|(_, time_ns)| *time_ns).map(|(work, _)| work)
    }

    /// The two kinds of work that took most, with their calls: `50 ms copying data (read, write)`.
    pub(super) fn in_words(&self) -> String {
        let mut parts: Vec<_> = self.by_work().into_iter().collect();
        parts.sort_by_key(|(_, time_ns)| std::cmp::Reverse(*time_ns));
        let all_ns: u64 = parts.iter().map(|(_, time_ns)| *time_ns).total();
        let shown =
            parts.iter().take(2).filter(|(_, part_ns)| crate::share(*part_ns, all_ns) >= 0.05);
        let shown: Vec<_> = shown
            .map(|(work, part_ns)| {
                format!("{} {} ({})", time(*part_ns), work.in_words(), self.calls_of(*work))
            })
            .collect();
        shown.join(", ")
    }

    fn by_work(&self) -> BTreeMap<Work, u64> {
        let mut sums: BTreeMap<Work, u64> = BTreeMap::new();
        for (call, time_ns) in &self.by_call {
            let sum_ns = sums.entry(Work::of(*call)).or_default();
            *sum_ns = sum_ns.saturating_add(*time_ns);
        }
        sums
    }

    /// The two calls of that work that took most.
    fn calls_of(&self, work: Work) -> String {
        let calls = self.by_call.iter().filter(|(call, _)| Work::of(**call) == work);
        let mut calls: Vec<_> = calls.collect();
        calls.sort_by_key(|(_, time_ns)| std::cmp::Reverse(**time_ns));
        let names: Vec<_> = calls.iter().take(2).map(|(call, _)| call.name()).collect();
        names.join(", ")
    }
}

/// By call, how long it ran: without its sleeps, and the waits for a CPU in calls that slept.
fn awake_ns(thread: &Thread) -> BTreeMap<Syscall, u64> {
    let mut sums: BTreeMap<Syscall, u64> = BTreeMap::new();
    for call in &thread.calls {
        let sum_ns = sums.entry(call.syscall).or_default();
        *sum_ns = sum_ns.saturating_add(call.total_ns);
    }
    for wait in &thread.waits {
        if let Some(sum_ns) = wait.syscall.and_then(|call| sums.get_mut(&call)) {
            *sum_ns = sum_ns.saturating_sub(wait.waiting_ns.saturating_add(wait.runnable_ns));
        }
    }
    sums
}

fn samples(thread: &Thread) -> BTreeMap<Syscall, u64> {
    let mut sums: BTreeMap<Syscall, u64> = BTreeMap::new();
    for sample in &thread.samples {
        if let SampledMode::Call { syscall, .. } = sample.mode {
            let sum = sums.entry(syscall).or_default();
            *sum = sum.saturating_add(sample.count);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{DescriptorKind, Detail, Sample, SampledMode, Syscall};

    use super::{KernelWork, Work};
    use crate::findings::scene::{MS, Scene, call};

    #[test]
    fn full_detail_leaves_sleeps_out() {
        let mut scene = Scene::new();
        let peer = scene.descriptor(DescriptorKind::Tcp, "a:1");
        scene.cpu(0, 100 * MS);
        scene.call(Sysno::read, DescriptorKind::Tcp).total_ns = 900 * MS;
        scene.wait(call(Sysno::read), Some(peer), 10, 84 * MS);
        scene.call(Sysno::openat, DescriptorKind::None).total_ns = 30 * MS;
        let work = KernelWork::of(Detail::Full, scene.thread());
        assert_eq!((work.io_ns(), work.most()), (90 * MS, Some(Work::Copying)));
        let shown = "60 ms copying data (read), 30 ms opening, closing and looking up files \
                     (openat)";
        assert_eq!(work.in_words(), shown);
    }

    #[test]
    fn light_detail_divides_the_kernel_time_by_samples() {
        let mut scene = Scene::new();
        scene.cpu(50 * MS, 80 * MS);
        let mode =
            |number| SampledMode::Call { syscall: Syscall::of(number), returns_at_once: false };
        scene.thread().samples = vec![
            Sample { mode: mode(Sysno::clone), count: 3 },
            Sample { mode: mode(Sysno::newfstatat), count: 1 },
            Sample { mode: SampledMode::User, count: 9 },
        ];
        let work = KernelWork::of(Detail::Light, scene.thread());
        assert_eq!((work.io_ns(), work.most()), (20 * MS, Some(Work::Processes)));
    }
}
