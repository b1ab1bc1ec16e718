//! Processes and threads as they come and go.
//!
//! Left out on purpose: what threads did; that is in their rows, and is harvested when they end.

use std::collections::{HashMap, HashSet};

use super::harvest::Moment;
use super::layout::{LifeEvent, Row};
use crate::proc;
use crate::{Command, Ending, Process, Thread};

/// From how many processes that have ended on, those that are alike are put together.
const MOST_ENDED_PROCESSES: usize = 256;
/// The same for threads within one process.
const MOST_ENDED_THREADS: usize = 512;

/// The processes that were seen so far.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    processes: Vec<Process>,
    /// Which of them has a number now; those that ended are not in it.
    current: HashMap<u32, usize>,
    /// Rows in the kernel of threads that are alive, with the number of each one's process.
    alive: HashMap<u32, u32>,
    alive_in: HashMap<u32, usize>,
    ended: usize,
}

impl Gathering {
    /// A thread begins to be watched.
    pub(super) fn begin(&mut self, event: &LifeEvent, at_ns: u64) {
        if self.alive.insert(event.slot, event.tgid).is_none() {
            *self.alive_in.entry(event.tgid).or_default() += 1;
        }
        if self.current.contains_key(&event.tgid) {
            return;
        }
        // Of a process that was there before nobody heard who made it, but `/proc` says so.
        let heard = Some(event.parent_tgid).filter(|&pid| pid != 0 && pid != event.tgid);
        let parent_pid = heard.or_else(|| Some(proc::Stat::of_process(event.tgid)?.parent_pid));
        self.current.insert(event.tgid, self.processes.len());
        self.processes.push(Process {
            pid: event.tgid,
            parent_pid,
            stands_for: 1,
            command: command(event),
            execs: 0,
            began_at_ns: at_ns,
            ended_at_ns: None,
            ending: None,
            threads: Vec::new(),
        });
    }

    /// A process executes another program.
    pub(super) fn execute(&mut self, event: &LifeEvent, at_ns: u64) {
        self.begin(event, at_ns);
        if let Some(process) = self.process(event.tgid) {
            process.execs += 1;
            process.command = command(event);
        }
    }

    /// A thread has ended, and this is what it did.
    pub(super) fn end(&mut self, slot: u32, pid: u32, thread: Thread, exit_code: i32, at_ns: u64) {
        self.alive.remove(&slot);
        let left = self.alive_in.get_mut(&pid).map_or(0, |left| {
            *left = left.saturating_sub(1);
            *left
        });
        let is_leader = thread.tid == pid;
        let Some(process) = self.process(pid) else { return };
        if is_leader {
            process.ending = Some(ending(exit_code));
        }
        add_thread(&mut process.threads, thread);
        if left == 0 {
            process.ended_at_ns = Some(at_ns);
            self.alive_in.remove(&pid);
            if let Some(index) = self.current.remove(&pid) {
                self.ended += 1;
                self.bound(index);
            }
        }
    }

    /// Adds what a thread did that is alive, or of whose life not all was heard.
    pub(super) fn add(&mut self, row: &Row, thread: Thread, moment: &Moment) {
        if self.process(row.tgid).is_none() {
            let unheard = LifeEvent {
                kind: 0,
                slot: u32::MAX,
                tid: row.tid,
                tgid: row.tgid,
                parent_tid: row.parent_tid,
                parent_tgid: row.parent_tgid,
                exit_code: 0,
                io_worker: row.io_worker,
                at_ns: row.began_ns,
                comm: row.comm,
            };
            self.begin(&unheard, moment.at(row.began_ns));
        }
        if let Some(process) = self.process(row.tgid) {
            add_thread(&mut process.threads, thread);
        }
    }

    /// Whether any thread of a process is alive, as far as is known.
    pub(super) fn is_alive(&self, pid: u32) -> bool {
        self.alive_in.contains_key(&pid)
    }

    pub(super) fn finish(mut self) -> Vec<Process> {
        let watched: HashSet<u32> = self.processes.iter().map(|process| process.pid).collect();
        for process in &mut self.processes {
            process.parent_pid = process.parent_pid.filter(|pid| watched.contains(pid));
        }
        self.processes
    }

    fn process(&mut self, pid: u32) -> Option<&mut Process> {
        match self.current.get(&pid) {
            Some(&index) => self.processes.get_mut(index),
            None => self.processes.iter_mut().rev().find(|process| process.pid == pid),
        }
    }

    /// Puts the process that has ended together with one like it, once there are too many.
    fn bound(&mut self, index: usize) {
        if self.ended <= MOST_ENDED_PROCESSES {
            return;
        }
        let alike = self.processes[..index].iter().position(|earlier| {
            earlier.ended_at_ns.is_some() && is_alike(earlier, &self.processes[index])
        });
        let Some(alike) = alike else { return };
        let process = self.processes.remove(index);
        for later in self.current.values_mut().filter(|later| **later > index) {
            *later -= 1;
        }
        self.ended -= 1;
        self.processes[alike].absorb(process);
    }
}

fn is_alike(one: &Process, other: &Process) -> bool {
    one.parent_pid == other.parent_pid && one.command.arguments == other.command.arguments
}

fn add_thread(threads: &mut Vec<Thread>, thread: Thread) {
    let too_many = threads.len() >= MOST_ENDED_THREADS && thread.ended_at_ns.is_some();
    let alike = threads.iter_mut().rev().find(|earlier| {
        earlier.ended_at_ns.is_some()
            && earlier.name == thread.name
            && earlier.created_by == thread.created_by
    });
    match alike {
        Some(alike) if too_many => alike.absorb(thread),
        _ => threads.push(thread),
    }
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

/// What `exit_code` of a task means: as the status of wait(2).
fn ending(exit_code: i32) -> Ending {
    match exit_code & 0x7f {
        0 => Ending::Exited((exit_code >> 8) & 0xff),
        signal => Ending::Signalled(signal),
    }
}
