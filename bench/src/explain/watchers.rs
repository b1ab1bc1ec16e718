//! Who can watch a process: whywait, the bare hooks, and what else people use.
//!
//! Left out on purpose: how a watcher is started and ended; see
//! [`started`](super::started).

use std::path::Path;
use std::process::{Command, Stdio};

/// Somebody who watches a process from outside.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    /// The words after the program's name that make it watch a process and write to a file.
    pub(crate) arguments: fn(process: u32, output: &Path) -> Vec<String>,
    /// Stands in what it wrote or said if it saw anything.
    pub(crate) shows: &'static str,
}

/// Which program watches.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    /// None; such windows show how much two unwatched neighbours differ.
    Nobody,
    /// This one, by another command.
    This,
    /// A build of whywait's command.
    Whywait,
    /// One that the system brings.
    Installed(&'static str),
}

/// Every watcher, in the order of the table; a reference comes before those measured by it.
pub(crate) const WATCHERS: &[Watcher] = &[
    Watcher { name: "nobody", program: Program::Nobody, arguments: |_, _| Vec::new(), shows: "" },
    Watcher {
        name: "empty tp_btf",
        program: Program::This,
        arguments: |process, _| words(&["empty-hooks", &process.to_string()]),
        shows: "watching",
    },
    Watcher {
        name: "whywait full",
        program: Program::Whywait,
        arguments: |process, output| explain("full", process, output),
        shows: THREAD,
    },
    Watcher {
        name: "whywait light",
        program: Program::Whywait,
        arguments: |process, output| explain("light", process, output),
        shows: THREAD,
    },
    Watcher {
        name: "strace -c",
        program: Program::Installed("strace"),
        arguments: |process, output| {
            words(&["-c", "-f", "-o", &output.to_string_lossy(), "-p", &process.to_string()])
        },
        shows: "read",
    },
    Watcher {
        name: "perf trace -s",
        program: Program::Installed("perf"),
        arguments: |process, output| {
            let output = output.to_string_lossy();
            words(&["trace", "-s", "-o", &output, "-p", &process.to_string()])
        },
        shows: "read",
    },
    Watcher {
        name: "perf record",
        program: Program::Installed("perf"),
        arguments: |process, output| {
            let events = "raw_syscalls:sys_enter,raw_syscalls:sys_exit,sched:sched_switch";
            let output = output.to_string_lossy();
            words(&["record", "-e", events, "-o", &output, "-p", &process.to_string()])
        },
        shows: "samples",
    },
    Watcher {
        name: "bpftrace",
        program: Program::Installed("bpftrace"),
        arguments: |process, output| {
            let script = HISTOGRAMS.replace("PROCESS", &process.to_string());
            words(&["-o", &output.to_string_lossy(), "-e", &script])
        },
        shows: "@count",
    },
];

/// Stands before each thread in whywait's document.
const THREAD: &str = "\"tid\"";

/// A count and a histogram of times by system call, as bpftrace's documentation writes them.
const HISTOGRAMS: &str = "tracepoint:raw_syscalls:sys_enter /pid == PROCESS/ \
     { @began[tid] = nsecs; } \
     tracepoint:raw_syscalls:sys_exit /@began[tid]/ \
     { @count[args->id] = count(); @took[args->id] = hist(nsecs - @began[tid]); \
     delete(@began[tid]); }";

impl Watcher {
    /// The names of the watchers that are whywait, which differ in their detail.
    pub(crate) fn whywait() -> impl Iterator<Item = &'static str> {
        let own = WATCHERS.iter().filter(|watcher| matches!(watcher.program, Program::Whywait));
        own.map(|watcher| watcher.name)
    }

    /// The watcher of that name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        WATCHERS.iter().find(|watcher| watcher.name == name)
    }

    /// What is not installed, in words, if that is why it cannot watch.
    pub(crate) fn lacks(&self) -> Option<String> {
        let Program::Installed(program) = self.program else { return None };
        let absent = version(program).is_none();
        absent.then(|| format!("{}, as `{program}` is not installed", self.name))
    }
}

/// One line: the kernel, the server that is watched, and every watcher that says its version.
pub(crate) fn versions() -> String {
    let system = rustix::system::uname();
    let mut parts = vec![format!("Linux {}", system.release().to_string_lossy())];
    let mut programs = vec!["redis-server"];
    programs.extend(WATCHERS.iter().filter_map(|watcher| match watcher.program {
        Program::Installed(program) => Some(program),
        _ => None,
    }));
    programs.dedup();
    parts.extend(programs.into_iter().filter_map(version));
    parts.join(", ")
}

/// What a program says in its first line when it is asked for its version.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // Redis goes on with what it was built of.
    Some(text.lines().next()?.split(" sha=").next()?.trim().to_owned())
}

fn explain(detail: &str, process: u32, output: &Path) -> Vec<String> {
    let mut all = words(&["explain", "--detail", detail, "--pid", &process.to_string()]);
    all.extend(words(&["--format", "json", "--out", &output.to_string_lossy()]));
    all
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::WATCHERS;
    use crate::targets::{Promise, TARGETS};

    #[test]
    fn every_reference_of_a_promise_about_watching_watches() {
        let named = |name: &str| WATCHERS.iter().any(|watcher| watcher.name == name);
        let about =
            TARGETS.iter().filter(|target| ["throughput", "server-cpu"].contains(&target.columns));
        let mut promises = 0;
        for target in about {
            promises += 1;
            assert!(named(target.contestant), "{}", target.contestant);
            if let Promise::AtMostTimes(_, others) | Promise::AtLeastTimes(_, others) =
                target.promise
            {
                assert!(others.iter().all(|other| named(other)), "{others:?}");
            }
        }
        assert_eq!(promises, 4);
    }
}
