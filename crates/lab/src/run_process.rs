//! One run, seen from the process that asks for it.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::run_entry::{RUN_NAME, was_entered};
use crate::{RunOutcome, RunRequest, Stop};

/// How often the wish to end early is looked at.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Bytes of a run's words on standard error that are kept.
const LAST_WORDS_BYTES: u64 = 4 << 10;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum RunEnd {
    /// The process answered.
    Answered(RunOutcome),
    /// It was ended because it took longer than allowed.
    TooLong,
    /// It was ended because somebody wanted the comparison to end.
    Stopped,
    /// It ended without an answer, and why as far as is known.
    Died(String),
}

/// Does one run in a fresh process. No process is left behind, whatever happens.
pub(crate) fn run(request: &RunRequest, limit: Duration, stop: &Stop) -> io::Result<RunEnd> {
    if !was_entered() {
        return Err(io::Error::other(
            "measured processes re-execute the program, so its `main` has to begin with \
             `whywait::worker_entry()` and `whywait_lab::run_entry()`; the latter was never called",
        ));
    }
    let mut child = Command::new("/proc/self/exe")
        .arg0(RUN_NAME)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A Ctrl-C goes to us, and we end the run: it must not die on its own before.
        .process_group(0)
        .spawn()
        .map(RunProcess)?;
    let text = serde_json::to_vec(request)?;
    let sent = child.0.stdin.take().map(|mut stdin| stdin.write_all(&text));
    let last_words = child.0.stderr.take().map(|stderr| thread::spawn(move || listen(stderr)));
    let answer = match child.receive(limit, stop)? {
        Received::Text(answer) => answer,
        Received::Ended(end) => return Ok(end),
    };
    let status = child.0.wait()?;
    if status.success() && sent.is_some_and(|sent| sent.is_ok()) {
        return Ok(RunEnd::Answered(serde_json::from_slice(&answer)?));
    }
    let said = last_words.and_then(|thread| thread.join().ok()).unwrap_or_default();
    Ok(RunEnd::Died(describe(status, said.trim())))
}

/// What a process said at first; the rest is read and forgotten, so that it can go on saying it.
fn listen(mut stderr: impl Read) -> String {
    let mut said = Vec::new();
    let kept = stderr.by_ref().take(LAST_WORDS_BYTES).read_to_end(&mut said);
    if kept.is_ok() {
        // Nothing depends on what comes after.
        let _ = io::copy(&mut stderr, &mut io::sink());
    }
    String::from_utf8_lossy(&said).into_owned()
}

enum Received {
    Text(Vec<u8>),
    Ended(RunEnd),
}

/// A measured process, which ends when this is dropped.
struct RunProcess(Child);

impl RunProcess {
    /// Reads the answer to its end.
    fn receive(&mut self, limit: Duration, stop: &Stop) -> io::Result<Received> {
        // None is further away than the clock can count to.
        let deadline = Instant::now().checked_add(limit);
        let stdout = self.0.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut answer = Vec::new();
        let mut piece = [0; 64 << 10];
        loop {
            if stop.is_set() {
                return Ok(Received::Ended(RunEnd::Stopped));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(Received::Ended(RunEnd::TooLong));
            }
            match poll(&mut [PollFd::new(&*stdout, PollFlags::IN)], Some(&LOOK)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            match stdout.read(&mut piece)? {
                0 => return Ok(Received::Text(answer)),
                count => answer.extend_from_slice(&piece[..count]),
            }
        }
    }
}

impl Drop for RunProcess {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        // Its workers are in its process group.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
        if let Some(stdout) = &mut self.0.stdout {
            // All of them hold the other end. Once it is closed nobody makes files any more, so
            // these can be removed.
            let _ = io::copy(stdout, &mut io::sink());
        }
    }
}

fn describe(status: ExitStatus, said: &str) -> String {
    let end = match status.signal() {
        Some(signal) => format!("the run's process was killed by signal {signal}"),
        None => format!("the run's process ended with {status}"),
    };
    if said.is_empty() { end } else { format!("{end}: {said}") }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::RunPart;

    #[test]
    fn a_program_without_an_entry_starts_no_process() {
        // libtest's main has none.
        let request = RunRequest {
            parent: std::process::id() as i32,
            model: "blocking".parse().unwrap(),
            plan: String::new(),
            directory: PathBuf::from("/"),
            part: RunPart::Measure,
            max_flows: None,
        };
        let error = run(&request, Duration::from_secs(60), &Stop::default()).unwrap_err();
        assert!(error.to_string().contains("run_entry"), "{error}");
    }
}
