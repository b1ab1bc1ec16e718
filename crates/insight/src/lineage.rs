//! Who made whom, who resembles whom, and who works for whom.
//!
//! Left out on purpose: what one thread did by itself; see `Profile`.

use std::collections::{BTreeSet, HashMap, HashSet};

use syscalls::Sysno;
use whywait_record::{
    Category, DescriptorId, DescriptorKind, Process, Record, Syscall, Thread, Waker,
};

use crate::profile::{self, Profile};

/// What the threads and processes of a record are to each other.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// Threads of one process that one thread made and that have names alike, counted.
    threads_alike: HashMap<Kin, u64>,
    /// What these did together.
    did_alike: HashMap<Kin, DidAlike>,
    /// Processes that one process made and that run the same program, counted.
    processes_alike: HashMap<(Option<u32>, String), u64>,
    /// Threads that accept connections and give them to threads or processes that they make.
    delegating_acceptors: HashSet<u32>,
    /// Their processes.
    delegating_processes: HashSet<u32>,
    /// Processes that serve one connection each.
    single_connection_children: HashSet<u32>,
    /// By process, how many of these it made.
    single_connection_child_count: HashMap<u32, u64>,
    /// Their processes, with how many there are in each.
    acceptors_in: HashMap<u32, u64>,
    /// By thread, how many waits of loops for events it ended: who hands results back to a loop.
    answers: HashMap<u32, u64>,
    /// By sleeper, who ended its waits in futex(2).
    waited_for: HashMap<u32, WaitedFor>,
}

/// What threads share that were made alike: their process, who made them, how their names begin.
type Kin = (u32, Option<u32>, String);

/// What threads did together that were made alike.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DidAlike {
    /// Waits in futex(2) that they ended of the thread that made them, or of the first thread of
    /// their process where that is not known.
    pub(crate) results: u64,
    /// Connections on which they slept.
    pub(crate) connections: u64,
}

/// For whom a thread waited in futex(2).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WaitedFor {
    /// How many sleeps other watched threads ended.
    pub(crate) count: u64,
    /// How many different threads ended them.
    pub(crate) wakers: u64,
}

impl Lineage {
    pub(crate) fn of(record: &Record) -> Self {
        let mut lineage = Self::default();
        for process in &record.processes {
            let key = (process.parent_pid, program_of(process));
            add(lineage.processes_alike.entry(key).or_default(), process.merged_count.max(1));
            for thread in &process.threads {
                if thread.tid != process.pid {
                    let alike = lineage.threads_alike.entry(kin_of(process, thread)).or_default();
                    add(alike, thread.merged_count.max(1));
                }
                if profile::accepts(record, thread) {
                    *lineage.acceptors_in.entry(process.pid).or_default() += 1;
                    if delegates(record, thread) {
                        lineage.delegating_acceptors.insert(thread.tid);
                        lineage.delegating_processes.insert(process.pid);
                    }
                }
            }
        }
        let given = children_of_delegating(record, &lineage.delegating_processes);
        for (parent, process) in single_connection_children(record).into_iter().chain(given) {
            if lineage.single_connection_children.insert(process.pid) {
                add(
                    lineage.single_connection_child_count.entry(parent).or_default(),
                    process.merged_count.max(1),
                );
            }
        }
        let mut ended: HashMap<(u32, u32), u64> = HashMap::new();
        for wake in &record.wakes {
            let Waker::Thread(waker) = wake.waker else { continue };
            let number = wake.syscall.and_then(Syscall::number);
            match number {
                Some(Sysno::futex | Sysno::futex_wait | Sysno::futex_waitv) => {
                    let waited_for = lineage.waited_for.entry(wake.sleeper).or_default();
                    add(&mut waited_for.count, wake.count);
                    add(ended.entry((waker, wake.sleeper)).or_default(), wake.count);
                    waited_for.wakers += 1;
                }
                Some(_) if profile::is_multiplexer(wake.syscall) => {
                    add(lineage.answers.entry(waker).or_default(), wake.count);
                }
                _ => {}
            }
        }
        lineage.did_alike = did_alike(record, &ended);
        lineage
    }

    /// How many threads of its process, itself included, were made by the same thread and have a
    /// name like its own.
    pub(crate) fn threads_alike(&self, process: &Process, thread: &Thread) -> u64 {
        self.threads_alike.get(&kin_of(process, thread)).copied().unwrap_or(1)
    }

    /// How many processes, itself included, were made by the same process and run the same program.
    pub(crate) fn processes_alike(&self, process: &Process) -> u64 {
        if process.parent_pid.is_none() {
            return 1;
        }
        let key = (process.parent_pid, program_of(process));
        self.processes_alike.get(&key).copied().unwrap_or(1)
    }

    /// Whether it was made by a thread that accepts connections and gives them away. Of a thread
    /// that was there before watching began it is not known who made it: then by any other of its
    /// process.
    pub(crate) fn made_by_acceptor(&self, process: &Process, thread: &Thread) -> bool {
        if thread.tid == process.pid {
            return process
                .parent_pid
                .is_some_and(|parent| self.delegating_processes.contains(&parent));
        }
        match thread.created_by {
            Some(maker) => self.delegating_acceptors.contains(&maker),
            None => {
                self.delegating_processes.contains(&process.pid)
                    && !self.delegating_acceptors.contains(&thread.tid)
            }
        }
    }

    /// Whether a process was made for one connection, which another process accepted for it.
    pub(crate) fn is_single_connection_child(&self, pid: u32) -> bool {
        self.single_connection_children.contains(&pid)
    }

    /// How many processes that serve one connection each a process made.
    pub(crate) fn single_connection_child_count(&self, pid: u32) -> u64 {
        self.single_connection_child_count.get(&pid).copied().unwrap_or(0)
    }

