//! Every system call that means something to whywait, a row each.
//!
//! A call without a row is counted, its sleeps are [`Category::Other`], and nothing breaks. The
//! programs in the kernel have the same table: `cargo xtask bpf` writes
//! `crates/trace/bpf/call_traits.h` from this one. docs/adding-a-syscall.md says how a row is added.

use syscalls::Sysno;

use super::Category::{self, Child, Data, Disk, Handoff, Lock, Multiplexer, Sleep};
use super::meaning::WaitsFor::{Always, ByBreadth, ByKind};
use super::meaning::{Limit, Meaning, Outcome, Purpose};

const fn receives(number: Sysno) -> Meaning {
    Meaning::of(number, Purpose::Receives, ByKind).on_stream().gives(Outcome::Bytes)
}

const fn sends(number: Sysno) -> Meaning {
    Meaning::of(number, Purpose::Sends, ByKind).on_stream().gives(Outcome::Bytes)
}

/// A call for sockets alone.
const fn for_peer(mut meaning: Meaning) -> Meaning {
    meaning.waits_for = Always(Data);
    meaning
}

/// A call at an offset, for which `O_NONBLOCK` means nothing.
const fn at_offset(mut meaning: Meaning) -> Meaning {
    meaning.heeds_nonblock = false;
    meaning
}

const fn asks_queue(number: Sysno, limit: Limit) -> Meaning {
    Meaning::of(number, Purpose::AsksQueue, Always(Multiplexer))
        .limited_by(limit)
        .gives(Outcome::Events)
}

const fn asks_many(number: Sysno, limit: Limit) -> Meaning {
    Meaning::of(number, Purpose::AsksMany, ByBreadth).limited_by(limit).gives(Outcome::Events)
}

const fn accepts(number: Sysno) -> Meaning {
    Meaning::of(number, Purpose::Accepts, Always(Data)).on_stream().gives(Outcome::Something)
}

const fn opens(number: Sysno) -> Meaning {
    Meaning::of(number, Purpose::Opens, Always(Disk)).names_path()
}

const fn syncs(number: Sysno) -> Meaning {
    Meaning::of(number, Purpose::Syncs, Always(Disk))
}

/// A call on a file by its path.
const fn by_path(number: Sysno) -> Meaning {
    other(number, Disk).names_path()
}

/// A call on an open file as a whole.
const fn on_file(number: Sysno) -> Meaning {
    other(number, Disk).on_descriptor()
}

const fn other(number: Sysno, category: Category) -> Meaning {
    Meaning::of(number, Purpose::Other, Always(category))
}

