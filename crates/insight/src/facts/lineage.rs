//! Who made whom, who resembles whom, and who works for whom.
//!
//! Left out on purpose: what one thread did by itself; see `Profile`.

use std::collections::{HashMap, HashSet};

use syscalls::Sysno;
use whywait_record::{Category, Process, Record, Syscall, Thread, Waker};

use super::profile::{self, Profile};
use super::record_facts::Profiles;
use super::{Network, single_connection};

/// What the threads and processes of a record are to each other.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// By process and name, who created most of the threads.
    makers: HashMap<(u32, String), u32>,
    /// What the threads of each kin did together.
    kin: HashMap<Kin, KinFacts>,
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
    /// By process, its loop that iterates most: the thread, its iterations, those of the second.
    loops: HashMap<u32, (u32, u64, u64)>,
    /// By thread, how many waits of loops for events it ended: who hands results back to a loop.
    answers: HashMap<u32, u64>,
    /// By sleeper, who ended its waits in futex(2).
    waited_for: HashMap<u32, WaitedFor>,
}

/// What threads share that were made alike: their process, who made them, how their names begin.
type Kin = (u32, Option<u32>, String);

/// What threads that were made alike did together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KinFacts {
    /// How many they are.
    pub(crate) size: u64,
    /// How many of them ended while they were watched.
    pub(crate) ended: u64,
    /// How long they lived, added up.
    pub(crate) lived_ns: u64,
    /// Waits in futex(2) that they ended of the thread that made them, or of the first thread of
    /// their process where that is not known.
    pub(crate) results: u64,
    /// Connections on which they slept.
    pub(crate) connections: u64,
    /// Their waits in futex(2) that other watched threads ended.
    pub(crate) handed: u64,
    /// Waits of loops for events that they ended.
    pub(crate) answers: u64,
}

/// For whom a thread waited in futex(2).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WaitedFor {
    /// How many sleeps other watched threads ended.
    pub(crate) count: u64,
    /// Of these, how many it created ended.
    pub(crate) by_created: u64,
    /// How many different threads ended them.
    pub(crate) wakers: u64,
}

impl Lineage {
    pub(crate) fn of(record: &Record, network: &Network, profiles: &Profiles) -> Self {
        let mut lineage = Self { makers: makers(record), ..Self::default() };
        for process in &record.processes {
            let key = (process.parent_pid, program_of(process));
            add(lineage.processes_alike.entry(key).or_default(), process.merged_count.max(1));
            lineage.find_acceptors(record, network, profiles, process);
            lineage.find_loops(profiles, process);
        }
        let delegating = &lineage.delegating_processes;
        for (parent, process) in single_connection::children(record, network, profiles, delegating)
        {
            lineage.single_connection_children.insert(process.pid);
            let count = lineage.single_connection_child_count.entry(parent).or_default();
            add(count, process.merged_count.max(1));
        }
        let ended = lineage.read_wakes(record);
        lineage.add_kin(record, profiles, &ended);
        lineage
    }

    fn find_acceptors(
        &mut self,
        record: &Record,
        network: &Network,
        profiles: &Profiles,
        process: &Process,
    ) {
        for thread in &process.threads {
            let accepts = profile::accepts(record, network, thread);
            if accepts {
                *self.acceptors_in.entry(process.pid).or_default() += 1;
            }
            // One that is never idle accepts without a sleep, which light detail does not see.
            let may_accept = accepts || (network.listens(process.pid) && made(thread) >= SEVERAL);
            let Some(profile) = profiles.get(&thread.tid).filter(|_| may_accept) else { continue };
            if delegates(thread, profile) {
                self.delegating_acceptors.insert(thread.tid);
                self.delegating_processes.insert(process.pid);
            }
        }
    }

    fn find_loops(&mut self, profiles: &Profiles, process: &Process) {
        for thread in &process.threads {
            let iterations = profiles.get(&thread.tid).map_or(0, Profile::all_iterations);
            let (first, most, second) = self.loops.entry(process.pid).or_insert((thread.tid, 0, 0));
            if iterations > *most {
                (*first, *most, *second) = (thread.tid, iterations, *most);
            } else {
                *second = (*second).max(iterations);
            }
        }
    }

    /// By waker and sleeper, how many waits in futex(2) the one ended of the other.
    fn read_wakes(&mut self, record: &Record) -> HashMap<(u32, u32), u64> {
        let mut ended: HashMap<(u32, u32), u64> = HashMap::new();
        let created_by: HashMap<u32, u32> = record
            .threads()
            .filter_map(|(_, thread)| Some((thread.tid, thread.created_by?)))
            .collect();
        for wake in &record.wakes {
            let Waker::Thread(waker) = wake.waker else { continue };
            let number = wake.syscall.and_then(Syscall::number);
            match number {
                Some(Sysno::futex | Sysno::futex_wait | Sysno::futex_waitv) => {
                    let waited_for = self.waited_for.entry(wake.sleeper).or_default();
                    add(&mut waited_for.count, wake.count);
                    if created_by.get(&waker) == Some(&wake.sleeper) {
                        add(&mut waited_for.by_created, wake.count);
                    }
                    add(ended.entry((waker, wake.sleeper)).or_default(), wake.count);
                    waited_for.wakers += 1;
                }
                Some(_) if profile::is_multiplexer(wake.syscall) => {
                    add(self.answers.entry(waker).or_default(), wake.count);
                }
                _ => {}
            }
        }
        ended
    }

