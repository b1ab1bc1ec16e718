//! Steps through a running process one instruction at a time and counts each, by its address.
//!
//! Each thread that exists when stepping begins is stepped, and each that one of them starts.
//! A system call counts as one instruction, and so does each iteration of one with a `rep` prefix.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::failure::Failure;

/// Executions by the address of the instruction.
pub(super) type Counts = HashMap<u64, u64>;

/// What the thread that steps and the thread that loads the server tell each other.
#[derive(Debug, Default)]
pub(super) struct Stepping {
    /// Whether instructions are counted now.
    pub(super) counts: AtomicBool,
    /// Instructions so far, counted or not.
    pub(super) steps: AtomicU64,
}

/// Attaches to all threads of `process`; calls `attached`; steps until the process has ended.
///
/// # Errors
/// When tracing is not allowed.
pub(super) fn step_until_end(
    process: u32,
    stepping: &Stepping,
    attached: impl FnOnce(),
) -> Result<Counts, Failure> {
    for thread in threads(process)? {
        let attach = attach(thread);
        attach.map_err(|error| format!("ptrace(2) of the server: {error}"))?;
    }
    attached();
    let mut counts = Counts::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(status) => answer(status, stepping, &mut counts)?,
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(counts),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The threads of a process, without those in which io_uring works, which execute nothing in user
/// space.
fn threads(process: u32) -> Result<Vec<Pid>, Failure> {
    let mut all = Vec::new();
    for entry in fs::read_dir(format!("/proc/{process}/task"))? {
        let entry = entry?;
        if !fs::read_to_string(entry.path().join("comm"))?.starts_with("iou-") {
            let number = entry.file_name().to_string_lossy().parse()?;
            all.push(Pid::from_raw(number));
        }
    }
    Ok(all)
}

/// Stops a thread and lets it go on with single steps.
fn attach(thread: Pid) -> nix::Result<()> {
    ptrace::attach(thread)?;
    waitpid(thread, Some(WaitPidFlag::__WALL))?;
    ptrace::setoptions(thread, Options::PTRACE_O_TRACECLONE)?;
    ptrace::step(thread, None)
}

fn answer(status: WaitStatus, stepping: &Stepping, counts: &mut Counts) -> nix::Result<()> {
    let (thread, signal) = match status {
        WaitStatus::Stopped(thread, Signal::SIGTRAP) => {
            stepping.steps.fetch_add(1, Ordering::Relaxed);
            if stepping.counts.load(Ordering::Acquire) {
                match ptrace::getregs(thread) {
                    Ok(registers) => *counts.entry(registers.rip).or_default() += 1,
                    Err(Errno::ESRCH) => {}
                    Err(error) => return Err(error),
                }
            }
            (thread, None)
        }
        // A thread that a traced one has started begins with this stop.
        WaitStatus::Stopped(thread, Signal::SIGSTOP) | WaitStatus::PtraceEvent(thread, ..) => {
            (thread, None)
        }
        WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
        _ => return Ok(()),
    };
    match ptrace::step(thread, signal) {
        // It was killed meanwhile.
        Err(Errno::ESRCH) => Ok(()),
        result => result,
    }
}