/// Every call that means something, by number.
pub const CALLS: &[Meaning] = &[
    receives(Sysno::read),
    sends(Sysno::write),
    opens(Sysno::open),
    Meaning::of(Sysno::close, Purpose::Other, ByKind).on_descriptor(),
    by_path(Sysno::stat),
    on_file(Sysno::fstat),
    by_path(Sysno::lstat),
    asks_many(Sysno::poll, Limit::Poll),
    on_file(Sysno::lseek),
    Meaning::of(Sysno::ioctl, Purpose::Other, ByKind).on_descriptor(),
    at_offset(receives(Sysno::pread64)),
    at_offset(sends(Sysno::pwrite64)),
    receives(Sysno::readv),
    sends(Sysno::writev),
    by_path(Sysno::access),
    asks_many(Sysno::select, Limit::Select),
    Meaning::of(Sysno::sched_yield, Purpose::Yields, Always(Category::Other))
        .limited_by(Limit::Yield),
    syncs(Sysno::msync),
    other(Sysno::pause, Sleep),
    Meaning::of(Sysno::nanosleep, Purpose::Sleeps, Always(Sleep)),
    sends(Sysno::sendfile),
    Meaning::of(Sysno::connect, Purpose::Connects, Always(Data)).on_stream(),
    accepts(Sysno::accept),
    for_peer(sends(Sysno::sendto)).limited_by(Limit::Flags4),
    for_peer(receives(Sysno::recvfrom)).limited_by(Limit::Flags4),
    for_peer(sends(Sysno::sendmsg)).limited_by(Limit::Flags3),
    for_peer(receives(Sysno::recvmsg)).limited_by(Limit::Flags3),
    other(Sysno::shutdown, Data).on_descriptor(),
    // A parent that made its child by vfork(2) sleeps in that call until the child executes.
    Meaning::of(Sysno::clone, Purpose::Other, Always(Child)),
    Meaning::of(Sysno::vfork, Purpose::Other, Always(Child)),
    by_path(Sysno::execve),
    Meaning::of(Sysno::wait4, Purpose::WaitsForChild, Always(Child))
        .limited_by(Limit::Options3)
        .gives(Outcome::Something),
    other(Sysno::semop, Lock),
    other(Sysno::msgsnd, Handoff),
    other(Sysno::msgrcv, Handoff),
    other(Sysno::fcntl, Lock).on_descriptor(),
    other(Sysno::flock, Lock).on_descriptor(),
    syncs(Sysno::fsync).on_descriptor(),
    syncs(Sysno::fdatasync).on_descriptor(),
    by_path(Sysno::truncate),
    on_file(Sysno::ftruncate),
    on_file(Sysno::getdents),
    by_path(Sysno::chdir),
    by_path(Sysno::rename),
    by_path(Sysno::mkdir),
    by_path(Sysno::rmdir),
    opens(Sysno::creat),
    by_path(Sysno::link),
    by_path(Sysno::unlink),
    by_path(Sysno::symlink),
    by_path(Sysno::readlink),
    by_path(Sysno::chmod),
    on_file(Sysno::fchmod),
    by_path(Sysno::chown),
    on_file(Sysno::fchown),
    by_path(Sysno::lchown),
    other(Sysno::rt_sigtimedwait, Sleep),
    other(Sysno::rt_sigsuspend, Sleep),
    by_path(Sysno::utime),
    by_path(Sysno::mknod),
    by_path(Sysno::statfs),
    on_file(Sysno::fstatfs),
    syncs(Sysno::sync),
    on_file(Sysno::readahead),
    by_path(Sysno::setxattr),
    by_path(Sysno::lsetxattr),
    on_file(Sysno::fsetxattr),
    by_path(Sysno::getxattr),
    by_path(Sysno::lgetxattr),
    on_file(Sysno::fgetxattr),
    by_path(Sysno::listxattr),
    by_path(Sysno::removexattr),
    Meaning::of(Sysno::futex, Purpose::WaitsForThread, Always(Handoff)).limited_by(Limit::Futex),
    asks_queue(Sysno::io_getevents, Limit::Aio),
    other(Sysno::io_submit, Disk),
    on_file(Sysno::getdents64),
    other(Sysno::semtimedop, Lock),
    on_file(Sysno::fadvise64),
    Meaning::of(Sysno::clock_nanosleep, Purpose::Sleeps, Always(Sleep)),
    asks_queue(Sysno::epoll_wait, Limit::Epoll).on_descriptor(),
    by_path(Sysno::utimes),
    other(Sysno::mq_timedsend, Handoff),
    other(Sysno::mq_timedreceive, Handoff),
    Meaning::of(Sysno::waitid, Purpose::WaitsForChild, Always(Child)).limited_by(Limit::Options4),
    opens(Sysno::openat),
    by_path(Sysno::mkdirat),
    by_path(Sysno::mknodat),
    by_path(Sysno::fchownat),
    by_path(Sysno::newfstatat),
    by_path(Sysno::unlinkat),
    by_path(Sysno::renameat),
    by_path(Sysno::linkat),
    by_path(Sysno::symlinkat),
    by_path(Sysno::readlinkat),
    by_path(Sysno::fchmodat),
    by_path(Sysno::faccessat),
    asks_many(Sysno::pselect6, Limit::Select),
    asks_many(Sysno::ppoll, Limit::Ppoll),
    sends(Sysno::splice),
    sends(Sysno::tee),
    syncs(Sysno::sync_file_range).on_descriptor(),
    sends(Sysno::vmsplice),
    by_path(Sysno::utimensat),
    asks_queue(Sysno::epoll_pwait, Limit::Epoll).on_descriptor(),
    on_file(Sysno::fallocate),
    accepts(Sysno::accept4),
    at_offset(receives(Sysno::preadv)),
    at_offset(sends(Sysno::pwritev)),
    // Both return a number of messages.
    for_peer(receives(Sysno::recvmmsg)).limited_by(Limit::Flags4).gives(Outcome::Something),
    on_file(Sysno::open_by_handle_at),
    syncs(Sysno::syncfs).on_descriptor(),
    for_peer(sends(Sysno::sendmmsg)).limited_by(Limit::Flags4).gives(Outcome::Something),
    by_path(Sysno::renameat2),
    by_path(Sysno::execveat),
    at_offset(sends(Sysno::copy_file_range)),
    at_offset(receives(Sysno::preadv2)).limited_by(Limit::Flags6),
    at_offset(sends(Sysno::pwritev2)).limited_by(Limit::Flags6),
    by_path(Sysno::statx),
    asks_queue(Sysno::io_pgetevents, Limit::Aio),
    asks_queue(Sysno::io_uring_enter, Limit::Ring).on_descriptor(),
    Meaning::of(Sysno::clone3, Purpose::Other, Always(Child)),
    opens(Sysno::openat2),
    by_path(Sysno::faccessat2),
    asks_queue(Sysno::epoll_pwait2, Limit::Epoll2).on_descriptor(),
    Meaning::of(Sysno::futex_waitv, Purpose::WaitsForThread, Always(Handoff))
        .limited_by(Limit::FutexWaitv),
    by_path(Sysno::fchmodat2),
    Meaning::of(Sysno::futex_wait, Purpose::WaitsForThread, Always(Handoff))
        .limited_by(Limit::FutexWait),
];

#[cfg(test)]
mod tests {
    use super::{CALLS, Limit, Outcome, Purpose};

    #[test]
    fn the_table_is_sorted_and_no_call_has_two_rows() {
        let numbers: Vec<_> = CALLS.iter().map(|row| row.number.id()).collect();
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    }

    #[test]
    fn a_row_agrees_with_itself() {
        for row in CALLS {
            let name = row.number.name();
            assert!(row.on_descriptor || !row.heeds_nonblock, "{name}");
            assert_eq!(row.purpose.asks(), row.outcome == Outcome::Events, "{name}");
            assert!(!row.purpose.asks() || row.limit != Limit::Never, "{name}");
            assert_eq!(row.purpose == Purpose::Yields, row.limit == Limit::Yield, "{name}");
            let moves = matches!(row.purpose, Purpose::Receives | Purpose::Sends);
            assert!(!moves || row.on_descriptor && row.outcome != Outcome::Success, "{name}");
        }
    }
}
