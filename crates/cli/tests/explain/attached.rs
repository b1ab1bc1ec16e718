//! What is loaded in the kernel.
//!
//! Left out on purpose: whose it is, which the kernel does not tell. A test compares what it finds
//! before and after.

use std::collections::BTreeSet;

use aya::programs::loaded_programs;

use crate::processes::eventually;

/// The numbers of all programs in the kernel that have names like whywait's. Who starts a service or
/// a container has programs with other names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Programs {
    numbers: BTreeSet<u32>,
}

impl Programs {
    /// Those of this moment.
    pub(crate) fn now() -> Self {
        // One that goes while it is asked for is none.
        let numbers = loaded_programs()
            .flatten()
            .filter(|program| program.name_as_str().is_some_and(|name| name.starts_with("on_")))
            .map(|program| program.id())
            .collect();
        Self { numbers }
    }

    /// Those of them that were not there before.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self { numbers: self.numbers.difference(&before.numbers).copied().collect() }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Waits until all of them are gone; the kernel frees a program a moment after its last user.
    #[track_caller]
    pub(crate) fn expect_gone(&self) {
        let left = || Self::now().numbers.intersection(&self.numbers).count();
        eventually("the end of all programs in the kernel", || left() == 0);
    }
}
