//! To which part of a ledger a wait belongs.
//!
//! What a thread waits *for* decides, not how the call is named: a poll(2) of one descriptor is a
//! blocking call with a time limit, one of several is a multiplexer, one of none is a sleep.
//!
//! Left out on purpose: telling a lock from work that is handed over. Both are futex(2); see
//! `Contention` for that.

use syscalls::Sysno;

use crate::{Breadth, DescriptorKind, Syscall, Wait};

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Somebody at the other end of one descriptor: a socket, a pipe, a terminal.
    Data,
    /// A file, a directory, or a device that holds them.
    Disk,
    /// Whichever of several descriptors or requests is ready first.
    Multiplexer,
    /// Another thread of the program, which does work or brings work.
    Handoff,
    /// Another thread of the program, or another process, which holds what this one needs.
    Lock,
    /// A time that passes, or a signal.
    Sleep,
    /// A child process.
    Child,
    /// Anything else.
    Other,
}

impl Category {
    /// What a wait is for. The part of it that was waiting for a device (`disk_ns`) is
    /// [`Category::Disk`] whatever this says, and every futex(2) is [`Category::Handoff`].
    #[must_use]
    pub fn of(wait: &Wait) -> Self {
        Self::of_call(wait.syscall, wait.kind, wait.breadth)
    }

    /// What a sleep in that call is for; `None` is a sleep outside calls.
    #[must_use]
    pub fn of_call(syscall: Option<Syscall>, kind: DescriptorKind, breadth: Breadth) -> Self {
        let Some(number) = syscall.and_then(Syscall::number) else { return Self::Other };
        let rule = RULES.iter().find(|(numbers, _)| numbers.contains(&number));
        match rule {
            Some((_, Rule::Always(category))) => *category,
            Some((_, Rule::ByKind)) => Self::of_kind(kind),
            Some((_, Rule::ByBreadth)) => match breadth {
                Breadth::Zero => Self::Sleep,
                // One that is not known any more, such as a connection among very many.
                Breadth::One if kind == DescriptorKind::None => Self::Data,
                Breadth::One => Self::of_kind(kind),
                Breadth::Many | Breadth::NotApplicable => Self::Multiplexer,
            },
            None => Self::Other,
        }
    }

    /// What one waits for who waits for that one descriptor.
    fn of_kind(kind: DescriptorKind) -> Self {
        match kind {
            DescriptorKind::Pipe
            | DescriptorKind::Tcp
            | DescriptorKind::Udp
            | DescriptorKind::Unix
            | DescriptorKind::Socket
            | DescriptorKind::Inotify
            | DescriptorKind::Terminal
            | DescriptorKind::CharDevice => Self::Data,
            DescriptorKind::File | DescriptorKind::Directory | DescriptorKind::BlockDevice => {
                Self::Disk
            }
            DescriptorKind::Epoll | DescriptorKind::Ring => Self::Multiplexer,
            DescriptorKind::Eventfd => Self::Handoff,
            DescriptorKind::Timerfd | DescriptorKind::Signalfd => Self::Sleep,
            DescriptorKind::Pidfd => Self::Child,
            DescriptorKind::None | DescriptorKind::Other => Self::Other,
        }
    }
}

/// How a call's category follows.
enum Rule {
    /// It is that one.
    Always(Category),
    /// From what its descriptor is.
    ByKind,
    /// From the number of descriptors that it waits for, and from what the one is.
    ByBreadth,
}

/// Every call that may sleep for long, with how its category follows; all others are
/// [`Category::Other`].
const RULES: &[(&[Sysno], Rule)] = &[
    (
        &[
            Sysno::read,
            Sysno::readv,
            Sysno::pread64,
            Sysno::preadv,
            Sysno::preadv2,
            Sysno::write,
            Sysno::writev,
            Sysno::pwrite64,
            Sysno::pwritev,
            Sysno::pwritev2,
            Sysno::sendfile,
            Sysno::splice,
            Sysno::tee,
            Sysno::vmsplice,
            Sysno::copy_file_range,
            Sysno::close,
            Sysno::ioctl,
        ],
        Rule::ByKind,
    ),
    (&[Sysno::poll, Sysno::ppoll, Sysno::select, Sysno::pselect6], Rule::ByBreadth),
    (
        &[
            Sysno::recvfrom,
            Sysno::recvmsg,
            Sysno::recvmmsg,
            Sysno::sendto,
            Sysno::sendmsg,
            Sysno::sendmmsg,
            Sysno::accept,
            Sysno::accept4,
            Sysno::connect,
            Sysno::shutdown,
        ],
        Rule::Always(Category::Data),
    ),
    (
        &[
            Sysno::epoll_wait,
            Sysno::epoll_pwait,
            Sysno::epoll_pwait2,
            Sysno::io_uring_enter,
            Sysno::io_getevents,
            Sysno::io_pgetevents,
        ],
        Rule::Always(Category::Multiplexer),
    ),
    (
        &[
            Sysno::futex,
            Sysno::futex_wait,
            Sysno::futex_waitv,
            Sysno::msgrcv,
            Sysno::msgsnd,
            Sysno::mq_timedreceive,
            Sysno::mq_timedsend,
        ],
        Rule::Always(Category::Handoff),
    ),
    (&[Sysno::flock, Sysno::fcntl, Sysno::semop, Sysno::semtimedop], Rule::Always(Category::Lock)),
    (
        &[
            Sysno::nanosleep,
            Sysno::clock_nanosleep,
            Sysno::pause,
            Sysno::rt_sigsuspend,
            Sysno::rt_sigtimedwait,
        ],
        Rule::Always(Category::Sleep),
    ),
    (
        // A parent that made its child by vfork(2) sleeps in that call until the child executes.
        &[Sysno::wait4, Sysno::waitid, Sysno::vfork, Sysno::clone, Sysno::clone3],
        Rule::Always(Category::Child),
    ),
    (FILE_CALLS, Rule::Always(Category::Disk)),
];

