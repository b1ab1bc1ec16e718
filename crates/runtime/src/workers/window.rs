//! The process's part of a run's cost.

use crate::measure::{Cost, ProcessStatus, ProcessUsage};

/// What the calling process used since the window was opened.
pub(super) struct UsageWindow(ProcessUsage);

impl UsageWindow {
    pub(super) fn open() -> Self {
        Self(ProcessUsage::now())
    }

    /// Adds what the process had `used` when the work was done, less what it had at the opening,
    /// and its memory. Its threads are counted by its workers, which see the helpers before they
    /// go.
    pub(super) fn close(self, cost: &mut Cost, used: ProcessUsage) {
        cost.usage += used - self.0;
        cost.peak_memory_bytes += ProcessStatus::now().peak_memory_bytes;
        cost.processes += 1;
    }
}
