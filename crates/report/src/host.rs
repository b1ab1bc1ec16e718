//! The machine that something ran on.
//!
//! Left out on purpose: names of hosts and users, which a report that is passed on should not
//! carry.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::{Bytes, several};

/// The machine that something ran on, as far as it bears on any number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// The kernel's name and release, as `uname -sr` prints them.
    pub kernel: String,
    /// CPUs that the process may use: its affinity and its cgroup's quota, rounded up.
    pub cpus: u64,
    /// The CPU's name as the system tells it; null where it does not.
    pub cpu_model: Option<String>,
    /// Bytes of memory that the machine has.
    pub memory_bytes: u64,
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} · {}", self.kernel, several(self.cpus, "CPU"))?;
        if let Some(model) = &self.cpu_model {
            write!(out, " ({model})")?;
        }
        write!(out, " · {}", Bytes(self.memory_bytes as f64))
    }
}
