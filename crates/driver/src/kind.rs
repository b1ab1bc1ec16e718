//! The table of the drivers.

use std::fmt;
use std::io;

use crate::readiness::{Epoll, Poll, Readiness, Select, Spin};
use crate::{Blocking, Config, Driver, Offload, Uring};

/// A driver that can be opened by name: a row of [`DRIVERS`].
#[derive(Debug)]
pub struct DriverKind {
    /// The driver's name, as reports show it.
    pub name: &'static str,
    /// How it waits, in one sentence.
    pub summary: &'static str,
    /// Whether ops in progress overlap on one worker.
    pub overlaps: bool,
    /// Threads that carry out what would block the worker, at most.
    pub helpers: fn(&Config) -> usize,
    /// What it needs of the system, and who may have forbidden it.
    pub needs: &'static str,
    opener: fn(&Config) -> io::Result<Box<dyn Driver>>,
}

/// Every driver that one worker can wait with, by name.
///
/// `Simulated` is not here: it needs a seed, and no program waits with it.
pub const DRIVERS: &[DriverKind] = &[
    DriverKind {
        name: "blocking",
        summary: "makes the call and waits inside it",
        overlaps: false,
        helpers: |_| 0,
        needs: "nothing",
        opener: |config| Ok(Box::new(Blocking::open(config))),
    },
    DriverKind {
        name: "offload",
        summary: "hands the call to a helper thread and waits for that one result",
        overlaps: false,
        helpers: |_| 1,
        needs: "nothing",
        opener: |config| Ok(Box::new(Offload::open(config))),
    },
    DriverKind {
        name: "spin",
        summary: "tries every call again and again, and never sleeps",
        overlaps: true,
        helpers: |_| 0,
        needs: "a free descriptor",
        opener: |config| Ok(Box::new(Readiness::<Spin>::open(config)?)),
    },
    DriverKind {
        name: "select",
        summary: "waits in select(2) for up to 1024 descriptors, then makes the calls",
        overlaps: true,
        helpers: |config| config.helpers,
        needs: "a notifier below FD_SETSIZE, 1024",
        opener: |config| Ok(Box::new(Readiness::<Select>::open(config)?)),
    },
    DriverKind {
        name: "poll",
        summary: "waits in poll(2), which goes through all descriptors, then makes the calls",
        overlaps: true,
        helpers: |config| config.helpers,
        needs: "a free descriptor",
        opener: |config| Ok(Box::new(Readiness::<Poll>::open(config)?)),
    },
    DriverKind {
        name: "epoll",
        summary: "waits in epoll_pwait2(2), which tells what changed, then makes the calls",
        overlaps: true,
        helpers: |config| config.helpers,
        needs: "epoll_pwait2(2), of Linux 5.11",
        opener: |config| Ok(Box::new(Readiness::<Epoll>::open(config)?)),
    },
    DriverKind {
        name: "uring",
        summary: "hands the work to the kernel and takes the results",
        overlaps: true,
        helpers: |_| 0,
        needs: "io_uring_setup(2), which kernel.io_uring_disabled or a seccomp filter, such as a container's, may forbid",
        opener: |config| Ok(Box::new(Uring::open(config)?)),
    },
];

impl DriverKind {
    /// The row of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        DRIVERS.iter().find(|kind| kind.name == name)
    }

    /// Opens a driver of this kind on the calling thread.
    ///
    /// # Errors
    /// [`Unavailable`] when the kernel, or who runs it, does not allow it here.
    pub fn open(&'static self, config: &Config) -> Result<Box<dyn Driver>, Unavailable> {
        (self.opener)(config).map_err(|source| Unavailable { driver: self, source })
    }
}

impl PartialEq for DriverKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for DriverKind {}

/// A driver that cannot be opened here, and why.
#[derive(thiserror::Error)]
#[error("the {} driver cannot run here: {source}; it needs {}", driver.name, driver.needs)]
pub struct Unavailable {
    /// The driver.
    pub driver: &'static DriverKind,
    /// What the system said.
    pub source: io::Error,
}

/// As `Display`: what `main` returns is printed by `Debug`.
impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
