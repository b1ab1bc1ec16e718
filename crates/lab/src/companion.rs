//! A process of ours that does something for a comparison while we talk with it.
//!
//! It is this program, executed again under another name (see `run_entry`), and each side says
//! what it has to say as a line of JSON. Left out on purpose: what is said.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Stop;
use crate::run_process::{LOOK, describe, listen};

/// A process that we talk with. It ends when this is dropped, and its children with it.
pub(crate) struct Companion {
    child: Child,
    /// What it said and was not looked at yet.
    said: Vec<u8>,
    last_words: Option<JoinHandle<String>>,
}

/// Why a companion said nothing more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    /// It did not say anything in time.
    #[error("it took longer than its limit")]
    TooLong,
    /// Somebody wanted an early end.
    #[error("it was stopped")]
    Stopped,
    /// It could not be started or spoken with.
    #[error("its process could not be run: {0}")]
    Process(#[from] io::Error),
    /// It ended, and why as far as is known.
    #[error("{0}")]
    Died(String),
}

impl Companion {
    /// Starts one under a name, and says the first thing to it.
    pub(crate) fn start(name: &str, first: &impl Serialize) -> io::Result<Self> {
        let mut child = Command::new("/proc/self/exe")
            .arg0(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C goes to us, and we end it: it must not die on its own before.
            .process_group(0)
            .spawn()?;
        let last_words = child.stderr.take().map(|stderr| thread::spawn(move || listen(stderr)));
        let mut companion = Self { child, said: Vec::new(), last_words };
        companion.say(first)?;
        Ok(companion)
    }

    /// Says something. If it has ended, that shows when it is listened to.
    pub(crate) fn say(&mut self, what: &impl Serialize) -> io::Result<()> {
        let stdin = self.child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        match write_line(stdin, what) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Waits for what it says next.
    pub(crate) fn listen<M: DeserializeOwned>(
        &mut self,
        deadline: Option<Instant>,
        stop: &Stop,
    ) -> Result<M, Silence> {
        let mut piece = [0; 64 << 10];
        loop {
            if let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.said.drain(..=end).collect();
                return Ok(serde_json::from_slice(&line).map_err(io::Error::from)?);
            }
            if stop.is_set() {
                return Err(Silence::Stopped);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Silence::TooLong);
            }
            let stdout = self.child.stdout.as_mut();
            let stdout = stdout.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
            match poll(&mut [PollFd::new(&*stdout, PollFlags::IN)], Some(&LOOK)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            match stdout.read(&mut piece)? {
                0 => return Err(self.died()),
                count => self.said.extend_from_slice(&piece[..count]),
            }
        }
    }

    fn died(&mut self) -> Silence {
        match self.child.wait() {
            Ok(status) => {
                let said = self.last_words.take().and_then(|thread| thread.join().ok());
                Silence::Died(describe(status, said.unwrap_or_default().trim()))
            }
            Err(error) => error.into(),
        }
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// In a companion: says something to whoever started it.
pub(crate) fn say(what: &impl Serialize) -> io::Result<()> {
    write_line(&mut io::stdout().lock(), what)
}

/// In a companion: waits for what whoever started it says next; none when that has ended.
pub(crate) fn hear<M: DeserializeOwned>() -> io::Result<Option<M>> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_str(&line)?)),
    }
}

fn write_line(mut to: impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}
