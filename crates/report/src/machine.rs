//! Where the comparison ran.
//!
//! Left out on purpose: names of hosts and users, which a report that is passed on should not
//! carry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine that the comparison ran on, as far as it bears on the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The kernel's name and release, as `uname -sr` prints them.
    pub kernel: String,
    /// CPUs that the process may use: its affinity and its cgroup's quota, rounded up.
    pub cpus: u64,
    /// The CPU's name as the system tells it; null where it does not.
    pub cpu_model: Option<String>,
    /// Bytes of memory that the machine has.
    pub memory_bytes: u64,
    /// The type of the filesystem that holds the working files, as `/proc/mounts` names it.
    pub filesystem: String,
    /// The directory in which the working files were made.
    pub directory: String,
    /// Whether a process may set up an io_uring here.
    pub io_uring: bool,
}
