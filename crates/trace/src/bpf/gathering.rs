//! Processes and threads as they come and go.
//!
//! Left out on purpose: what threads did; that is in their rows, and is harvested when they end.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use whywait_record::{Command, Ending, OpenDescriptor, Process, Thread};

use super::harvest::Moment;
use super::layout::{LifeEvent, Row};
use crate::proc;

/// From how many processes that have ended on, those of the same program are put together.
const MOST_ENDED_PROCESSES: usize = 256;
/// How many programs are told apart among those.
const MOST_PROGRAMS: usize = 256;
/// From how many threads of one process on, those of the same name that have ended are put together.
const MOST_ENDED_THREADS: usize = 512;

/// The processes that were seen so far.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// The places of processes that were put together with others are empty, and used again.
    processes: Vec<Option<Process>>,
    empty: Vec<usize>,
    /// Which of them has a number now; those that ended are not in it.
    current: HashMap<u32, usize>,
    /// Rows in the kernel of threads that are alive, with the number of each one's process.
    alive: HashMap<u32, u32>,
    alive_in: HashMap<u32, usize>,
    ended: usize,
    /// With which process that has ended others of the same program are put together.
    merge_targets: HashMap<String, usize>,
    /// Threads that were put together with others since the last time that somebody asked, with
    /// those.
    put_together: Vec<(u32, u32)>,
    root_pid: u32,
    /// Processes that were there before watching began.
    preexisting: HashSet<u32>,
}

impl Gathering {
    /// A thread begins to be watched. Returns whether it is the first one of a process that existed
    /// before.
    pub(super) fn begin(&mut self, event: &LifeEvent, at_ns: u64) -> bool {
        if self.alive.insert(event.slot, event.tgid).is_none() {
            *self.alive_in.entry(event.tgid).or_default() += 1;
        }
        let is_new = !self.current.contains_key(&event.tgid);
        if is_new {
            self.add_process(event, at_ns);
        }
        is_new && self.preexisting.contains(&event.tgid)
    }

    /// Takes in what a process that existed before has open, and how many more descriptors.
    pub(super) fn set_open(&mut self, pid: u32, open: Vec<OpenDescriptor>, left_out: u64) {
        if let Some(process) = self.process(pid) {
            (process.descriptors, process.descriptors_left_out) = (open, left_out);
        }
    }

    fn add_process(&mut self, event: &LifeEvent, at_ns: u64) {
        let mut parent_pid = Some(event.parent_tgid).filter(|&pid| pid != 0 && pid != event.tgid);
        let mut before = None;
        if parent_pid.is_none() {
            // It existed before, so its beginning was not seen, but `/proc` has its parent.
            before = proc::Stat::of_process(event.tgid);
            parent_pid = before.as_ref().map(|stat| stat.parent_pid);
            self.preexisting.insert(event.tgid);
        }
        let age = before.as_ref().map_or(Duration::ZERO, proc::Stat::age);
        let process = Process {
            parent_pid,
            session_pid: known(event.session),
            age_ns: u64::try_from(age.as_nanos()).unwrap_or(u64::MAX),
            ..Process::begun(event.tgid, command(event), at_ns)
        };
        if self.root_pid == 0 {
            self.root_pid = event.tgid;
        }
        let index = self.empty.pop().unwrap_or(self.processes.len());
        if index == self.processes.len() {
            self.processes.push(None);
        }
        self.processes[index] = Some(process);
        self.current.insert(event.tgid, index);
    }

    /// A process executes another program.
    pub(super) fn execute(&mut self, event: &LifeEvent, at_ns: u64) {
        self.begin(event, at_ns);
        if let Some(process) = self.process(event.tgid) {
            process.execs += 1;
            process.command = command(event);
            process.session_pid = known(event.session).or(process.session_pid);
        }
    }

    /// A thread has ended, and this is what it did.
    pub(super) fn end(&mut self, event: &LifeEvent, thread: Thread, at_ns: u64) {
        let pid = event.tgid;
        let was_known = self.alive.remove(&event.slot).is_some();
        if !self.current.contains_key(&pid) {
            // Its beginning was lost.
            self.add_process(event, thread.began_at_ns);
        }
        let left = self.alive_in.entry(pid).or_default();
        *left = left.saturating_sub(usize::from(was_known));
        let is_last = *left == 0;
        let is_leader = thread.tid == pid;
        let Some(process) = self.process(pid) else { return };
        // It can have made a session of its own without executing another program.
        process.session_pid = known(event.session).or(process.session_pid);
        if is_leader {
            process.ending = Some(ending(event.exit_code));
        }
        if is_last {
            process.ended_at_ns = Some(at_ns);
        }
        let merge_target = add_thread(process, thread);
        self.put_together.extend(merge_target);
        if is_last {
            self.alive_in.remove(&pid);
            if let Some(index) = self.current.remove(&pid) {
                self.bound(index);
            }
        }
    }

