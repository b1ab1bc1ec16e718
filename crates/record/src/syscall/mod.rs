//! System calls by their numbers, and what they mean.
//!
//! The numbers are those of x86-64. A call of 32-bit code has others; such calls are counted together,
//! as [`Syscall::OTHER`], and not judged, which a report says.

mod category;
mod kernel_traits;
mod meaning;
mod table;

pub use category::Category;
pub use kernel_traits::kernel_traits;
pub use meaning::{Limit, Meaning, Outcome, Purpose, WaitsFor};
pub use table::CALLS;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use syscalls::Sysno;

/// A system call, by its number on x86-64.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Syscall(pub u16);

impl Syscall {
    /// Calls whose kinds are not told apart: the cheapest kinds of a thread that makes too many,
    /// which [`Losses::calls`](crate::Losses::calls) counts, and those of 32-bit code.
    pub const OTHER: Self = Self(1022);

    /// The kernel's name of it, such as `epoll_wait`; `syscall N` of one that is not known.
    #[must_use]
    pub fn name(self) -> String {
        self.to_string()
    }

    /// The call with that number of `syscalls`.
    #[must_use]
    pub const fn of(number: Sysno) -> Self {
        Self(number as u16)
    }

    /// The number, where it is one that this version knows; to `match` on.
    #[must_use]
    pub fn number(self) -> Option<Sysno> {
        Sysno::new(usize::from(self.0))
    }

    /// What it means; none of a call without a row in [`CALLS`].
    #[must_use]
    pub fn meaning(self) -> Option<&'static Meaning> {
        let found = CALLS.binary_search_by_key(&i32::from(self.0), |row| row.number.id());
        found.ok().map(|index| &CALLS[index])
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(self) -> Purpose {
        self.meaning().map_or(Purpose::Other, |meaning| meaning.purpose)
    }
}

impl Purpose {
    /// What a call is for that may be none, as a sleep outside calls is in none.
    #[must_use]
    pub fn of(syscall: Option<Syscall>) -> Self {
        syscall.map_or(Self::Other, Syscall::purpose)
    }
}

impl fmt::Display for Syscall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => formatter.write_str(number.name()),
            None => write!(formatter, "syscall {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Purpose, Syscall, Sysno};

    #[test]
    fn calls_have_the_kernels_names() {
        assert_eq!(Syscall(232).name(), "epoll_wait");
        assert_eq!(Syscall::of(Sysno::read), Syscall(0));
        assert_eq!(Syscall(1023).name(), "syscall 1023");
    }

    #[test]
    fn calls_are_found_in_the_table() {
        for (number, purpose) in [
            (Sysno::read, Purpose::Receives),
            (Sysno::recvmmsg, Purpose::Receives),
            (Sysno::io_getevents, Purpose::AsksQueue),
            (Sysno::epoll_wait, Purpose::AsksQueue),
            (Sysno::epoll_pwait2, Purpose::AsksQueue),
            (Sysno::poll, Purpose::AsksMany),
            (Sysno::recvmsg, Purpose::Receives),
            (Sysno::sendfile, Purpose::Sends),
            (Sysno::fdatasync, Purpose::Syncs),
            (Sysno::futex_wait, Purpose::WaitsForThread),
            (Sysno::getpid, Purpose::Other),
        ] {
            assert_eq!(Syscall::of(number).purpose(), purpose, "{number}");
        }
        assert_eq!(Syscall(1023).meaning(), None);
        assert_eq!(Purpose::of(None), Purpose::Other);
    }
}
