//! The table of the drivers.

use std::io;

use crate::{Blocking, Config, Driver};

/// A driver that can be opened by name: a row of [`DRIVERS`].
#[derive(Debug)]
pub struct DriverKind {
    /// The driver's name, as reports show it.
    pub name: &'static str,
    /// How it waits, in one sentence.
    pub summary: &'static str,
    /// Whether ops in progress overlap on one worker.
    pub overlaps: bool,
    opener: fn(&Config) -> io::Result<Box<dyn Driver>>,
}

/// Every driver that one worker can wait with, by name.
///
/// `Simulated` is not here: it needs a seed, and no program waits with it.
pub const DRIVERS: &[DriverKind] = &[DriverKind {
    name: "blocking",
    summary: "makes the call and waits inside it",
    overlaps: false,
    opener: |config| Ok(Box::new(Blocking::open(config)?)),
}];

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
        (self.opener)(config).map_err(|source| Unavailable { driver: self.name, source })
    }
}

impl PartialEq for DriverKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for DriverKind {}

/// A driver that cannot be opened here, and why.
#[derive(Debug, thiserror::Error)]
#[error("the {driver} driver cannot run here")]
pub struct Unavailable {
    /// The driver's name.
    pub driver: &'static str,
    /// What the system said.
    pub source: io::Error,
}
