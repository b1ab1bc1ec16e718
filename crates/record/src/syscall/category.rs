//! To which part of a ledger a wait belongs.
//!
//! What a thread waits *for* decides, not how the call is named: a poll(2) of one descriptor is a
//! blocking call with a time limit, one of several is a multiplexer, one of none is a sleep.
//!
//! Left out on purpose: telling a lock from work that is handed over. Both are futex(2); see
//! `Contention` for that.

use super::WaitsFor;
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
        match syscall.and_then(Syscall::meaning).map(|meaning| meaning.waits_for) {
            Some(WaitsFor::Always(category)) => category,
            Some(WaitsFor::ByKind) => Self::of_kind(kind),
            Some(WaitsFor::ByBreadth) => match breadth {
                Breadth::Zero => Self::Sleep,
                // One that is not known any more, such as a connection among very many.
                Breadth::One if kind == DescriptorKind::None => Self::Data,
                Breadth::One => Self::of_kind(kind),
                Breadth::Many | Breadth::NotApplicable => Self::Multiplexer,
            },
            None => Self::Other,
        }
    }

    /// What a wait for that one descriptor is for.
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

#[cfg(test)]
mod tests {
    use syscalls::Sysno;

    use super::Category;
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
}
