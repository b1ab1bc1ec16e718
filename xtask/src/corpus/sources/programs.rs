//! Programs that other people wrote, each under a load, run by a program of its own.

use serde::Deserialize;
use whywait_insight::FINDINGS;
use whywait_report::Severity;

use super::{Any, read};
use crate::Failed;
use crate::corpus::capture::Runner;
use crate::corpus::source::Places;
use crate::corpus::truth::{FindingTruth, ThreadTruth, Truth, Truths, VerdictTruth};

/// A file of `cases/`, as far as it is about the truth.
#[derive(Debug, Deserialize)]
struct Program {
    name: String,
    what: String,
    truth: ProgramTruth,
}

#[derive(Debug, Deserialize)]
struct ProgramTruth {
    shapes: Vec<String>,
    #[serde(default)]
    dominates: Any<String>,
    #[serde(default)]
    not_verdict: Any<String>,
    #[serde(default)]
    findings_required: Vec<String>,
    #[serde(default)]
    findings_allowed: Vec<String>,
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
struct Model {
    r#match: String,
    model: Any<String>,
    at_least: Option<u64>,
}

/// What its files say.
pub(in crate::corpus) fn truths(places: &Places<'_>) -> Result<Truths, Failed> {
    let files = crate::entries(&places.in_source("cases"))?;
    let files = files.iter().filter(|path| path.extension().is_some_and(|kind| kind == "toml"));
    files.map(|path| read::<Program>(path).map(|one| (one.name.clone(), truth(one)))).collect()
}

/// Runs each of them by their runner.
pub(in crate::corpus) fn run(places: &Places<'_>, runner: &Runner<'_>) -> Result<(), Failed> {
    for (name, _) in truths(places)? {
        runner.run(&places.in_source("run"), &name, None, &["--only", &name])?;
    }
    Ok(())
}

fn truth(program: Program) -> Truth {
    let Program { what, truth, .. } = program;
    let threads = truth.models.into_iter().map(|model| ThreadTruth {
        named: Some(model.r#match),
        group: None,
        models: model.model.all(),
        at_least: Some(model.at_least.unwrap_or(1)),
        modes: Vec::new(),
    });
    // Letters of either case are the same.
    let any_case = |pattern: String| Some(format!("(?i){pattern}"));
    let verdict = VerdictTruth { says: None, says_not: None, modes: Vec::new() };
    let says = truth
        .dominates
        .all()
        .into_iter()
        .map(|pattern| VerdictTruth { says: any_case(pattern), ..verdict.clone() });
    let says_not = truth
        .not_verdict
        .all()
        .into_iter()
        .map(|pattern| VerdictTruth { says_not: any_case(pattern), ..verdict.clone() });
    // One that is required in one mode is allowed in the others.
    let allowed = truth.findings_allowed.iter().chain(&truth.findings_required);
    Truth {
        what,
        shapes: truth.shapes,
        verdict: says.chain(says_not).collect(),
        false_from: Some(Severity::Warn),
        allowed: allowed.map(|text| name_of(text)).collect(),
        threads: threads.collect(),
        findings: truth.findings_required.iter().map(|text| required(text)).collect(),
        ..Truth::default()
    }
}

/// A finding that is required, as `CODE[:SEVERITY][@MODE]`.
fn required(text: &str) -> FindingTruth {
    let (what, mode) = text.split_once('@').map_or((text, None), |(what, mode)| (what, Some(mode)));
    let least = match what.split_once(':').map(|(_, severity)| severity) {
        Some("info") => Severity::Info,
        Some("high") => Severity::High,
        _ => Severity::Warn,
    };
    FindingTruth {
        names: vec![name_of(what)],
        least,
        modes: mode.map(str::to_owned).into_iter().collect(),
        ..FindingTruth::any()
    }
}

/// The name of a finding with that code, which may have more after it; the code of one that this
/// build does not have.
fn name_of(text: &str) -> String {
    let code = text.split([':', '@']).next().unwrap_or(text);
    let row = FINDINGS.iter().find(|row| row.code == code);
    row.map_or(code, |row| row.name).to_owned()
}

#[cfg(test)]
mod tests {
    use whywait_report::Severity;

    use super::required;

    #[test]
    fn a_required_finding_has_a_severity_and_a_mode() {
        let plain = required("WW07");
        assert_eq!((plain.least, plain.modes.len()), (Severity::Warn, 0));
        assert_eq!(plain.names, ["sync-per-write"]);
        let detailed = required("WW99:info@full");
        assert_eq!(
            (detailed.least, &detailed.modes[..]),
            (Severity::Info, &["full".to_owned()][..])
        );
        assert_eq!(detailed.names, ["WW99"]);
    }
}
