//! One run, seen from the process that asks for it.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::run_entry::{RUN_NAME, was_entered};
use crate::{DownloadNews, RunOutcome, RunRequest, Stop, download};

/// How often the wish to end early is looked at.
pub(crate) const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

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
    run_telling(request, limit, stop, &mut |_| {})
}

/// As [`run`], and passes on how far the run's downloads are.
pub(crate) fn run_telling(
    request: &RunRequest,
    limit: Duration,
    stop: &Stop,
    tell: &mut dyn FnMut(DownloadNews),
) -> io::Result<RunEnd> {
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
    let (sender, news) = mpsc::channel();
    let last_words = child.0.stderr.take().map(|stderr| {
        thread::spawn(move || {
            download::listen(stderr, |piece| {
                // Nobody listens any more when the run has ended.
                let _ = sender.send(piece);
            })
        })
    });
    let received = child.receive(limit, stop, &mut || news.try_iter().for_each(&mut *tell));
    let answer = match received? {
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
pub(crate) fn listen(stderr: impl Read) -> String {
    download::listen(stderr, drop)
}

enum Received {
    Text(Vec<u8>),
    Ended(RunEnd),
}

/// A measured process, which ends when this is dropped.
struct RunProcess(Child);

impl RunProcess {
    /// Reads the answer to its end, and calls `look` several times a second meanwhile.
    fn receive(
        &mut self,
        limit: Duration,
        stop: &Stop,
        look: &mut dyn FnMut(),
    ) -> io::Result<Received> {
        // None is further away than the clock can count to.
        let deadline = Instant::now().checked_add(limit);
        let stdout = self.0.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut answer = Vec::new();
        let mut piece = [0; 64 << 10];
        loop {
            look();
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

pub(crate) fn describe(status: ExitStatus, said: &str) -> String {
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
            peers: Default::default(),
            bodies: None,
        };
        let error = run(&request, Duration::from_secs(60), &Stop::default()).unwrap_err();
        assert!(error.to_string().contains("run_entry"), "{error}");
    }
}
