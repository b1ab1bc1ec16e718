//! A thread that was watched.
//!
//! Left out on purpose: its waits, which the document has in one list, by length.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CallCount, LedgerSeconds, SwitchCount, ThreadModel};

/// A thread that was watched, or several of one process that did alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadEntry {
    /// Its number, in whywait's namespace; of several, the first one's.
    pub tid: u32,
    /// Its name (`comm`), as the program had it; of several with different names, what these begin
    /// with and `*`.
    pub name: String,
    /// How many threads it stands for: 1, or more of threads that did alike. Times and counts are
    /// then sums.
    pub alike: u64,
    /// Which I/O model it uses.
    pub model: ThreadModel,
    /// How sure that is, from 0 to 1: the lower bound of how often the rule that decided is right.
    pub confidence: f64,
    /// Why it is uncertain: a sentence, escaped; null where it is not.
    #[serde(default)]
    pub doubt: Option<String>,
    /// What speaks for it: a sentence or two, escaped.
    pub evidence: String,
    /// How long it was watched.
    pub lived_s: f64,
    /// Where that time went.
    pub ledger_s: LedgerSeconds,
    /// How often it left a CPU.
    pub switches: SwitchCount,
    /// Its calls, by the kernel's name of the system call; empty in light detail, which does not
    /// count them.
    pub calls: BTreeMap<String, CallCount>,
}
