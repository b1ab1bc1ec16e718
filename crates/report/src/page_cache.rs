//! Whether the work on files met the disk, or the page cache alone.
//!
//! A file that was read or written lately is in memory, and a write ends there too, unless a step
//! waits for the device. What is measured then is system calls and copies, not the disk.
//!
//! Left out on purpose: when the kernel writes to the device later, for which no flow waits.

use crate::{Comparison, Run, Spread};

/// A run whose files were read from storage to less than this share read them from the page cache.
const FROM_DISK: f64 = 0.05;

/// What the flows of a run did with files, as far as the disk is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FileTraffic {
    /// Bytes that the flows read, bodies that were downloaded included.
    pub(crate) read_bytes: f64,
    /// Bytes that the flows wrote to files.
    pub(crate) written_bytes: f64,
    /// Bytes that were read from storage.
    pub(crate) disk_bytes: f64,
}

impl FileTraffic {
    /// Of a measured run of a plan that works on files; `None` of any other.
    pub(crate) fn of(comparison: &Comparison, run: &Run) -> Option<Self> {
        let disk_bytes = run.is_ok().then_some(run.measures.disk_read_bytes?.median)?;
        let moved = |name| run.metric(name).map_or(0.0, |Spread { median, .. }| median);
        let (read_bytes, written_bytes) = (moved("read_bytes"), moved("written_bytes"));
        let works_on_files = comparison.plan.file_steps > 0;
        works_on_files.then_some(Self { read_bytes, written_bytes, disk_bytes })
    }

    /// Whether the files were read from the page cache, or not read at all.
    pub(crate) fn missed_the_disk(&self) -> bool {
        self.disk_bytes <= FROM_DISK * self.read_bytes.max(self.written_bytes)
    }
}
