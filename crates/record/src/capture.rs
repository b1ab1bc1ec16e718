//! Where and when a record was made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where, when and by which command a record was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Capture {
    /// The version of whywait that made it, such as `0.1.0`.
    pub whywait: String,
    /// The command line of whywait, program first: **escape before showing**.
    pub command: Vec<String>,
    /// When watching began, in seconds since 1970 (UTC); 0 where that is not known.
    pub began_unix_s: u64,
    /// The machine; none where it is not known.
    pub host: Option<Host>,
    /// Whether all names in the record are placeholders, see [`redact`](crate::redact()).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// How many further records are in it, if it is a sum; 0 of a record that is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub further_records: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The machine on which a record was made. It has no names of hosts or users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// The kernel's name and release, as `uname -sr` prints them.
    pub kernel: String,
    /// CPUs that whywait could use: its affinity and its cgroup's quota, rounded up.
    pub cpus: u64,
    /// The CPU's name as the system reports it; none where it does not.
    pub cpu_model: Option<String>,
    /// Memory of the machine in bytes.
    pub memory_bytes: u64,
}