    /// Adds what a thread did that is alive, or of whose life not all was heard.
    pub(super) fn add(&mut self, row: &Row, thread: Thread, moment: &Moment) {
        if !self.current.contains_key(&row.tgid) {
            let preexisting = LifeEvent {
                kind: 0,
                slot: u32::MAX,
                tid: row.tid,
                tgid: row.tgid,
                parent_tid: row.parent_tid,
                parent_tgid: row.parent_tgid,
                exit_code: 0,
                io_worker: row.io_worker,
                session: 0,
                unused: 0,
                at_ns: row.began_ns,
                comm: row.comm,
            };
            self.add_process(&preexisting, moment.at(row.began_ns));
        }
        if let Some(process) = self.process(row.tgid) {
            if row.tid == row.tgid {
                let stat = proc::Stat::of_process(row.tgid);
                let session = stat.and_then(|stat| known(stat.session_pid));
                process.session_pid = session.or(process.session_pid);
            }
            let merge_target = add_thread(process, thread);
            self.put_together.extend(merge_target);
        }
    }

    /// Pairs of a thread that was put together with another one since the last time, and of that
    /// one.
    pub(super) fn take_put_together(&mut self) -> Vec<(u32, u32)> {
        std::mem::take(&mut self.put_together)
    }

    /// Whether any thread of a process is alive, as far as is known.
    pub(super) fn is_alive(&self, pid: u32) -> bool {
        self.alive_in.contains_key(&pid)
    }

    /// The number of the first process that was seen; 0 before there was any.
    pub(super) fn root_pid(&self) -> u32 {
        self.root_pid
    }

    /// All of them, in the order in which they were seen.
    pub(super) fn finish(self) -> Vec<Process> {
        let mut processes: Vec<Process> = self.processes.into_iter().flatten().collect();
        processes.sort_by_key(|process| process.began_at_ns);
        let watched: HashSet<u32> = processes.iter().map(|process| process.pid).collect();
        for process in &mut processes {
            if self.preexisting.contains(&process.pid) {
                process.parent_pid = process.parent_pid.filter(|pid| watched.contains(pid));
            }
            // A process goes on when its first thread ends before others, or executes a program
            // from another thread.
            process.ending = process.ending.filter(|_| process.ended_at_ns.is_some());
        }
        processes
    }

    fn process(&mut self, pid: u32) -> Option<&mut Process> {
        self.current.get(&pid).and_then(|&index| self.processes.get_mut(index)?.as_mut())
    }

    /// Puts a process that has ended together with another of its program, once there are too many.
    fn bound(&mut self, index: usize) {
        let Some(process) = &self.processes[index] else { return };
        let is_root = process.pid == self.root_pid;
        let mut program = process.command.arguments.first().cloned().unwrap_or_default();
        if self.merge_targets.len() >= MOST_PROGRAMS && !self.merge_targets.contains_key(&program) {
            program.clear();
        }
        let merge_target = *self.merge_targets.entry(program).or_insert(index);
        if merge_target == index || is_root || self.ended < MOST_ENDED_PROCESSES {
            self.ended += 1;
            return;
        }
        if let Some(process) = self.processes[index].take() {
            self.empty.push(index);
            if let Some(merge_target) = &mut self.processes[merge_target] {
                self.put_together.extend(merge_target.absorb(process));
            }
        }
    }
}

/// Adds a thread to those of its process. With which one it was put together, if it was; never is the
/// first one, which is like no other.
fn add_thread(process: &mut Process, thread: Thread) -> Option<(u32, u32)> {
    let first = process.pid;
    let threads = &mut process.threads;
    let may_be = |thread: &Thread| thread.ended_at_ns.is_some() && thread.tid != first;
    if threads.len() < MOST_ENDED_THREADS || !may_be(&thread) {
        threads.push(thread);
        return None;
    }
    // Threads of pools and connections have names that differ by a number.
    let stem = |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let same_name = threads.iter().position(|earlier| {
        may_be(earlier) && earlier.name[..stem(&earlier.name)] == thread.name[..stem(&thread.name)]
    });
    let Some(index) = same_name.or_else(|| threads.iter().position(may_be)) else {
        threads.push(thread);
        return None;
    };
    let merge_target = (thread.tid, threads[index].tid);
    threads[index].absorb(thread);
    Some(merge_target)
}

/// What a process runs; its name alone when it has ended before more could be read.
fn command(event: &LifeEvent) -> Command {
    let command = proc::command(event.tgid);
    if !command.arguments.is_empty() {
        return command;
    }
    let end = event.comm.iter().position(|&byte| byte == 0).unwrap_or(event.comm.len());
    let name = String::from_utf8_lossy(&event.comm[..end]).into_owned();
    Command { arguments: vec![name], executable: None }
}

/// The number of a process that is known.
fn known(pid: u32) -> Option<u32> {
    Some(pid).filter(|&pid| pid != 0)
}

/// What `exit_code` of a task means: as the status of wait(2).
fn ending(exit_code: i32) -> Ending {
    match exit_code & 0x7f {
        0 => Ending::Exited((exit_code >> 8) & 0xff),
        signal => Ending::Signalled(signal),
    }
}
