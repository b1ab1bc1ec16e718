//! Watching a target from beginning to end.
//!
//! Left out on purpose: how it is watched; see `bpf`.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::time::Timespec;

use crate::bpf::Session;
use crate::launch::{Held, Launched};
use crate::{Error, Options, Record, Target, proc};

/// How long events may lie in the ring before they are taken in: the time in which a path of a
/// descriptor can be looked up, and in which whywait notices that it is to stop.
const PERIOD: Duration = Duration::from_millis(50);

/// How long the end of a process may take to show in the ring after it was heard of.
const LAST_EVENTS: Duration = Duration::from_millis(100);

/// What came of watching.
#[derive(Debug)]
pub struct Watched {
    /// What was seen.
    pub record: Record,
    /// The program that was started for it, where it goes on although watching has ended: because
    /// of `stop`, or because the time was over. Dropping this leaves it alone.
    pub goes_on: Option<Launched>,
}

/// Watches a target until it ends, `stop` is set, or the time is over. Of a program that was
/// started, the end is that of its own process; what it leaves behind in other processes goes on.
///
/// `stop` is looked at several times a second. Whatever happens, the program goes on as if it had
/// not been watched.
///
/// # Errors
/// What kept watching from beginning; see [`Error`]. A program that was to be started has then not
/// begun, unless the error says that its own execution failed.
pub fn watch(target: &Target, options: &Options, stop: &AtomicBool) -> Result<Watched, Error> {
    match target {
        Target::Command(arguments) => {
            let held = Held::start(arguments)?;
            let mut session = Session::open(options)?;
            session.watch_from_exec(held.pid())?;
            watch_launched(held.release()?, session, options, stop)
        }
        Target::Process(pid) => {
            proc::check(*pid)?;
            let pidfd = open(*pid)?;
            let mut session = Session::open(options)?;
            let mut pids = proc::descendants(*pid);
            pids.insert(0, *pid);
            session.watch_running(&pids)?;
            let record = watch_running(*pid, &pidfd, session, options, stop)?;
            Ok(Watched { record, goes_on: None })
        }
    }
}

fn watch_launched(
    mut launched: Launched,
    mut session: Session,
    options: &Options,
    stop: &AtomicBool,
) -> Result<Watched, Error> {
    let pid = launched.pid();
    let deadline = deadline(options);
    let mut ending = None;
    while ending.is_none() && !is_over(deadline, stop) {
        ending = launched.wait_until(next_look(deadline))?;
        session.drain()?;
    }
    if ending.is_some() {
        wait_for_last_events(&mut session, pid)?;
    }
    let record = session.finish(pid, ending)?;
    Ok(Watched { record, goes_on: ending.is_none().then_some(launched) })
}

fn watch_running(
    pid: u32,
    pidfd: &OwnedFd,
    mut session: Session,
    options: &Options,
    stop: &AtomicBool,
) -> Result<Record, Error> {
    let deadline = deadline(options);
    let mut has_ended = false;
    while !has_ended && !is_over(deadline, stop) {
        has_ended = wait_for(pidfd, next_look(deadline))?;
        session.drain()?;
    }
    if has_ended {
        wait_for_last_events(&mut session, pid)?;
    }
    session.finish(pid, None)
}

/// A process is heard of as ended shortly before its last thread leaves the CPU for good.
fn wait_for_last_events(session: &mut Session, pid: u32) -> Result<(), Error> {
    let deadline = Instant::now() + LAST_EVENTS;
    session.drain()?;
    while session.is_alive(pid) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
        session.drain()?;
    }
    Ok(())
}

fn deadline(options: &Options) -> Option<Instant> {
    options.duration.and_then(|duration| Instant::now().checked_add(duration))
}

fn is_over(deadline: Option<Instant>, stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed) || deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

fn next_look(deadline: Option<Instant>) -> Instant {
    let next = Instant::now() + PERIOD;
    deadline.map_or(next, |deadline| deadline.min(next))
}

fn open(pid: u32) -> Result<OwnedFd, Error> {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .and_then(|number| pidfd_open(number, PidfdFlags::empty()).ok())
        .ok_or(Error::NoSuchProcess { pid })
}

/// Waits until the process has ended, which is true, or the time is over.
fn wait_for(pidfd: &OwnedFd, until: Instant) -> Result<bool, Error> {
    let left = until.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).ok();
    let pidfd = pidfd.as_fd();
    let mut end = [PollFd::new(&pidfd, PollFlags::IN)];
    match poll(&mut end, timeout.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(errno) => {
            Err(Error::Io { tried: "wait for the process".into(), source: errno.into() })
        }
    }
}