    fn add_kin(&mut self, record: &Record, profiles: &Profiles, ended: &HashMap<(u32, u32), u64>) {
        let beside_main = record.threads().filter(|(process, thread)| thread.tid != process.pid);
        for (process, thread) in beside_main {
            let key = self.kin_of(process, thread);
            let maker = key.1.unwrap_or(process.pid);
            let size = thread.merged_count.max(1);
            let handed = self.waited_for(thread.tid).count;
            let answers = self.answers(thread.tid);
            let kin = self.kin.entry(key).or_default();
            add(&mut kin.size, size);
            add(&mut kin.lived_ns, thread.lived_ns);
            add(&mut kin.ended, if thread.ended_at_ns.is_some() { size } else { 0 });
            add(&mut kin.results, ended.get(&(thread.tid, maker)).copied().unwrap_or(0));
            add(&mut kin.connections, profiles.get(&thread.tid).map_or(0, |one| one.sockets));
            add(&mut kin.handed, handed);
            add(&mut kin.answers, answers);
        }
    }

    /// What the threads did together that were made by the same thread of its process and have a
    /// name like its own, itself included.
    pub(crate) fn kin(&self, process: &Process, thread: &Thread) -> KinFacts {
        self.kin.get(&self.kin_of(process, thread)).copied().unwrap_or_default()
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
        match self.maker_of(process, thread) {
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

    /// Iterations of the loop that iterates most among the other threads of its process.
    pub(crate) fn peer_iterations(&self, process: &Process, thread: &Thread) -> u64 {
        let (first, most, second) = self.loops.get(&process.pid).copied().unwrap_or_default();
        if first == thread.tid { second } else { most }
    }

    /// For whom it waited in futex(2).
    pub(crate) fn waited_for(&self, tid: u32) -> WaitedFor {
        self.waited_for.get(&tid).copied().unwrap_or_default()
    }

    fn kin_of(&self, process: &Process, thread: &Thread) -> Kin {
        let stem = name_stem(&thread.name).to_owned();
        (process.pid, self.maker_of(process, thread), stem)
    }

    /// Who made a thread; of threads that were put together, who made most others of that name.
    pub(crate) fn maker_of(&self, process: &Process, thread: &Thread) -> Option<u32> {
        let most = || self.makers.get(&(process.pid, name_stem(&thread.name).to_owned())).copied();
        let is_merged = thread.merged_count > 1;
        thread.created_by.or_else(|| if is_merged { most() } else { None })
    }
}

/// By process and name, who made most of the threads.
fn makers(record: &Record) -> HashMap<(u32, String), u32> {
    let mut counts: HashMap<(u32, String), HashMap<u32, u64>> = HashMap::new();
    for (process, thread) in record.threads() {
        if let Some(maker) = thread.created_by.filter(|_| thread.tid != process.pid) {
            let key = (process.pid, name_stem(&thread.name).to_owned());
            *counts.entry(key).or_default().entry(maker).or_default() += 1;
        }
    }
    let most = |makers: HashMap<u32, u64>| {
        let most = makers.into_iter().max_by_key(|&(maker, count)| (count, maker));
        most.map(|(maker, _)| maker)
    };
    counts.into_iter().filter_map(|(key, makers)| Some((key, most(makers)?))).collect()
}

/// Adds without a panic on counts that nothing can have counted.
fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

/// Fewer may be what a program makes when it begins.
const SEVERAL: u64 = 3;

/// Threads and processes that it made.
fn made(thread: &Thread) -> u64 {
    thread.threads_created.saturating_add(thread.processes_created)
}

/// Whether a thread that accepts connections makes threads or processes for them. One that made
/// some of its kind at the beginning, and serves what it accepts itself, does not. What was made
/// before watching began is not known; then it is enough that it serves none itself.
fn delegates(thread: &Thread, profile: &Profile) -> bool {
    if profile.served > profile.accepted {
        return false;
    }
    let made = made(thread);
    if made < SEVERAL && rests_on_threads(thread) {
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

/// A thread's name without the number at its end: `worker-12` and `worker-3` are alike.
pub(crate) fn name_stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What a process runs, as far as that can be told.
fn program_of(process: &Process) -> String {
    process.command.program().unwrap_or_default().to_owned()
}
