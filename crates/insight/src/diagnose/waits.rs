//! Where the threads of the document slept.
//!
//! Waits of alike threads are one, and so are those of one thread on so many descriptors that
//! nobody would read them.
//!
//! Left out on purpose: nothing; what is too much to show is in the last entry.

use std::collections::HashMap;

use crate::Ledger;
use whywait_record::{
    Breadth, Category, DescriptorId, DescriptorKind, Histogram, Process, Record, Syscall, Wait,
};
use whywait_report::{WaitCategory, WaitEntry};

use super::seconds;
use crate::alike::Alike;

/// The most entries that a document has, the sum of all others included.
pub(super) const MOST_ENTRIES: usize = 200;

/// A call of a thread that sleeps on more descriptors of one kind is shown once for all of them.
const MOST_DESCRIPTORS: usize = 16;

/// Waits in one call on one kind of descriptor.
type Kind = (Option<Syscall>, DescriptorKind, Breadth);

/// Waits that are added up.
#[derive(Clone, Default)]
struct Sum {
    descriptors: Vec<DescriptorId>,
    count: u64,
    total_ns: u64,
    waiting_ns: u64,
    runnable_ns: u64,
    kernel_ns: u64,
    longest_ns: u64,
    latency: Histogram,
}

pub(super) fn entries(
    record: &Record,
    groups: &[(&Process, Vec<Alike<'_, '_>>)],
) -> Vec<WaitEntry> {
    let mut all: Vec<(WaitEntry, Sum)> = Vec::new();
    for (process, threads) in groups {
        for alike in threads {
            all.extend(entries_of(record, process, alike));
        }
    }
    all.sort_by(|(one, _), (other, _)| other.total_s.total_cmp(&one.total_s));
    let rest = all.split_off(all.len().min(MOST_ENTRIES - 1));
    let mut entries: Vec<WaitEntry> = all.into_iter().map(|(entry, _)| entry).collect();
    if rest.len() == 1 {
        entries.extend(rest.into_iter().map(|(entry, _)| entry));
    } else if let Some((first, _)) = rest.first() {
        let (pid, tid) = (first.pid, first.tid);
        let mut sum = Sum::default();
        for (_, more) in &rest {
            sum.add_sum(more);
        }
        let kind = (None, DescriptorKind::Other, Breadth::NotApplicable);
        entries.push(sum.entry(record, (pid, tid), kind, WaitCategory::Other));
    }
    entries
}

/// The entries of alike threads, each with what it was made of.
fn entries_of(record: &Record, process: &Process, alike: &Alike<'_, '_>) -> Vec<(WaitEntry, Sum)> {
    let who = (process.pid, alike.first().thread.tid);
    let contended = mostly_lock(alike);
    few_per_kind(sums_of(record, alike))
        .into_iter()
        .map(|(kind, sum)| (sum.entry(record, who, kind, category_of(kind, contended)), sum))
        .collect()
}

/// The waits of alike threads by kind and by what a reader would call the descriptor, in the order
/// in which each was first met.
fn sums_of(record: &Record, alike: &Alike<'_, '_>) -> Vec<(Kind, Sum)> {
    let mut sums: Vec<(Kind, Sum)> = Vec::new();
    let mut known: HashMap<(Kind, Option<Key<'_>>), usize> = HashMap::new();
    for wait in alike.members.iter().flat_map(|one| &one.thread.waits) {
        let kind = (wait.syscall, wait.kind, wait.breadth);
        let key = wait.descriptor.and_then(|id| Key::of(record, id, alike.members.len() == 1));
        let index = *known.entry((kind, key)).or_insert_with(|| {
            sums.push((kind, Sum::default()));
            sums.len() - 1
        });
        sums[index].1.add(wait);
    }
    sums
}

/// The same, with those of one kind put together where there are too many of them.
fn few_per_kind(sums: Vec<(Kind, Sum)>) -> Vec<(Kind, Sum)> {
    let mut sizes: HashMap<Kind, usize> = HashMap::new();
    for (kind, _) in &sums {
        *sizes.entry(*kind).or_default() += 1;
    }
    let mut few: Vec<(Kind, Sum)> = Vec::new();
    let mut place_of: HashMap<Kind, usize> = HashMap::new();
    for (kind, sum) in sums {
        if sizes[&kind] <= MOST_DESCRIPTORS {
            few.push((kind, sum));
            continue;
        }
        let place = *place_of.entry(kind).or_insert_with(|| {
            few.push((kind, Sum::default()));
            few.len() - 1
        });
        few[place].1.add_sum(&sum);
    }
    few
}

/// What makes two descriptors the same to a reader: for one thread the number too.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'r> {
    fd: Option<i32>,
    path: Option<&'r str>,
    peer: Option<&'r str>,
    local: Option<&'r str>,
}

impl<'r> Key<'r> {
    fn of(record: &'r Record, id: DescriptorId, with_number: bool) -> Option<Self> {
        let descriptor = record.descriptor(id)?;
        Some(Self {
            fd: descriptor.fd.filter(|_| with_number),
            path: descriptor.path.as_deref(),
            peer: descriptor.peer.as_deref(),
            local: descriptor.local.as_deref(),
        })
    }
}

