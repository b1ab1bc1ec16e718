//! Watching a target from beginning to end.
//!
//! Left out on purpose: how it is watched; see `bpf`.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use whywait_record::Record;

use crate::bpf::Session;
use crate::launch::{Held, Launched};
use crate::{Error, Options, Target, proc};

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
            session.watch_running(*pid)?;
            watch_until_end(pidfd.as_fd(), &mut session, options, stop)?;
            Ok(Watched { record: session.finish(None)?, goes_on: None })
        }
    }
}

fn watch_launched(
    mut launched: Launched,
    mut session: Session,
    options: &Options,
    stop: &AtomicBool,
) -> Result<Watched, Error> {
    let has_ended = watch_until_end(launched.as_fd(), &mut session, options, stop)?;
    let ending = if has_ended { launched.try_ending()? } else { None };
    let record = session.finish(ending)?;
    Ok(Watched { record, goes_on: ending.is_none().then_some(launched) })
}

/// Takes in what is seen until the process has ended, which is true, or it is to be over.
fn watch_until_end(
    process: BorrowedFd<'_>,
    session: &mut Session,
    options: &Options,
    stop: &AtomicBool,
) -> Result<bool, Error> {
    let deadline = deadline(options);
    let mut has_ended = false;
    while !has_ended && !is_over(deadline, stop) {
        has_ended = session.wait(process, next_look(deadline))?;
        session.drain()?;
    }
    if has_ended {
        wait_for_last_events(session)?;
    }
    Ok(has_ended)
}

/// A process is heard of as ended shortly before its last thread leaves the CPU for good.
fn wait_for_last_events(session: &mut Session) -> Result<(), Error> {
    let deadline = Instant::now() + LAST_EVENTS;
    session.drain()?;
    while session.root_is_alive() && Instant::now() < deadline {
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
