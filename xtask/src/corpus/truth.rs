//! What is true of a program, in one format for all of them.
//!
//! It comes from the program's own documentation or source, never from what whywait says of it.

use std::collections::BTreeMap;
use std::path::Path;

use fancy_regex::Regex;
use serde::{Deserialize, Serialize};
use whywait_report::Severity;

use super::CorpusError;
use crate::Failed;

/// What is true of programs, by their names.
pub(super) type Truths = Vec<(String, Truth)>;

/// What a program, or its load, measured itself, by name.
pub(super) type Known = BTreeMap<String, f64>;

/// What is true of a program: a file `truth.toml` beside its records.
///
/// Names of shapes, models and findings may be ones that this build does not have yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Truth {
    /// The program, in a sentence.
    pub(super) what: String,
    /// Its shape: any of these; not judged if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shapes: Vec<String>,
    /// Findings that are neither wanted nor allowed are false from this severity on; none is if it
    /// is not said.
    pub(super) false_from: Option<Severity>,
    /// Names of findings that may be there or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allowed: Vec<String>,
    /// The models of its threads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) threads: Vec<ThreadTruth>,
    /// Findings that must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) findings: Vec<FindingTruth>,
    /// Findings that must not be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) forbidden: Vec<ForbiddenFinding>,
    /// Waits that must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) waits: Vec<WaitTruth>,
    /// What the verdict must say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) verdict: Vec<VerdictTruth>,
    /// What differs in some modes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) differs: Vec<Difference>,
    /// What the program, or its load, measured itself, by the record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) known: BTreeMap<String, Known>,
}

/// The model of some threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThreadTruth {
    /// Those whose name, whose program's name or whose command matches this; any if it is not said.
    pub(super) named: Option<String>,
    /// Those of this group; any if it is not said.
    pub(super) group: Option<Group>,
    /// Their model: any of these.
    pub(super) models: Vec<String>,
    /// How many must have it; all of them if it is not said.
    pub(super) at_least: Option<u64>,
    /// In these modes; in all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) modes: Vec<String>,
}

/// Threads by their place in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Group {
    /// The first one of the first process.
    Main,
    /// All others of the first process.
    Others,
    /// The first ones of all other processes.
    Children,
}

/// A finding that must be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingTruth {
    /// Its name: any of these.
    pub(super) names: Vec<String>,
    /// How grave it is, at least.
    pub(super) least: Severity,
    /// How grave it is, at most.
    pub(super) most: Option<Severity>,
    /// Its `count`.
    pub(super) count: Option<Number>,
    /// Its `seconds`.
    pub(super) seconds: Option<Number>,
    /// Its `count` for each second that was watched.
    pub(super) per_second: Option<f64>,
    /// Its `seconds` for each second that was watched.
    pub(super) part: Option<f64>,
    /// How far these numbers may be off, as a share.
    pub(super) tolerance: Option<f64>,
    /// What its evidence must match, each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) evidence: Vec<String>,
    /// Where in the program it must have been found, as `FILE:LINE`: any of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lines: Vec<String>,
    /// In which function it must have been found.
    pub(super) function: Option<String>,
    /// In these modes; in all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) modes: Vec<String>,
}

impl FindingTruth {
    /// Any finding, in any mode.
    pub(super) fn any() -> Self {
        Self {
            names: Vec::new(),
            least: Severity::Info,
            most: None,
            count: None,
            seconds: None,
            per_second: None,
            part: None,
            tolerance: None,
            evidence: Vec::new(),
            lines: Vec::new(),
            function: None,
            modes: Vec::new(),
        }
    }
}

/// A number, or the name of one that the program measured itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    /// It is the same in each run.
    Fixed(f64),
    /// In [`Truth::known`].
    Known(String),
}

/// A finding that must not be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForbiddenFinding {
    /// Its name: any of these.
    pub(super) names: Vec<String>,
    /// From this severity on.
    pub(super) least: Severity,
    /// In these modes; in all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) modes: Vec<String>,
}

/// A wait that must be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitTruth {
    /// What the system call's name matches; any if it is not said.
    pub(super) syscall: Option<String>,
    /// What its peer or its path matches; any if it is not said.
    pub(super) on: Option<String>,
    /// How many calls slept so.
    pub(super) count: Option<Number>,
    /// How long these took.
    pub(super) seconds: Option<Number>,
    /// How far these numbers may be off, as a share.
    pub(super) tolerance: Option<f64>,
    /// In these modes; in all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) modes: Vec<String>,
}

/// What the verdict must say, or must not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictTruth {
    /// What it must match.
    pub(super) says: Option<String>,
    /// What it must not match.
    pub(super) says_not: Option<String>,
    /// In these modes; in all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) modes: Vec<String>,
}

/// What is different in some modes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// In which.
    pub(super) modes: Vec<String>,
    /// Instead of [`Truth::shapes`], if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shapes: Vec<String>,
    /// Instead of [`Truth::false_from`].
    pub(super) false_from: Option<Severity>,
    /// Beside [`Truth::allowed`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allowed: Vec<String>,
}

impl Truth {
    /// # Errors
    /// If the file cannot be read, or is none that can be understood.
    pub(super) fn read(path: &Path) -> Result<Self, Failed> {
        let text = std::fs::read_to_string(path).map_err(Failed::read(path))?;
        let fault = |what: String| CorpusError::Truth { path: path.to_owned(), what };
        let truth: Self = toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
        for pattern in truth.patterns() {
            Regex::new(pattern).map_err(|error| fault(error.to_string()))?;
        }
        Ok(truth)
    }

    /// All that is a regular expression.
    fn patterns(&self) -> impl Iterator<Item = &String> {
        let names = self.threads.iter().filter_map(|threads| threads.named.as_ref());
        let evidence = self.findings.iter().flat_map(|finding| &finding.evidence);
        let waits = self.waits.iter().flat_map(|wait| wait.syscall.iter().chain(&wait.on));
        let verdict = self.verdict.iter().flat_map(|one| one.says.iter().chain(&one.says_not));
        verdict.chain(names).chain(evidence).chain(waits)
    }

    /// What is true in a mode.
    pub(super) fn in_mode(&self, mode: &str) -> Self {
        let mut truth = self.clone();
        truth.threads.retain(|threads| is_in(&threads.modes, mode));
        truth.findings.retain(|finding| is_in(&finding.modes, mode));
        truth.forbidden.retain(|finding| is_in(&finding.modes, mode));
        truth.waits.retain(|wait| is_in(&wait.modes, mode));
        truth.verdict.retain(|one| is_in(&one.modes, mode));
        for Difference { modes, shapes, false_from, allowed } in std::mem::take(&mut truth.differs)
        {
            if is_in(&modes, mode) {
                truth.false_from = false_from.or(truth.false_from);
                truth.allowed.extend(allowed);
                if !shapes.is_empty() {
                    truth.shapes = shapes;
                }
            }
        }
        truth
    }
}

/// Whether something holds in a mode.
fn is_in(modes: &[String], mode: &str) -> bool {
    modes.is_empty() || modes.iter().any(|one| one == mode)
}
