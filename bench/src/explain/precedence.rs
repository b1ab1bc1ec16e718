//! Processes that go before others on the machine and end with this one.
//!
//! A machine on which one measures is seldom alone, and half a percent cannot be seen beside a
//! compiler. Left out on purpose: real-time scheduling, which would keep the rest of the machine
//! from running at all.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{setpriority_process, setsid};

use crate::echo::end_with_parent;
use crate::failure::Failure;

/// The first of the nice values, sched(7).
const FIRST: i32 = -20;

/// A command that executes a program by way of [`run`]; its process has the program's number.
///
/// # Errors
/// When this program cannot be found.
pub(crate) fn first(program: &Path) -> Result<Command, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("first").arg(program);
    Ok(command)
}

/// `first PROGRAM WORDS…`: executes a program in place of this one, in a session of its own that
/// goes before others (sched(7), autogroup) and ends with the parent. Where that is not allowed
/// the figures are as good as the machine is quiet, and the table says how quiet it was.
///
/// # Errors
/// When the program cannot be executed.
pub(crate) fn run(words: &[String]) -> Result<(), Failure> {
    let (program, words) = words.split_first().ok_or("first: the program is missing")?;
    end_with_parent()?;
    setsid()?;
    let _ = setpriority_process(None, FIRST);
    let _ = std::fs::write("/proc/self/autogroup", FIRST.to_string());
    let error = Command::new(program).args(words).exec();
    Err(format!("cannot execute `{program}`: {error}").into())
}
