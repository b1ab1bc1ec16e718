//! Addresses of a process, and the files that they are in.
//!
//! Left out on purpose: names; see `naming`.

use super::RawStack;
use super::objects::ObjectId;

/// The calls that led to one moment, as addresses in files, innermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocatedStack {
    pub(super) locations: Vec<Location>,
}

/// An address of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// In the process.
    pub(super) address: u64,
    /// In which file; none of code made at run time, and where the file cannot be read.
    pub(super) within: Option<Within>,
}

/// An address of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Within {
    /// Which.
    pub(super) object: ObjectId,
    /// Whether the file is the program's own and not a library of the system or an interpreter.
    pub(super) own: bool,
    /// The address of the instruction that made the call, as the file counts.
    pub(super) address: u64,
}

impl LocatedStack {
    /// What is left of a stack whose process is gone.
    pub(super) fn without_files(raw: &RawStack) -> Self {
        let beyond = raw.frames.iter().copied().filter(|address| *address != raw.instruction);
        let addresses = std::iter::once(raw.instruction).chain(beyond);
        let locations = addresses.map(|address| Location { address, within: None });
        Self { locations: locations.collect() }
    }

    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.locations.is_empty()
    }
}
