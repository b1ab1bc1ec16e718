//! The process's part of a run's cost.

use super::message::UsageFrom;
use crate::measure::{Cost, ProcessStatus, ProcessUsage};

/// What the calling process used since the window was opened.
pub(crate) struct UsageWindow(ProcessUsage);

impl UsageWindow {
    pub(crate) fn open() -> Self {
        Self(ProcessUsage::now())
    }

    /// Opened now, or as if it had been when the process was started.
    pub(crate) fn open_from(from: UsageFrom) -> Self {
        match from {
            UsageFrom::Start => Self(ProcessUsage::default()),
            UsageFrom::Ready => Self::open(),
        }
    }

    /// Adds what the process had `used` when the work was done, less what it had at the opening,
    /// and its memory. Its threads are counted by its workers, which see the helpers before they
    /// go.
    pub(crate) fn close(self, cost: &mut Cost, used: ProcessUsage) {
        cost.usage += used - self.0;
        cost.peak_memory_bytes += ProcessStatus::now().peak_memory_bytes;
        cost.processes += 1;
    }
}