impl Sum {
    fn add(&mut self, wait: &Wait) {
        self.descriptors.extend(wait.descriptor);
        self.count = self.count.saturating_add(wait.count);
        self.total_ns = self.total_ns.saturating_add(wait.total_ns);
        self.waiting_ns = self.waiting_ns.saturating_add(wait.waiting_ns);
        self.runnable_ns = self.runnable_ns.saturating_add(wait.runnable_ns);
        self.kernel_ns = self.kernel_ns.saturating_add(wait.kernel_ns);
        self.longest_ns = self.longest_ns.max(wait.longest_ns);
        merge(&mut self.latency, &wait.latency);
    }

    fn add_sum(&mut self, other: &Self) {
        self.descriptors.extend(&other.descriptors);
        self.count = self.count.saturating_add(other.count);
        self.total_ns = self.total_ns.saturating_add(other.total_ns);
        self.waiting_ns = self.waiting_ns.saturating_add(other.waiting_ns);
        self.runnable_ns = self.runnable_ns.saturating_add(other.runnable_ns);
        self.kernel_ns = self.kernel_ns.saturating_add(other.kernel_ns);
        self.longest_ns = self.longest_ns.max(other.longest_ns);
        merge(&mut self.latency, &other.latency);
    }

    fn entry(
        &self,
        record: &Record,
        (pid, tid): (u32, u32),
        (syscall, kind, _): Kind,
        category: WaitCategory,
    ) -> WaitEntry {
        let mut ids = self.descriptors.clone();
        ids.sort_unstable();
        ids.dedup();
        let descriptors: Vec<_> = ids.iter().filter_map(|id| record.descriptor(*id)).collect();
        // What is not the same of all of them is nobody's.
        let shared = |part: fn(&whywait_record::Descriptor) -> Option<&String>| {
            let first = descriptors.first().and_then(|first| part(first))?;
            descriptors.iter().all(|one| part(one) == Some(first)).then(|| first.clone())
        };
        let quantile_s = |share| self.latency.quantile_ns(share).map_or(0.0, seconds);
        WaitEntry {
            pid,
            tid,
            syscall: syscall.map(Syscall::name),
            descriptor: match descriptors.as_slice() {
                [one] => one.fd,
                _ => None,
            },
            descriptors: descriptors.len() as u64,
            kind: kind_name(kind).to_owned(),
            path: shared(|one| one.path.as_ref()),
            peer: shared(|one| one.peer.as_ref()),
            local: shared(|one| one.local.as_ref()),
            category,
            count: self.count,
            total_s: seconds(self.total_ns),
            p50_s: quantile_s(0.5),
            p99_s: quantile_s(0.99),
            longest_s: seconds(self.longest_ns),
            waiting_s: seconds(self.waiting_ns),
            runnable_s: seconds(self.runnable_ns),
            kernel_s: seconds(self.kernel_ns),
        }
    }
}

/// Adds what was counted, without a panic on counts that nothing can have counted.
fn merge(mine: &mut Histogram, theirs: &Histogram) {
    for (mine, theirs) in mine.buckets.iter_mut().zip(&theirs.buckets) {
        *mine = mine.saturating_add(*theirs);
    }
}

/// Whether the threads waited longer for locks than for work.
fn mostly_lock(alike: &Alike<'_, '_>) -> bool {
    let mut ledger = Ledger::default();
    for one in &alike.members {
        ledger.add(&one.ledger);
    }
    ledger.lock_ns > ledger.handoff_ns
}

fn category_of((syscall, kind, breadth): Kind, contended: bool) -> WaitCategory {
    match Category::of_call(syscall, kind, breadth) {
        Category::Data => WaitCategory::Data,
        Category::Disk => WaitCategory::Disk,
        Category::Multiplexer => WaitCategory::Multiplexer,
        Category::Handoff if contended => WaitCategory::Lock,
        Category::Handoff => WaitCategory::Handoff,
        Category::Lock => WaitCategory::Lock,
        Category::Sleep => WaitCategory::Sleep,
        Category::Child => WaitCategory::Child,
        Category::Other => WaitCategory::Other,
    }
}

fn kind_name(kind: DescriptorKind) -> &'static str {
    match kind {
        DescriptorKind::None => "none",
        DescriptorKind::File => "file",
        DescriptorKind::Directory => "directory",
        DescriptorKind::Pipe => "pipe",
        DescriptorKind::Tcp => "tcp",
        DescriptorKind::Udp => "udp",
        DescriptorKind::Unix => "unix",
        DescriptorKind::Socket => "socket",
        DescriptorKind::Epoll => "epoll",
        DescriptorKind::Eventfd => "eventfd",
        DescriptorKind::Timerfd => "timerfd",
        DescriptorKind::Signalfd => "signalfd",
        DescriptorKind::Ring => "ring",
        DescriptorKind::Inotify => "inotify",
        DescriptorKind::Pidfd => "pidfd",
        DescriptorKind::Terminal => "terminal",
        DescriptorKind::CharDevice => "char-device",
        DescriptorKind::BlockDevice => "block-device",
        DescriptorKind::Other => "other",
    }
}
