//! What a server has used, all its processes together, as seen from its first process.
//!
//! That one knows itself from `getrusage(2)`; the processes that it has started are in its
//! process group, and are read from `/proc` (`proc_pid_schedstat(5)`, `proc_pid_status(5)`,
//! `proc_pid_smaps_rollup(5)`, `proc_pid_io(5)`). Left out on purpose: processes that have ended; whoever looks
//! twice looks at a server whose connections stay open in between.

use std::fs;
use std::ops::Sub;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use whywait::measure::{ProcessUsage, ThreadTime};

/// Threads of a process that are asked how long they waited for a CPU. Of more, some are asked
/// and stand for the rest: to ask ten thousand would take longer than to serve them.
const ASKED_THREADS: usize = 256;

/// What a server has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerUsage {
    /// CPU and context switches.
    pub(crate) usage: ProcessUsage,
    /// Time in which a thread could have run, and waited for a CPU.
    pub(crate) runnable: Duration,
}

impl ServerUsage {
    /// Of the calling process's server. What the calling thread itself has used, which only
    /// looks, is not in it.
    pub(crate) fn now() -> Self {
        let mut usage = ProcessUsage::now();
        let mine = ThreadTime::now().running;
        // Looking is kernel work; what little of it is not goes where it cannot turn negative.
        let of_kernel = mine.min(usage.cpu_system);
        usage.cpu_system -= of_kernel;
        usage.cpu_user = usage.cpu_user.saturating_sub(mine - of_kernel);
        let mut sum = Self { usage, runnable: own_runnable() };
        for process in others() {
            sum.add(&Self::of(process));
        }
        sum
    }

    /// Of another process, by its threads: those that live, as far as they can be read.
    fn of(process: u32) -> Self {
        let mut sum = Self::default();
        let mut running = Duration::ZERO;
        for task in tasks(process) {
            let (on_cpu, waited) = schedstat(&task);
            running += on_cpu;
            sum.runnable += waited;
            let status = read(&task, "status");
            sum.usage.voluntary_switches += field(&status, "voluntary_ctxt_switches:");
            sum.usage.involuntary_switches += field(&status, "nonvoluntary_ctxt_switches:");
        }
        sum.usage.disk_read_bytes = field(&read(&process_directory(process), "io"), "read_bytes:");
        let user = user_share(process);
        sum.usage.cpu_user = running.mul_f64(user);
        sum.usage.cpu_system = running - sum.usage.cpu_user;
        sum
    }

    fn add(&mut self, other: &Self) {
        self.usage += other.usage;
        self.runnable += other.runnable;
    }
}

impl Sub for ServerUsage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        let less = |now: u64, then: u64| now.saturating_sub(then);
        let (now, then) = (self.usage, earlier.usage);
        Self {
            usage: ProcessUsage {
                cpu_user: now.cpu_user.saturating_sub(then.cpu_user),
                cpu_system: now.cpu_system.saturating_sub(then.cpu_system),
                voluntary_switches: less(now.voluntary_switches, then.voluntary_switches),
                involuntary_switches: less(now.involuntary_switches, then.involuntary_switches),
                disk_read_bytes: less(now.disk_read_bytes, then.disk_read_bytes),
            },
            runnable: self.runnable.saturating_sub(earlier.runnable),
        }
    }
}

/// How large a server is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerMemory {
    /// Memory that is not a file's: `Pss` less `Pss_File`, so that pages which processes share
    /// count once, and the program's own pages, which are read in as they are first used, not at
    /// all.
    pub(crate) bytes: u64,
    /// Threads alive.
    pub(crate) threads: u64,
    /// Processes alive.
    pub(crate) processes: u64,
}

impl ServerMemory {
    /// Of the calling process's server; the calling thread, which only looks, is not counted.
    pub(crate) fn now() -> Self {
        let mut sum = Self::of(std::process::id());
        sum.threads = sum.threads.saturating_sub(1);
        for process in others() {
            let other = Self::of(process);
            sum.bytes += other.bytes;
            sum.threads += other.threads;
            sum.processes += other.processes;
        }
        sum
    }

    fn of(process: u32) -> Self {
        let directory = process_directory(process);
        let rollup = read(&directory, "smaps_rollup");
        let kibibytes = field(&rollup, "Pss:").saturating_sub(field(&rollup, "Pss_File:"));
        let threads = field(&read(&directory, "status"), "Threads:");
        Self { bytes: kibibytes * 1024, threads, processes: 1 }
    }
}

/// How long this process's threads waited for a CPU.
fn own_runnable() -> Duration {
    let tasks = tasks(std::process::id());
    let step = tasks.len().div_ceil(ASKED_THREADS).max(1);
    let asked: Vec<_> = tasks.iter().step_by(step).collect();
    let waited: Duration = asked.iter().map(|task| schedstat(task).1).sum();
    waited.mul_f64(tasks.len() as f64 / asked.len().max(1) as f64)
}

/// The other processes of this one's process group.
fn others() -> Vec<u32> {
    let me = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|process| *process != me && group_of(*process) == Some(me)).collect()
}

/// A process's group: of its `stat` (`proc_pid_stat(5)`), the third word behind its name.
fn group_of(process: u32) -> Option<u32> {
    stat_word(process, 2)
}

/// The share of a process's CPU time that it spent in user mode, as the kernel estimates it.
fn user_share(process: u32) -> f64 {
    let word = |number| f64::from(stat_word(process, number).unwrap_or(0));
    let (user, system) = (word(11), word(12));
    if user + system > 0.0 { user / (user + system) } else { 0.5 }
}

/// A word of a process's `stat`, counted from the one behind its name.
fn stat_word(process: u32, number: usize) -> Option<u32> {
    let stat = read(&process_directory(process), "stat");
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(number)?.parse().ok()
}

fn process_directory(process: u32) -> std::path::PathBuf {
    Path::new("/proc").join(process.to_string())
}

fn tasks(process: u32) -> Vec<std::path::PathBuf> {
    let tasks = fs::read_dir(process_directory(process).join("task"));
    tasks.into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// How long a thread ran, and how long it waited for a CPU.
fn schedstat(task: &Path) -> (Duration, Duration) {
    let text = read(task, "schedstat");
    let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap_or(0));
    let mut next = || Duration::from_nanos(numbers.next().unwrap_or(0));
    (next(), next())
}

/// A file of `/proc`; empty when its process has ended.
fn read(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap_or_default()
}

/// The number in the line that begins with a field's name; zero where there is none.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_computes_shows_it() {
        let mut child =
            std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let used = || ServerUsage::of(child.id()).usage;
        let before = used();
        let end = std::time::Instant::now() + Duration::from_secs(30);
        while (used() - before).cpu_user + (used() - before).cpu_system < Duration::from_millis(50)
        {
            assert!(std::time::Instant::now() < end, "it never used 50 ms");
            std::thread::sleep(Duration::from_millis(10));
        }
        let memory = ServerMemory::of(child.id());
        assert!(memory.bytes > 10_000 && memory.threads == 1, "{memory:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn fields_are_found_by_their_names() {
        let text = "Pss:  12 kB\nPss_File: 5 kB\nPss_Anon:  7 kB\n";
        assert_eq!((field(text, "Pss:"), field(text, "Pss_File:"), field(text, "No:")), (12, 5, 0));
    }
}
