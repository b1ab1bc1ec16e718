//! A watcher at work: a process that is started, watches, and is asked to end.
//!
//! Left out on purpose: measuring what it costs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::hooks::Hooks;
use super::precedence::first;
use super::watchers::{Program, Watcher};
use crate::echo::peak_resident_bytes;
use crate::failure::Failure;

/// A watcher's process and what it writes; killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    watched: u32,
    shows: &'static str,
    directory: TempDir,
}

/// How long the hooks must stay the same until the watcher counts as one that watches.
const SETTLED: Duration = Duration::from_millis(300);
/// How often one looks.
const LOOK: Duration = Duration::from_millis(20);
/// No watcher takes longer to begin or to end.
const PATIENCE: Duration = Duration::from_secs(120);

impl Started {
    /// Starts a watcher on the process `watched` and waits until it watches; none where nobody
    /// is to watch. `whywait` is the build that watches, if the watcher is whywait.
    ///
    /// # Errors
    /// When it cannot be started, or ends by itself, with what it said last.
    pub(crate) fn start(
        watcher: &Watcher,
        whywait: &Path,
        watched: u32,
    ) -> Result<Option<Self>, Failure> {
        let program = match watcher.program {
            Program::Nobody => {
                thread::sleep(SETTLED);
                return Ok(None);
            }
            Program::This => std::env::current_exe()?,
            Program::Whywait => whywait.to_path_buf(),
            Program::Installed(program) => PathBuf::from(program),
        };
        let directory = tempfile::tempdir()?;
        let said = File::create(directory.path().join(SAID))?;
        let mut command = first(&program)?;
        command.args((watcher.arguments)(watched, &directory.path().join(OUTPUT)));
        command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
        let child = command.spawn()?;
        let mut started = Self { child, watched, shows: watcher.shows, directory };
        started.wait_until_watching()?;
        Ok(Some(started))
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// That it still watches.
    ///
    /// # Errors
    /// What it said last, if it has ended.
    pub(crate) fn check_running(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("it ended, {status}: {}", self.last_words()).into()),
        }
    }

    /// Interrupts it, as a user at a terminal would, and looks whether it saw anything. Gives the
    /// most memory that it had resident, in bytes.
    ///
    /// # Errors
    /// When it does not end, or wrote nothing of what it was to see.
    pub(crate) fn end(mut self) -> Result<u64, Failure> {
        let asked = Instant::now();
        let process =
            Pid::from_raw(i32::try_from(self.id())?).ok_or("the watcher has no number")?;
        kill_process(process, Signal::INT)?;
        let mut peak_bytes = 0;
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > PATIENCE {
                return Err(format!("it did not end within {PATIENCE:?} of an interrupt").into());
            }
            // A process that has just ended has no memory to speak of.
            peak_bytes = peak_resident_bytes(self.id()).unwrap_or(peak_bytes);
            thread::sleep(LOOK);
        }
        let saw = [SAID, OUTPUT].iter().any(|name| self.text_of(name).contains(self.shows));
        if saw {
            Ok(peak_bytes)
        } else {
            Err(format!("it saw nothing: {}", self.last_words()).into())
        }
    }

    fn wait_until_watching(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        let mut hooks = Hooks::default();
        let mut since = began;
        while hooks.is_empty() || since.elapsed() < SETTLED {
            self.check_running()?;
            if began.elapsed() > PATIENCE {
                return Err(format!("it does not watch after {PATIENCE:?}").into());
            }
            thread::sleep(LOOK);
            let now = Hooks::of(self.id(), self.watched)?;
            if now != hooks {
                (hooks, since) = (now, Instant::now());
            }
        }
        Ok(())
    }

    /// Why a program failed stands in its last lines, and what to do about it below that.
    fn last_words(&self) -> String {
        let said = self.text_of(SAID);
        let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        match lines.as_slice() {
            [] => "it said nothing".to_owned(),
            [only] => (*only).to_owned(),
            [.., before, last] => format!("{before} {last}"),
        }
    }

    fn text_of(&self, name: &str) -> String {
        let bytes = fs::read(self.directory.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What the watcher printed.
const SAID: &str = "said";
/// What the watcher wrote to a file of its own.
const OUTPUT: &str = "output";

impl Drop for Started {
    fn drop(&mut self) {
        // Either fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
