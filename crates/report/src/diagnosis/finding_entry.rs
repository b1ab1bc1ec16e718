//! Something that is wrong, or may be.
//!
//! Left out on purpose: the table of the findings that exist. A document must stay readable when
//! that table has grown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Severity, SourcePlace};

/// Something that is wrong with a thread, or may be: what was seen, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingEntry {
    /// Its code, such as `WW01`, which stays the same from version to version.
    pub code: String,
    /// Its name, such as `blocking-in-loop`.
    pub name: String,
    /// How grave it is.
    pub severity: Severity,
    /// The process; of a finding about the whole program, the first one.
    pub pid: u32,
    /// The thread; null of a finding about more than one.
    pub tid: Option<u32>,
    /// What was seen, with numbers: a sentence or two, escaped.
    pub evidence: String,
    /// What to do: a sentence or two, escaped.
    pub advice: String,
    /// How often it was seen.
    pub count: u64,
    /// How much time it cost, as the finding's own page defines it.
    pub seconds: f64,
    /// `seconds` as a share (0 to 1) of what that page names.
    pub share: f64,
    /// Where in the program, by the place that cost most; null where it could not be found out.
    pub at: Option<SourcePlace>,
    /// What the program's speed depends on instead of its I/O, the most important first; empty of a
    /// finding about I/O.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bound_by: Vec<BoundBy>,
}

/// What the speed of a program depends on that does not wait for I/O.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BoundBy {
    /// Its own computation.
    Computing,
    /// What the kernel does in its system calls: copying, path look-ups, starting processes.
    KernelWork,
    /// A lock that its threads hold in turn.
    Lock,
    /// The CPUs that it gets: its threads are ready to run and wait for one.
    Cpus,
}
