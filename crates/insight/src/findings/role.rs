//! What a system call is for, as far as findings tell calls apart.
//!
//! Left out on purpose: what a sleep in it is for; see `Category`.

use syscalls::Sysno;
use whywait_record::Syscall;

/// What a system call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Asks which of several descriptors or requests is ready.
    Asks,
    /// Takes data from a descriptor.
    Receives,
    /// Gives data to a descriptor.
    Sends,
    /// Takes a connection.
    Accepts,
    /// Opens a file.
    Opens,
    /// Waits until data is on the disk.
    Syncs,
    /// Lets another run.
    Yields,
    /// Sleeps for a time.
    Sleeps,
    /// Waits for another thread.
    WaitsForThread,
    /// Anything else.
    Other,
}

impl Role {
    /// What that call is for.
    pub(super) fn of(syscall: Syscall) -> Self {
        let Some(number) = syscall.number() else { return Self::Other };
        match number {
            Sysno::epoll_wait
            | Sysno::epoll_pwait
            | Sysno::epoll_pwait2
            | Sysno::poll
            | Sysno::ppoll
            | Sysno::select
            | Sysno::pselect6
            | Sysno::io_uring_enter
            | Sysno::io_getevents
            | Sysno::io_pgetevents => Self::Asks,
            Sysno::read
            | Sysno::readv
            | Sysno::pread64
            | Sysno::preadv
            | Sysno::preadv2
            | Sysno::recvfrom
            | Sysno::recvmsg
            | Sysno::recvmmsg => Self::Receives,
            Sysno::write
            | Sysno::writev
            | Sysno::pwrite64
            | Sysno::pwritev
            | Sysno::pwritev2
            | Sysno::sendto
            | Sysno::sendmsg
            | Sysno::sendmmsg
            | Sysno::sendfile
            | Sysno::splice
            | Sysno::copy_file_range => Self::Sends,
            Sysno::accept | Sysno::accept4 => Self::Accepts,
            Sysno::open | Sysno::openat | Sysno::openat2 | Sysno::creat => Self::Opens,
            Sysno::fsync
            | Sysno::fdatasync
            | Sysno::msync
            | Sysno::sync_file_range
            | Sysno::sync
            | Sysno::syncfs => Self::Syncs,
            Sysno::sched_yield => Self::Yields,
            Sysno::nanosleep | Sysno::clock_nanosleep => Self::Sleeps,
            Sysno::futex | Sysno::futex_wait | Sysno::futex_waitv => Self::WaitsForThread,
            _ => Self::Other,
        }
    }

    /// What a call is for that may be none, such as a sleep outside calls.
    pub(super) fn of_any(syscall: Option<Syscall>) -> Self {
        syscall.map_or(Self::Other, Self::of)
    }
}

/// Whether the call asks for events of an epoll or a ring, so that poll(2) beside it is another
/// wait.
pub(super) fn is_own_multiplexer(syscall: Syscall) -> bool {
    matches!(
        syscall.number(),
        Some(
            Sysno::epoll_wait
                | Sysno::epoll_pwait
                | Sysno::epoll_pwait2
                | Sysno::io_uring_enter
                | Sysno::io_getevents
                | Sysno::io_pgetevents
        )
    )
}

#[cfg(test)]
mod tests {
    use super::{Role, Sysno, is_own_multiplexer};
    use whywait_record::Syscall;

    #[test]
    fn calls_have_their_roles() {
        for (number, role) in [
            (Sysno::epoll_pwait2, Role::Asks),
            (Sysno::recvmsg, Role::Receives),
            (Sysno::sendfile, Role::Sends),
            (Sysno::fdatasync, Role::Syncs),
            (Sysno::getpid, Role::Other),
        ] {
            assert_eq!(Role::of(Syscall::of(number)), role, "{number}");
        }
        assert_eq!(Role::of_any(None), Role::Other);
    }

    #[test]
    fn poll_is_no_multiplexer_of_its_own() {
        assert!(is_own_multiplexer(Syscall::of(Sysno::epoll_wait)));
        assert!(!is_own_multiplexer(Syscall::of(Sysno::poll)));
    }
}