    /// How many threads of a process accept connections.
    pub(crate) fn acceptors_in(&self, pid: u32) -> u64 {
        self.acceptors_in.get(&pid).copied().unwrap_or(0)
    }

    /// How many waits of loops for events it ended.
    pub(crate) fn answers(&self, tid: u32) -> u64 {
        self.answers.get(&tid).copied().unwrap_or(0)
    }

    /// What the threads did together that were made like this one, itself included.
    pub(crate) fn did_alike(&self, process: &Process, thread: &Thread) -> DidAlike {
        self.did_alike.get(&kin_of(process, thread)).copied().unwrap_or_default()
    }

    /// For whom it waited in futex(2).
    pub(crate) fn waited_for(&self, tid: u32) -> WaitedFor {
        self.waited_for.get(&tid).copied().unwrap_or_default()
    }
}

fn kin_of(process: &Process, thread: &Thread) -> Kin {
    (process.pid, thread.created_by, name_stem(&thread.name).to_owned())
}

/// What the threads of each kin did together; `ended` is by waker and sleeper how many waits in
/// futex(2) the one ended of the other.
fn did_alike(record: &Record, ended: &HashMap<(u32, u32), u64>) -> HashMap<Kin, DidAlike> {
    let mut all: HashMap<Kin, DidAlike> = HashMap::new();
    for (process, thread) in record.threads().filter(|(process, thread)| thread.tid != process.pid)
    {
        let maker = thread.created_by.unwrap_or(process.pid);
        let did = all.entry(kin_of(process, thread)).or_default();
        add(&mut did.results, ended.get(&(thread.tid, maker)).copied().unwrap_or(0));
        add(&mut did.connections, Profile::of(record, thread).sockets);
    }
    all
}

/// Adds without a panic on counts that nothing can have counted.
fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

/// Whether a thread that accepts connections makes threads or processes for them. One that made
/// some of its kind at the beginning, and serves what it accepts itself, does not. What was made
/// before watching began is not known; then it is enough that it serves none itself.
fn delegates(record: &Record, thread: &Thread) -> bool {
    let made = thread.threads_created.saturating_add(thread.processes_created);
    let profile = Profile::of(record, thread);
    if profile.served > profile.accepted {
        return false;
    }
    if rests_on_threads(thread) {
        return false;
    }
    let serves = profile.socket_ns > profile.accepting_ns;
    if made > 0 { made.saturating_mul(2) >= profile.accepted } else { !serves }
}

/// Whether all that a thread waits for is other threads. Such a one accepts connections when it is
/// woken for them, as any other thread of its runtime might (tokio's `block_on`).
pub(crate) fn rests_on_threads(thread: &Thread) -> bool {
    let waits_for = |categories: &[Category]| {
        thread.waits.iter().any(|wait| categories.contains(&Category::of(wait)))
    };
    waits_for(&[Category::Handoff])
        && !waits_for(&[Category::Multiplexer, Category::Data, Category::Sleep])
}

/// Processes of one that accepts connections and gives them away, which serve and accept none
/// themselves; each with the process that made it.
fn children_of_delegating<'a>(
    record: &'a Record,
    delegating_processes: &HashSet<u32>,
) -> impl Iterator<Item = (u32, &'a Process)> {
    let given = |process: &'a Process| {
        let parent = process.parent_pid.filter(|parent| delegating_processes.contains(parent))?;
        let first = process.threads.iter().find(|thread| thread.tid == process.pid)?;
        let profile = Profile::of(record, first);
        let serves = profile.served > 0 && profile.accepted == 0 && profile.accepting_ns == 0;
        serves.then_some((parent, process))
    };
    record.processes.iter().filter_map(given)
}

/// From so many processes on that are alike in having one connection each, that is what they are
/// made for.
const LEAST_SERVING: usize = 3;

/// Processes that began while they were watched, and that each waited on one connection to an
/// address which they share, since somebody else listens there; each with the process that made it.
fn single_connection_children(record: &Record) -> Vec<(u32, &Process)> {
    let mut groups: HashMap<(u32, &str), Vec<&Process>> = HashMap::new();
    for process in record.processes.iter().filter(|process| process.began_at_ns > 0) {
        let waits = process.threads.iter().flat_map(|thread| &thread.waits);
        let connections: BTreeSet<DescriptorId> = waits
            .filter(|wait| wait.kind == DescriptorKind::Tcp)
            .filter_map(|wait| wait.descriptor)
            .collect();
        // Processes that were put together have a connection each.
        let connections_each = (connections.len() as u64).div_ceil(record.summed_records());
        let at_most_one_each = connections_each <= process.merged_count.max(1);
        let descriptor = connections.into_iter().next().and_then(|id| record.descriptor(id));
        let connection = descriptor.filter(|descriptor| descriptor.peer.is_some());
        let local = connection.and_then(|descriptor| descriptor.local.as_deref());
        if let (Some(parent), Some(local), true) = (process.parent_pid, local, at_most_one_each) {
            groups.entry((parent, local)).or_default().push(process);
        }
    }
    let several = groups.into_iter().filter(|(_, processes)| processes.len() >= LEAST_SERVING);
    several
        .flat_map(|((parent, _), processes)| {
            processes.into_iter().map(move |process| (parent, process))
        })
        .collect()
}

/// A thread's name without the number at its end: `worker-12` and `worker-3` are alike.
pub(crate) fn name_stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What a process runs, as far as that can be told.
fn program_of(process: &Process) -> String {
    let command = &process.command;
    let program = command.executable.as_ref().or(command.arguments.first());
    program.cloned().unwrap_or_default()
}
