//! The part of a program by which its shape is recognised.
//!
//! A program may be started by a shell that waits for it, and may have processes that only look
//! after others. What counts is the process that does the work, or the team of processes that do.
//!
//! Left out on purpose: naming a shape.

use std::collections::{HashMap, HashSet};

use whywait_record::{Category, Process};
use whywait_report::ThreadModel;

use super::team::Team;
use crate::ThreadAnalysis;
use crate::analysis::ClassifiedThreads;
use crate::rules::LEAST_ITERATIONS;

/// A thread that did less may have waited for one thing all the time.
const SEVERAL: u64 = 3;

/// A process that did less than this part of what it and all that it made did only manages these.
const LEAST_OWN_WORK: f64 = 0.05;

/// The part of a program by which its shape is recognised.
pub(super) struct Program<'s, 'a> {
    pub(super) analysis: &'s ClassifiedThreads<'s, 'a>,
    /// The process that leads: the root, or below it the first that does more than wait for others.
    pub(super) leader: u32,
    /// Processes that do the same at the same time, if they do most of the work.
    pub(super) team: Option<Team<'s, 'a>>,
    threads: HashMap<u32, Vec<&'s ThreadAnalysis<'a>>>,
}

impl<'s, 'a> Program<'s, 'a> {
    pub(super) fn of(analysis: &'s ClassifiedThreads<'s, 'a>) -> Self {
        let mut threads: HashMap<u32, Vec<&'s ThreadAnalysis<'a>>> = HashMap::new();
        for one in &analysis.threads {
            threads.entry(one.process.pid).or_default().push(one);
        }
        let mut program = Self { analysis, leader: analysis.record.root_pid, team: None, threads };
        program.leader = program.find_leader();
        program.team = Team::of(&program);
        program
    }

    /// The threads of one process, without those that the kernel made.
    pub(super) fn threads_in(&self, pid: u32) -> impl Iterator<Item = &'s ThreadAnalysis<'a>> {
        let threads = self.threads.get(&pid).map_or(&[][..], Vec::as_slice);
        threads.iter().copied().filter(|one| !one.thread.io_worker)
    }

    /// The threads of the leader.
    pub(super) fn threads(&self) -> impl Iterator<Item = &'s ThreadAnalysis<'a>> {
        self.threads_in(self.leader)
    }

    /// The threads of the leader that use that model.
    pub(super) fn threads_of(
        &self,
        model: ThreadModel,
    ) -> impl Iterator<Item = &'s ThreadAnalysis<'a>> {
        self.threads().filter(move |one| one.model == model)
    }

