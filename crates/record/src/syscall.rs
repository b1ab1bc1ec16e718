//! System calls by their numbers.
//!
//! Left out on purpose: systems other than x86-64, which whywait does not watch yet.

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
    use super::{Syscall, Sysno};

    #[test]
    fn calls_have_the_kernels_names() {
        assert_eq!(Syscall(232).name(), "epoll_wait");
        assert_eq!(Syscall::of(Sysno::read), Syscall(0));
        assert_eq!(Syscall(1023).name(), "syscall 1023");
    }
}
