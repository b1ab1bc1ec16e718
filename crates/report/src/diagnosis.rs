//! The document of a diagnosis: what was seen of a program, and what it means.
//!
//! Left out on purpose: watching and judging, and anything that must be known to read the document
//! beyond this crate's own types.

mod call_count;
#[cfg(test)]
pub(crate) mod example;
mod finding_entry;
mod ledger_seconds;
mod process_entry;
mod program;
mod quadrant;
mod schema;
mod severity;
mod shape;
mod source_place;
mod switch_count;
pub(crate) mod text;
mod thread_entry;
mod thread_model;
mod timeline;
mod wait_category;
mod wait_entry;
mod watch_cost;
mod watch_level;
mod watch_losses;
mod why;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Host;

pub use call_count::CallCount;
pub use finding_entry::{BoundBy, FindingEntry};
pub use ledger_seconds::LedgerSeconds;
pub use process_entry::ProcessEntry;
pub use program::Program;
pub use quadrant::Quadrant;
pub use schema::{DiagnosisSchema, diagnosis_schema};
pub use severity::Severity;
pub use shape::Shape;
pub use source_place::SourcePlace;
pub use switch_count::SwitchCount;
pub use thread_entry::ThreadEntry;
pub use thread_model::ThreadModel;
pub use timeline::{TimelineCutOff, TimelineEdge, TimelineInterval, TimelineState};
pub use wait_category::WaitCategory;
pub use wait_entry::WaitEntry;
pub use watch_cost::WatchCost;
pub use watch_level::{WatchBackend, WatchDetail};
pub use watch_losses::WatchLosses;
pub use why::{
    Explained, FactDefinition, FactUnit, Observed, ObservedFact, RuleOutcome, RuleTier, Subject,
    TestComparison, TestOutcome, TriedRule, TriedTest, Why,
};

/// Which I/O model a program uses, who waits in it, and what is wrong.
///
/// Strings of the watched program (names, paths, addresses, arguments) are as the program had
/// them, with bytes that are no UTF-8 replaced; who shows them on a terminal escapes them by
/// [`escaped`](crate::escaped). Sentences (`verdict`, `evidence`, `advice`) are escaped already.
///
/// Readers must ignore fields that they do not know: later versions of whywait add some without
/// changing `schema`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// What this document is, and its version.
    pub schema: DiagnosisSchema,
    /// The version of whywait that watched.
    pub whywait_version: String,
    /// The command line of the whywait that watched, program first.
    #[serde(default)]
    pub command: Vec<String>,
    /// Where it ran; null where the record does not say.
    #[serde(default)]
    pub machine: Option<Host>,
    /// What it comes to, in a sentence or two.
    pub verdict: String,
    /// How the program as a whole is built.
    pub shape: Shape,
    /// How its threads that do I/O wait; null where they do none, or differ.
    pub quadrant: Option<Quadrant>,
    /// How much was watched.
    pub detail: WatchDetail,
    /// By what.
    pub backend: WatchBackend,
    /// How long watching lasted, from when it began to when it ended.
    pub wall_s: f64,
    /// The program that was started or named on the command line.
    pub program: Program,
    /// Every process that was seen, in the order in which they were; alike ones are one.
    pub processes: Vec<ProcessEntry>,
    /// Where the threads slept, the longest first. Of very many, the last entry is the sum of all
    /// that have none.
    pub waits: Vec<WaitEntry>,
    /// What is wrong, the gravest first; empty for a healthy program.
    pub findings: Vec<FindingEntry>,
    /// What watching cost, and what it did not see.
    pub cost: WatchCost,
    /// When each thread did not run, in the order in which these times ended; empty unless it was
    /// recorded. A thread runs wherever no interval says otherwise.
    #[serde(default)]
    pub timeline: Vec<TimelineInterval>,
    /// Wakings of one watched thread by another, in order; empty unless recorded.
    #[serde(default)]
    pub edges: Vec<TimelineEdge>,
    /// Where the recording ended early; null where it has everything, or there is none.
    #[serde(default)]
    pub timeline_cut_off: Option<TimelineCutOff>,
    /// What was not watched because this kernel lacks what it takes, a sentence each; empty on a
    /// kernel that has everything.
    #[serde(default)]
    pub not_watched: Vec<String>,
    /// Why threads and the program are called what they are; only there with `--why`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}
