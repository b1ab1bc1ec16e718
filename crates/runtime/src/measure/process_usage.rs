//! What one process has used.

use std::ops::{AddAssign, Sub};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

/// CPU and context switches of a process: `getrusage(2)` of `RUSAGE_SELF`, which counts all its
/// threads, helpers and io_uring's kernel threads included, ended ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessUsage {
    /// CPU in user mode. The kernel estimates the split; only the sum with `cpu_system` is exact.
    pub cpu_user: Duration,
    /// CPU in the kernel.
    pub cpu_system: Duration,
    /// Times that a thread gave up its CPU to wait.
    pub voluntary_switches: u64,
    /// Times that a thread was made to give up its CPU.
    pub involuntary_switches: u64,
    /// Bytes that storage had to be read for; what the page cache had is not in it.
    pub disk_read_bytes: u64,
}

/// Bytes of a block as `ru_inblock` counts them, whatever the filesystem's are.
const BLOCK_BYTES: u64 = 512;

impl ProcessUsage {
    /// The calling process's, since it was started.
    #[must_use]
    pub fn now() -> Self {
        // The only errors of getrusage(2) are a bad address and a bad `who`.
        let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage of the own process");
        Self {
            cpu_user: duration(usage.user_time()),
            cpu_system: duration(usage.system_time()),
            voluntary_switches: usage.voluntary_context_switches() as u64,
            involuntary_switches: usage.involuntary_context_switches() as u64,
            disk_read_bytes: usage.block_reads() as u64 * BLOCK_BYTES,
        }
    }

    /// CPU in both modes, which the kernel measures.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.cpu_user + self.cpu_system
    }

    /// The later of two of one process: none of the numbers ever falls.
    pub(crate) fn later(self, other: Self) -> Self {
        Self {
            cpu_user: self.cpu_user.max(other.cpu_user),
            cpu_system: self.cpu_system.max(other.cpu_system),
            voluntary_switches: self.voluntary_switches.max(other.voluntary_switches),
            involuntary_switches: self.involuntary_switches.max(other.involuntary_switches),
            disk_read_bytes: self.disk_read_bytes.max(other.disk_read_bytes),
        }
    }
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}

impl AddAssign for ProcessUsage {
    fn add_assign(&mut self, other: Self) {
        self.cpu_user += other.cpu_user;
        self.cpu_system += other.cpu_system;
        self.voluntary_switches += other.voluntary_switches;
        self.involuntary_switches += other.involuntary_switches;
        self.disk_read_bytes += other.disk_read_bytes;
    }
}

impl Sub for ProcessUsage {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            cpu_user: self.cpu_user.saturating_sub(earlier.cpu_user),
            cpu_system: self.cpu_system.saturating_sub(earlier.cpu_system),
            voluntary_switches: self.voluntary_switches - earlier.voluntary_switches,
            involuntary_switches: self.involuntary_switches - earlier.involuntary_switches,
            disk_read_bytes: self.disk_read_bytes - earlier.disk_read_bytes,
        }
    }
}