/// Calls on files by name, or on their contents as a whole.
const FILE_CALLS: &[Sysno] = &[
    Sysno::open,
    Sysno::openat,
    Sysno::openat2,
    Sysno::open_by_handle_at,
    Sysno::creat,
    Sysno::stat,
    Sysno::fstat,
    Sysno::lstat,
    Sysno::newfstatat,
    Sysno::statx,
    Sysno::statfs,
    Sysno::fstatfs,
    Sysno::access,
    Sysno::faccessat,
    Sysno::faccessat2,
    Sysno::readlink,
    Sysno::readlinkat,
    Sysno::getdents,
    Sysno::getdents64,
    Sysno::fsync,
    Sysno::fdatasync,
    Sysno::sync,
    Sysno::syncfs,
    Sysno::sync_file_range,
    Sysno::msync,
    Sysno::rename,
    Sysno::renameat,
    Sysno::renameat2,
    Sysno::link,
    Sysno::linkat,
    Sysno::symlink,
    Sysno::symlinkat,
    Sysno::unlink,
    Sysno::unlinkat,
    Sysno::mkdir,
    Sysno::mkdirat,
    Sysno::rmdir,
    Sysno::mknod,
    Sysno::mknodat,
    Sysno::chdir,
    Sysno::chmod,
    Sysno::fchmod,
    Sysno::fchmodat,
    Sysno::fchmodat2,
    Sysno::chown,
    Sysno::fchown,
    Sysno::lchown,
    Sysno::fchownat,
    Sysno::utime,
    Sysno::utimes,
    Sysno::utimensat,
    Sysno::truncate,
    Sysno::ftruncate,
    Sysno::fallocate,
    Sysno::fadvise64,
    Sysno::readahead,
    Sysno::lseek,
    Sysno::getxattr,
    Sysno::lgetxattr,
    Sysno::fgetxattr,
    Sysno::setxattr,
    Sysno::lsetxattr,
    Sysno::fsetxattr,
    Sysno::listxattr,
    Sysno::removexattr,
    Sysno::io_submit,
    Sysno::execve,
    Sysno::execveat,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Category, RULES, Sysno};
    use crate::{Breadth, DescriptorKind, Syscall};

    fn category(number: Sysno, kind: DescriptorKind, breadth: Breadth) -> Category {
        Category::of_call(Some(Syscall::of(number)), kind, breadth)
    }

    #[test]
    fn poll_is_what_it_polls() {
        use DescriptorKind::{None, Pidfd, Tcp, Timerfd};
        for (kind, breadth, expected) in [
            (None, Breadth::Zero, Category::Sleep),
            (Tcp, Breadth::One, Category::Data),
            (Timerfd, Breadth::One, Category::Sleep),
            (Pidfd, Breadth::One, Category::Child),
            (None, Breadth::Many, Category::Multiplexer),
            (None, Breadth::One, Category::Data),
        ] {
            for number in [Sysno::poll, Sysno::ppoll, Sysno::select, Sysno::pselect6] {
                assert_eq!(category(number, kind, breadth), expected, "{number} {kind:?}");
            }
        }
    }

    #[test]
    fn reading_is_for_what_the_descriptor_is() {
        for (kind, expected) in [
            (DescriptorKind::Pipe, Category::Data),
            (DescriptorKind::Unix, Category::Data),
            (DescriptorKind::File, Category::Disk),
            (DescriptorKind::Timerfd, Category::Sleep),
            (DescriptorKind::Eventfd, Category::Handoff),
        ] {
            assert_eq!(category(Sysno::read, kind, Breadth::NotApplicable), expected, "{kind:?}");
        }
    }

    #[test]
    fn other_calls_have_one_category_and_unknown_ones_are_other() {
        for (number, expected) in [
            (Sysno::accept4, Category::Data),
            (Sysno::epoll_wait, Category::Multiplexer),
            (Sysno::io_uring_enter, Category::Multiplexer),
            (Sysno::futex, Category::Handoff),
            (Sysno::clock_nanosleep, Category::Sleep),
            (Sysno::wait4, Category::Child),
            (Sysno::fsync, Category::Disk),
            (Sysno::flock, Category::Lock),
            (Sysno::getrandom, Category::Other),
        ] {
            let found = category(number, DescriptorKind::None, Breadth::NotApplicable);
            assert_eq!(found, expected, "{number}");
        }
        let outside = Category::of_call(None, DescriptorKind::None, Breadth::NotApplicable);
        assert_eq!(outside, Category::Other);
    }

    #[test]
    fn no_call_has_two_rules() {
        let mut seen = HashSet::new();
        for number in RULES.iter().flat_map(|(numbers, _)| *numbers) {
            assert!(seen.insert(number.id()), "{number} is named twice");
        }
    }
}
