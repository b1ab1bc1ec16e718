//! The programs of `fixtures/`, each of which says in its header what must be found in it.
//!
//! Shares of time are not taken over: the tests that run a fixture look at them.

#[path = "../../../../crates/cli/tests/fixtures/header.rs"]
mod header;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use whywait_report::Severity;

use header::header;

use super::{Any, modes, pattern_of};
use crate::Failed;
use crate::corpus::CorpusError;
use crate::corpus::capture::Runner;
use crate::corpus::source::Places;
use crate::corpus::truth::{
    Difference, FindingTruth, Group, ThreadTruth, Truth, Truths, WaitTruth,
};

/// Ways in which every call is seen, from the beginning.
const WHOLE: &[&str] = &["full", "full-oldest"];

/// Ways in which only the scheduler is watched, or not from the beginning.
const ROUGH: &[&str] = &["light", "attached", "light-oldest"];

/// What stands in the header of a fixture, as far as it is true of what is said of it.
#[derive(Debug, Deserialize)]
struct Header {
    shape: Any<String>,
    #[serde(default)]
    threads: BTreeMap<String, Any<String>>,
    #[serde(default)]
    waits: Vec<Wait>,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    allowed: Vec<String>,
    #[serde(default)]
    light: Light,
    #[serde(default)]
    unseen_by_oldest: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Light {
    #[serde(default)]
    shape: Any<String>,
    #[serde(default)]
    unseen: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Wait {
    syscall: Option<String>,
    path: Option<String>,
    peer: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Finding {
    name: String,
    severity: Option<Any<Severity>>,
    evidence: Option<String>,
    function: Option<String>,
}

/// What the headers say.
pub(in crate::corpus) fn truths(places: &Places<'_>) -> Result<Truths, Failed> {
    let mut truths = Vec::new();
    for path in crate::entries(&places.root.join("fixtures"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && !name.ends_with(".md") {
            truths.push((name, truth_of(&path)?));
        }
    }
    Ok(truths)
}

/// Runs them by the test that watches them.
pub(in crate::corpus) fn run(places: &Places<'_>, runner: &Runner<'_>) -> Result<(), Failed> {
    if runner.only().is_empty() {
        return runner.test(places.root, "fixtures", &["--include-ignored"]);
    }
    for word in runner.only() {
        runner.test(places.root, "fixtures", &[word, "--include-ignored"])?;
    }
    Ok(())
}

fn truth_of(path: &Path) -> Result<Truth, Failed> {
    let text = std::fs::read_to_string(path).map_err(Failed::read(path))?;
    let fault = |what: String| CorpusError::Truth { path: path.into(), what };
    let comment = if path.extension().is_some_and(|kind| kind == "py") { "#" } else { "//" };
    let header = header(&text, comment).ok_or_else(|| fault("it has no header".to_owned()))?;
    let header: Header = toml::from_str(&header).map_err(|error| fault(error.to_string()))?;
    Ok(truth(what(&text, comment), header))
}

/// The sentence with which a fixture begins.
fn what(text: &str, comment: &str) -> String {
    let comments = text.lines().map_while(|line| line.strip_prefix(comment)).map(str::trim);
    let before = comments.take_while(|line| *line != "--- expected");
    before.collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn truth(what: String, header: Header) -> Truth {
    let Header { shape, threads, waits, findings, allowed, light, unseen_by_oldest } = header;
    let threads = threads.into_iter().map(|(group, models)| ThreadTruth {
        named: None,
        group: Some(match group.as_str() {
            "main" => Group::Main,
            "others" => Group::Others,
            _ => Group::Children,
        }),
        models: models.all(),
        at_least: None,
        modes: modes(WHOLE),
    });
    let waits = waits.into_iter().map(|wait| WaitTruth {
        syscall: wait.syscall.map(|name| format!("^{}$", fancy_regex::escape(&name))),
        on: wait.peer.or(wait.path).map(|text| format!("{}$", pattern_of(&text))),
        count: None,
        seconds: None,
        tolerance: None,
        modes: modes(WHOLE),
    });
    // One that is seen although it need not be is not false.
    let names = findings.iter().map(|finding| finding.name.clone()).collect();
    let mut wanted = Vec::new();
    for finding in findings {
        let grades = finding.severity.map(Any::all).unwrap_or_default();
        let is_seen_roughly =
            grades.contains(&Severity::High) && !light.unseen.contains(&finding.name);
        let whole = if unseen_by_oldest.contains(&finding.name) { &WHOLE[..1] } else { WHOLE };
        let blank =
            FindingTruth { names: vec![finding.name], modes: modes(ROUGH), ..FindingTruth::any() };
        if is_seen_roughly {
            wanted.push(blank.clone());
        }
        wanted.push(FindingTruth {
            least: grades.iter().copied().max().unwrap_or(Severity::Info),
            most: grades.into_iter().min(),
            evidence: finding.evidence.iter().map(|text| pattern_of(text)).collect(),
            function: finding.function,
            modes: modes(whole),
            ..blank
        });
    }
    Truth {
        what,
        shapes: shape.all(),
        false_from: Some(Severity::Info),
        allowed,
        threads: threads.collect(),
        findings: wanted,
        waits: waits.collect(),
        differs: vec![Difference {
            modes: modes(ROUGH),
            shapes: light.shape.all(),
            false_from: Some(Severity::High),
            allowed: names,
        }],
        ..Truth::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{header, truth, what};

    #[test]
    fn a_grave_finding_is_wanted_in_every_mode_unless_light_cannot_see_it() {
        let text = "# Waits\n# twice.\n#\n# --- expected\n# shape = \"blocking\"\n\
                      # findings = [{ name = \"a\", severity = \"high\" }, { name = \"b\" },\n\
                      #     { name = \"c\", severity = \"high\" }]\n\
                      # light.unseen = [\"c\"]\n# ---\nimport os\n";
        let header = header(text, "#").expect("it has one");
        let truth = truth(what(text, "#"), toml::from_str(&header).expect("it is a header"));
        assert_eq!(truth.what, "Waits twice.");
        let wanted = |mode: &str| -> Vec<String> {
            truth.in_mode(mode).findings.into_iter().flat_map(|one| one.names).collect()
        };
        assert_eq!(wanted("full"), ["a", "b", "c"]);
        assert_eq!(wanted("light"), ["a"]);
    }
}
