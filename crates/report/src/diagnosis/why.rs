//! Why threads, and the program as a whole, are called what they are: `--why`.
//!
//! What the rules and facts are is for `insight` to say; here is what they came to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why threads, and the program as a whole, are called what they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// What each fact is.
    pub definitions: Vec<FactDefinition>,
    /// Each thread and the program, as far as asked for. Of alike threads that are one entry of
    /// `processes`, the first.
    pub explained: Vec<Explained>,
}

/// What a fact is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactDefinition {
    /// Its name, such as `iterations`.
    pub fact: String,
    /// What it is, in a sentence.
    pub definition: String,
    /// What its number counts, and the bounds of tests on it.
    pub unit: FactUnit,
}

/// What the number of a fact counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactUnit {
    /// Things or events.
    Count,
    /// Seconds.
    Seconds,
    /// A part of a whole, 0 to 1.
    Share,
    /// How much of one thing there is for each of another.
    Ratio,
    /// 1 if it holds, 0 if it does not.
    Flag,
}

/// A thread, or the program as a whole: what is known of it, and what each rule made of that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explained {
    /// What it is about.
    pub subject: Subject,
    /// What it is called: the model of a thread, the shape of a program.
    pub called: String,
    /// The rule that decided; null where none did.
    pub decided_by: Option<String>,
    /// The rule that matches best of those that say something else; null where none does.
    pub runner_up: Option<String>,
    /// How sure it is, 0 to 1; null where that was not measured.
    pub confidence: Option<f64>,
    /// Why it is uncertain, or on how little evidence it rests: sentences, escaped. Empty where
    /// there is nothing to say.
    pub remarks: Vec<String>,
    /// What is known of it.
    pub facts: Vec<ObservedFact>,
    /// Every rule, those that match first, best first; then those that are excluded or fail.
    pub rules: Vec<TriedRule>,
    /// Of a shape: how many threads there are of each model. Empty of a thread.
    pub models: BTreeMap<String, u64>,
}

/// What an explanation is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Subject {
    /// A thread.
    Thread {
        /// The number of its process.
        pid: u32,
        /// Its number.
        tid: u32,
        /// Its name, as the program had it.
        name: String,
    },
    /// The program as a whole.
    Shape,
}

/// A fact of a thread or of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObservedFact {
    /// Its name.
    pub fact: String,
    /// Its number; null where it is unseen, and of a ratio to nothing, which has no limit.
    pub value: Option<f64>,
    /// How it was observed.
    pub observed: Observed,
}

/// How a number was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Observed {
    /// Every event was.
    Exact,
    /// Some were: by samples, or in light detail only those that slept.
    Sampled,
    /// None could be, in this detail.
    Unseen,
}

/// A rule, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedRule {
    /// Its id, such as `epoll-loop`.
    pub rule: String,
    /// On what it rests.
    pub tier: RuleTier,
    /// What it says if it matches: a model of threads, or a shape.
    pub says: String,
    /// What became of it.
    pub outcome: RuleOutcome,
    /// By how much it matches, 0 to 1: the least of how far facts are beyond their bounds. Null
    /// where a test does not hold.
    pub margin: Option<f64>,
    /// Programs of the corpus of which it decided a thread whose truth is known.
    pub programs: u32,
    /// Those of them of which it was always right.
    pub right: u32,
    /// What it tests. All must hold.
    pub tests: Vec<TriedTest>,
    /// The exclusion that holds, as a whole; empty where none does.
    pub excluded_by: Vec<TriedTest>,
}

/// On what a rule rests, the most certain first. A matching rule of a higher tier decides before
/// those of lower ones.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RuleTier {
    /// The kernel says so.
    Kernel,
    /// Who created whom, who shares a listening socket, who lives with a connection.
    Lineage,
    /// The order and the kinds of calls.
    Protocol,
    /// Where the time went.
    Time,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleOutcome {
    /// It matches.
    Matched,
    /// Its tests hold, and an exclusion too.
    Excluded,
    /// A test does not hold, or its fact is unseen.
    Failed,
}

/// A test of a rule, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TriedTest {
    /// The fact.
    pub fact: String,
    /// Its number, as in `facts`.
    pub value: Option<f64>,
    /// What its number must be.
    pub must_be: TestComparison,
    /// The bound, in the unit of the fact; null of a flag.
    pub bound: Option<f64>,
    /// What became of it.
    pub outcome: TestOutcome,
}

/// What the number of a fact must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TestComparison {
    /// The bound or more.
    AtLeast,
    /// Less than the bound.
    Below,
    /// A flag that holds.
    Yes,
    /// A flag that does not hold.
    No,
}

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TestOutcome {
    /// It holds.
    Held,
    /// It does not.
    Failed,
    /// Its fact could not be observed.
    Unseen,
}

impl RuleTier {
    /// Its name, as the document has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Lineage => "lineage",
            Self::Protocol => "protocol",
            Self::Time => "time",
        }
    }
}