    /// The processes that one made.
    pub(super) fn children(&self, pid: u32) -> impl Iterator<Item = &'a Process> {
        let processes = self.analysis.record.processes.iter();
        processes.filter(move |process| process.parent_pid == Some(pid) && process.pid != pid)
    }

    /// How long a process worked.
    pub(super) fn work_ns(&self, pid: u32) -> u64 {
        self.threads_in(pid).fold(0, |sum, one| sum.saturating_add(work_ns(one)))
    }

    /// How long a process and all that it made worked.
    pub(super) fn work_below_ns(&self, pid: u32) -> u64 {
        self.sum_below(pid, |pid| self.work_ns(pid))
    }

    /// The sum of something over a process and all that it made.
    fn sum_below(&self, pid: u32, of: impl Fn(u32) -> u64) -> u64 {
        let mut sum_ns = 0_u64;
        let mut seen = HashSet::new();
        let mut left = vec![pid];
        while let Some(pid) = left.pop() {
            if seen.insert(pid) {
                sum_ns = sum_ns.saturating_add(of(pid));
                left.extend(self.children(pid).map(|child| child.pid));
            }
        }
        sum_ns
    }

    /// How much the threads of a process did; see [`effort_ns`].
    pub(super) fn effort_ns(&self, pid: u32) -> u64 {
        self.threads_in(pid).map(effort_ns).fold(0, u64::saturating_add)
    }

    /// How much the threads of a process and of all that it made did.
    pub(super) fn effort_below_ns(&self, pid: u32) -> u64 {
        self.sum_below(pid, |pid| self.effort_ns(pid))
    }

    /// How much all threads of the program did.
    pub(super) fn all_effort_ns(&self) -> u64 {
        let all = self.analysis.threads.iter().filter(|one| !one.thread.io_worker);
        all.map(effort_ns).fold(0, u64::saturating_add)
    }

    /// How much the threads of the leader did that did something.
    pub(super) fn active_effort_ns(&self) -> u64 {
        let rests = |one: &&ThreadAnalysis<'_>| {
            matches!(one.model, ThreadModel::Idle | ThreadModel::Unknown)
        };
        self.threads().filter(|one| !rests(one)).map(effort_ns).fold(0, u64::saturating_add)
    }

    /// Whether all that a process does is to wait for others, or nothing.
    pub(super) fn only_waits(&self, pid: u32) -> bool {
        self.threads_in(pid).all(|one| match one.model {
            ThreadModel::WaitsForChildren | ThreadModel::Idle => true,
            ThreadModel::EventLoop => {
                one.profile.all_iterations() < LEAST_ITERATIONS || is_helper(one)
            }
            _ => false,
        })
    }

    /// Whether a loop is what its process is about. One that hardly iterated while other threads
    /// worked waits for a single thing, such as the end.
    pub(super) fn is_about(&self, turning: &ThreadAnalysis<'_>) -> bool {
        let works = |one: &ThreadAnalysis<'_>| {
            !matches!(
                one.model,
                ThreadModel::EventLoop
                    | ThreadModel::UringLoop
                    | ThreadModel::AioLoop
                    | ThreadModel::Idle
                    | ThreadModel::Unknown
            ) && did_several_things(one)
                && effort_ns(one) > effort_ns(turning)
        };
        turning.profile.all_iterations() >= LEAST_ITERATIONS
            || !self.threads_in(turning.process.pid).any(works)
    }

    /// From the root down to the first process that does more than wait for others; of several
    /// children the one that works most. Children that are gone at once do not tell what a program
    /// does; who waits for them does.
    fn find_leader(&self) -> u32 {
        let root = self.analysis.record.root_pid;
        let known = self.threads.contains_key(&root);
        let first = self.analysis.record.processes.first().map_or(root, |process| process.pid);
        let mut leader = if known { root } else { first };
        // A record that is nonsense may have processes that made each other.
        for _ in 0..self.analysis.record.processes.len() {
            if !self.only_waits(leader) && !self.hardly_works(leader) {
                break;
            }
            let busiest = self
                .children(leader)
                .max_by_key(|child| (!self.rests(child.pid), self.effort_below_ns(child.pid)));
            let Some(child) = busiest else { break };
            if self.rests(child.pid) && !self.outlasts_half(child.pid, leader) {
                break;
            }
            leader = child.pid;
        }
        leader
    }

    /// Whether the processes that a process made do nearly all of the work.
    fn hardly_works(&self, pid: u32) -> bool {
        let below_ns = self.effort_below_ns(pid);
        let own_ns = self.effort_ns(pid);
        below_ns > own_ns && crate::share(own_ns, below_ns) < LEAST_OWN_WORK
    }

    /// Whether a process lived for at least half as long as another.
    fn outlasts_half(&self, pid: u32, other: u32) -> bool {
        let lived_ns = |pid| {
            let main = self.threads_in(pid).find(|one| one.is_main());
            main.map_or(0, |one| one.thread.lived_ns / one.thread.merged_count.max(1))
        };
        lived_ns(pid) >= lived_ns(other) / 2
    }

    /// Whether neither a process nor any that it made does anything.
    pub(super) fn rests(&self, pid: u32) -> bool {
        let idle = |pid: u32| self.threads_in(pid).all(|one| one.model == ThreadModel::Idle);
        idle(pid) && self.children(pid).next().is_none()
    }
}

/// A thread that wakes up so often has used 20 µs for each time, whatever else it did: a system call,
/// two switches, and what it was woken for.
const NS_PER_WAKEUP: u64 = 20_000;

/// How much a thread did: its time on a CPU, ready to run, or waiting for a device or a lock, and
/// something for each sleep that ended. A thread that waits for one thing for hours does nothing.
pub(crate) fn effort_ns(one: &ThreadAnalysis<'_>) -> u64 {
    let ledger = &one.ledger;
    let sleeps = one.thread.waits.iter().fold(0_u64, |sum, wait| sum.saturating_add(wait.count));
    let wakeups_ns = sleeps.saturating_mul(NS_PER_WAKEUP);
    let asleep_ns = ledger.asleep_for(&[Category::Disk, Category::Lock]);
    ledger.wanted_ns().saturating_add(asleep_ns).saturating_add(wakeups_ns)
}

/// How long a thread did something itself: it ran, or would have, or waited for something that no
/// other thread of the program brings.
pub(super) fn work_ns(one: &ThreadAnalysis<'_>) -> u64 {
    const OWN: &[Category] = &[Category::Data, Category::Disk, Category::Sleep, Category::Lock];
    one.ledger.wanted_ns().saturating_add(one.ledger.asleep_for(OWN))
}

/// Whether a thread did more than to wait for one thing all the time.
fn did_several_things(one: &ThreadAnalysis<'_>) -> bool {
    let profile = &one.profile;
    let did = [profile.blocked, profile.files, profile.hand_offs, profile.transfers];
    did.into_iter().fold(0, u64::saturating_add) >= SEVERAL
}

/// Whether a loop is one beside the first thread, and hardly works.
fn is_helper(one: &ThreadAnalysis<'_>) -> bool {
    !one.is_main() && crate::share(one.ledger.cpu_ns(), one.ledger.lived_ns()) < 0.01
}
