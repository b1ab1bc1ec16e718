//! A process that is about to execute a program, and waits for leave.
//!
//! The process is made by `std::process::Command`, which looks the program up in `PATH`, runs a
//! script without a `#!` line by `/bin/sh` as execvp(3) does, and tells why it could not be
//! executed. As `Command::spawn` returns only then, it runs in a thread of its own.
//!
//! Left out on purpose: memory that is shared with the program, a debugger's stop, or a file that
//! is changed; the gate is a pipe, and closed when the program begins.
#![expect(unsafe_code, reason = "what the child does between fork and exec is restricted")]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

use super::Launched;
use super::gate::{Gate, REPORT_BYTES};
use super::inheritance::{Inheritance, keep_endings};
use crate::Error;

/// A process that is about to execute a program, and waits for leave. It does not execute it if
/// this is dropped, or if whywait ends.
///
/// What the program gets is what whywait was started with: descriptors, signal mask, ignored
/// signals, environment, working directory, process group, terminal and limits. (The Rust runtime
/// changes some of that in whywait before `main`; see `Inheritance` for how it is known anyway.)
#[derive(Debug)]
pub struct Held {
    program: String,
    pid: u32,
    leave: io::PipeWriter,
    /// None when the process was released.
    waiting: Option<Waiting>,
}

/// The process, and the thread that waits with it for its execution of the program.
#[derive(Debug)]
struct Waiting {
    pidfd: OwnedFd,
    spawner: JoinHandle<io::Result<Child>>,
}

impl Held {
    /// Makes the process. Its number is that which the program will have.
    ///
    /// # Errors
    /// [`Error::EmptyCommand`], and [`Error::NotStarted`] if there are no processes, threads or
    /// descriptors left. Whether the program exists shows in [`Held::release`].
    pub fn start(arguments: &[OsString]) -> Result<Self, Error> {
        let [program, rest @ ..] = arguments else { return Err(Error::EmptyCommand) };
        let name = program.to_string_lossy().into_owned();
        let failed = |tried| {
            let program = name.clone();
            move |source: io::Error| Error::NotStarted { program, tried, source }
        };
        let (report, reporter) = io::pipe().map_err(failed("making a pipe"))?;
        let (entrance, leave) = io::pipe().map_err(failed("making a pipe"))?;
        let whywait = pidfd_open(getpid(), PidfdFlags::empty())
            .map_err(|errno| failed("opening whywait's own process")(errno.into()))?;
        let last_word = reporter.try_clone().map_err(failed("copying a pipe"))?;
        keep_endings();
        let mut command = Command::new(program);
        command.args(rest);
        let gate = Gate { reporter, entrance, whywait };
        let spawner = thread::Builder::new()
            .name("launch".into())
            .spawn(move || spawn(command, gate, last_word))
            .map_err(failed("making a thread"))?;
        match read_pid(report).and_then(|pid| Ok((pid, pidfd_open(pid, PidfdFlags::empty())?))) {
            Ok((pid, pidfd)) => {
                let pid = pid.as_raw_nonzero().get().cast_unsigned();
                let waiting = Some(Waiting { pidfd, spawner });
                Ok(Self { program: name, pid, leave, waiting })
            }
            Err(unreported) => {
                drop(leave);
                let source = match join(spawner) {
                    Err(source) => source,
                    // It was killed before it could say who it is.
                    Ok(mut child) => child.wait().err().unwrap_or(unreported),
                };
                Err(failed("making a process")(source))
            }
        }
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Lets the program begin, and returns when it has.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::NotExecutable`]. The process has then ended.
    pub fn release(mut self) -> Result<Launched, Error> {
        // Where the process has been killed meanwhile, nobody reads; its ending will tell.
        let _ = self.leave.write_all(&[1]);
        let program = std::mem::take(&mut self.program);
        let Waiting { pidfd, spawner } = self.waiting.take().expect("it is taken only here");
        match join(spawner) {
            Ok(child) => Ok(Launched::new(child, pidfd)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(Error::NotFound { program })
            }
            Err(source) => Err(Error::NotExecutable { program, source }),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(Waiting { pidfd, spawner }) = self.waiting.take() else { return };
        // It may have been killed by somebody else, which is as good.
        let _ = pidfd_send_signal(&pidfd, Signal::KILL);
        if let Ok(mut child) = join(spawner) {
            let _ = child.wait();
        }
    }
}

/// Makes the process, and returns when it has executed the program, or has failed to.
fn spawn(mut command: Command, gate: Gate, mut last_word: io::PipeWriter) -> io::Result<Child> {
    let inheritance = Inheritance::recorded();
    // So that a signal that comes between fork and exec meets no handler of whywait's.
    Inheritance::block_signals()?;
    let before_exec = move || {
        inheritance.restore()?;
        gate.pass()
    };
    // SAFETY: `restore` and `pass` only make system calls and touch nothing but their own stack
    // and descriptors: no lock, no memory that must be allocated.
    unsafe { command.pre_exec(before_exec) };
    let spawned = command.spawn();
    // Whoever waits for the process's number learns that none comes, if none came.
    let _ = last_word.write_all(&[0; REPORT_BYTES]);
    spawned
}

/// Reads the number that the process reports, or that there is none.
fn read_pid(mut report: io::PipeReader) -> io::Result<Pid> {
    let mut bytes = [0; REPORT_BYTES];
    report.read_exact(&mut bytes)?;
    Pid::from_raw(i32::from_ne_bytes(bytes)).ok_or_else(|| io::ErrorKind::Interrupted.into())
}

fn join(spawner: JoinHandle<io::Result<Child>>) -> io::Result<Child> {
    spawner.join().unwrap_or_else(|_| Err(io::Error::other("the thread that starts it panicked")))
}
