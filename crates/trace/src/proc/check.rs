//! Whether a process can be watched.
//!
//! Left out on purpose: trying it. What the kernel forbids shows when it is tried.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::{Stat, Status, threads};
use crate::{Error, permission};

/// Whether there is a process of that number which can be watched.
///
/// # Errors
/// [`Error::NoSuchProcess`], [`Error::Ended`], [`Error::IsThread`], [`Error::IsItself`],
/// [`Error::IsKernelThread`], and [`Error::NoPermission`] where `/proc` hides it.
pub fn check(pid: u32) -> Result<(), Error> {
    let (Some(stat), Some(status)) = (Stat::of_process(pid), Status::of(pid)) else {
        return Err(absent(pid));
    };
    if status.process == std::process::id() {
        Err(Error::IsItself { pid })
    } else if status.process != pid {
        Err(Error::IsThread { tid: pid, pid: status.process })
    } else if stat.has_ended() && !has_other_threads(pid) {
        Err(Error::Ended { pid })
    } else if stat.is_kernel_thread() {
        Err(Error::IsKernelThread { pid, name: stat.name })
    } else {
        Ok(())
    }
}

/// Whether a process goes on whose first thread has ended (`pthread_exit(3)` in `main`).
fn has_other_threads(pid: u32) -> bool {
    threads(pid)
        .into_iter()
        .filter(|tid| *tid != pid)
        .filter_map(|tid| Stat::of_thread(pid, tid))
        .any(|thread| !thread.has_ended())
}

/// Why there is nothing in `/proc`: with its option `hidepid`, processes of others are not there,
/// but the kernel still says of them that they cannot be signalled.
fn absent(pid: u32) -> Error {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    match number.map(test_kill_process) {
        Some(Err(Errno::PERM)) => Error::NoPermission {
            tried: format!("read /proc/{pid}"),
            lacking: permission::lacking_for_proc(),
        },
        _ => Error::NoSuchProcess { pid },
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn numbers_of_nobody_are_no_process() {
        // The second is above the greatest number that a process can have (2^22).
        for pid in [0, 1 << 23, u32::MAX] {
            assert!(matches!(check(pid), Err(Error::NoSuchProcess { .. })), "{pid}");
        }
    }

    #[test]
    fn this_process_cannot_watch_itself_by_any_of_its_threads() {
        let own_thread = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
        for pid in [std::process::id(), own_thread] {
            assert!(matches!(check(pid), Err(Error::IsItself { .. })), "{pid}");
        }
    }

    #[test]
    fn a_process_can_be_watched_until_it_has_ended() {
        let mut child =
            Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("cat");
        check(child.id()).expect("it waits for its input");
        drop(child.stdin.take());
        let pidfd = rustix::process::pidfd_open(
            Pid::from_child(&child),
            rustix::process::PidfdFlags::empty(),
        )
        .expect("a pidfd");
        let mut end = [rustix::event::PollFd::new(&pidfd, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut end, None).expect("its end");
        assert!(matches!(check(child.id()), Err(Error::Ended { .. })));
        child.wait().expect("its status");
        assert!(matches!(check(child.id()), Err(Error::NoSuchProcess { .. })));
    }

    #[test]
    fn threads_of_the_kernel_are_refused() {
        // In a pid namespace of its own there may be none to be seen.
        let kernel_threads = std::fs::read_dir("/proc").expect("/proc").filter_map(|entry| {
            let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Stat::of_process(pid)?.is_kernel_thread().then_some(pid)
        });
        for pid in kernel_threads.take(3) {
            assert!(matches!(check(pid), Err(Error::IsKernelThread { .. })), "{pid}");
        }
    }
}
