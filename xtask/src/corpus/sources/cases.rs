//! Problems that were reported in public, each a small program, run by a program of their own.

use serde::Deserialize;
use whywait_report::Severity;

use super::{Any, modes, read};
use crate::Failed;
use crate::corpus::capture::Runner;
use crate::corpus::source::Places;
use crate::corpus::truth::{
    Difference, FindingTruth, ForbiddenFinding, Number, Truth, Truths, VerdictTruth, WaitTruth,
};

/// A file `case.toml`, as far as it is about the truth.
#[derive(Debug, Deserialize)]
struct Case {
    title: String,
    #[serde(default = "full")]
    modes: Vec<String>,
    fixed: Option<String>,
    #[serde(default)]
    fixed_allows: Vec<String>,
    #[serde(default)]
    healthy: bool,
    #[serde(default)]
    want: Vec<Want>,
    #[serde(default)]
    forbid: Vec<Forbid>,
    #[serde(default)]
    wait: Vec<Wait>,
    #[serde(default)]
    verdict: Any<String>,
    #[serde(default)]
    not_verdict: Any<String>,
}

#[derive(Debug, Deserialize)]
struct Want {
    finding: Any<String>,
    least: Option<Severity>,
    count: Option<Number>,
    seconds: Option<Number>,
    rate: Option<f64>,
    part: Option<f64>,
    tolerance: Option<f64>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    line: Any<String>,
    modes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Forbid {
    finding: Any<String>,
    least: Option<Severity>,
    modes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Wait {
    syscall: Option<String>,
    on: Option<String>,
    count: Option<Number>,
    seconds: Option<Number>,
    tolerance: Option<f64>,
    modes: Option<Vec<String>>,
}

fn full() -> Vec<String> {
    modes(&["full"])
}

/// What its files say.
pub(in crate::corpus) fn truths(places: &Places<'_>) -> Result<Truths, Failed> {
    Ok(cases(places)?.into_iter().map(|(name, case)| (name, truth(case))).collect())
}

/// Runs each of them in each of its modes by their runner.
pub(in crate::corpus) fn run(places: &Places<'_>, runner: &Runner<'_>) -> Result<(), Failed> {
    for (name, case) in cases(places)? {
        let fixed = case.fixed.map(|_| "fixed".to_owned());
        for mode in case.modes.iter().chain(&fixed) {
            runner.run(&places.in_source("run"), &name, Some(mode), &["--modes", mode, &name])?;
        }
    }
    Ok(())
}

fn cases(places: &Places<'_>) -> Result<Vec<(String, Case)>, Failed> {
    let mut cases = Vec::new();
    for folder in crate::entries(places.source)? {
        let path = folder.join("case.toml");
        if path.exists() {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            cases.push((name, read(&path)?));
        }
    }
    Ok(cases)
}

fn truth(case: Case) -> Truth {
    let broken = case.modes;
    let in_modes = |modes: Option<Vec<String>>| modes.unwrap_or_else(|| broken.clone());
    let waits = case.wait.iter().flat_map(|wait| waits(wait, in_modes(wait.modes.clone())));
    let verdict = |says: Option<&String>, says_not: Option<&String>| VerdictTruth {
        says: says.map(|text| filled(text)),
        says_not: says_not.map(|text| filled(text)),
        modes: broken.clone(),
    };
    let says: Vec<_> = case.verdict.all().iter().map(|text| verdict(Some(text), None)).collect();
    let says_not: Vec<_> =
        case.not_verdict.all().iter().map(|text| verdict(None, Some(text))).collect();
    let forbidden = case.forbid.into_iter().map(|forbid| ForbiddenFinding {
        names: forbid.finding.all(),
        least: forbid.least.unwrap_or(Severity::Warn),
        modes: in_modes(forbid.modes),
    });
    let findings = case.want.into_iter().flat_map(|want| {
        let modes = in_modes(want.modes.clone());
        wanted(&want, modes)
    });
    let fixed = Difference {
        modes: modes(&["fixed"]),
        false_from: Some(Severity::Warn),
        allowed: case.fixed_allows,
        ..Difference::default()
    };
    Truth {
        what: case.title,
        verdict: [says, says_not].concat(),
        false_from: case.healthy.then_some(Severity::Warn),
        findings: findings.collect(),
        forbidden: forbidden.collect(),
        waits: waits.collect(),
        differs: case.fixed.map(|_| fixed).into_iter().collect(),
        ..Truth::default()
    }
}

/// A finding that is wanted: in mode `full` with its numbers, in others with what they are for each
/// second.
fn wanted(want: &Want, modes: Vec<String>) -> Vec<FindingTruth> {
    let (whole, rest): (Vec<_>, Vec<_>) = modes.into_iter().partition(|mode| mode == "full");
    let blank = FindingTruth {
        names: want.finding.clone().all(),
        least: want.least.unwrap_or(Severity::Info),
        tolerance: want.tolerance,
        evidence: want.evidence.iter().map(|text| filled(text)).collect(),
        lines: want.line.clone().all(),
        ..FindingTruth::any()
    };
    let whole = FindingTruth {
        count: want.count.as_ref().map(number),
        seconds: want.seconds.as_ref().map(number),
        modes: whole,
        ..blank.clone()
    };
    let rest = FindingTruth { per_second: want.rate, part: want.part, modes: rest, ..blank };
    [whole, rest].into_iter().filter(|one| !one.modes.is_empty()).collect()
}

/// A wait that must be there: in mode `full` with its numbers.
fn waits(wait: &Wait, modes: Vec<String>) -> Vec<WaitTruth> {
    let (whole, rest): (Vec<_>, Vec<_>) = modes.into_iter().partition(|mode| mode == "full");
    let rest = WaitTruth {
        syscall: wait.syscall.clone(),
        on: wait.on.as_ref().map(|text| filled(text)),
        count: None,
        seconds: None,
        tolerance: wait.tolerance,
        modes: rest,
    };
    let whole = WaitTruth {
        count: wait.count.as_ref().map(number),
        seconds: wait.seconds.as_ref().map(number),
        modes: whole,
        ..rest.clone()
    };
    [whole, rest].into_iter().filter(|one| !one.modes.is_empty()).collect()
}

/// A number; `known:NAME` is one that the program printed.
fn number(number: &Number) -> Number {
    match number {
        Number::Fixed(number) => Number::Fixed(*number),
        Number::Known(text) => {
            Number::Known(text.strip_prefix("known:").unwrap_or(text).to_owned())
        }
    }
}

/// A regular expression in which `{n:4}` stands for the number 4 as a count, and other names for
/// what is only known once the program runs.
fn filled(pattern: &str) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, name)) = rest.split_once('{')
        && let Some((name, after)) = name.split_once('}')
    {
        filled.push_str(before);
        match name.strip_prefix("n:") {
            Some(number) => {
                let before = r"(?<![\d.,])";
                let after = r"(?![.,]?\d)(?! ?(?:(?:ns|µs|ms|s|min)\b|%))";
                filled.push_str(&format!("{before}{number}{after}"));
            }
            None if name.starts_with(|letter: char| letter.is_ascii_digit()) => {
                filled.push_str(&format!("{{{name}}}"));
            }
            None => filled.push_str(r"\S+"),
        }
        rest = after;
    }
    // A port is a number, and nothing else stands after an address.
    (filled + rest).replace(r":\S+", r":\d+")
}

#[cfg(test)]
mod tests {
    use fancy_regex::Regex;

    use super::filled;

    #[test]
    fn a_count_is_no_part_of_another_number() {
        let pattern = Regex::new(&filled("{n:4}")).expect("a pattern");
        for text in ["4 times", "it woke 4.", "4, of which"] {
            assert!(pattern.is_match(text).expect("it ends"), "{text}");
        }
        for text in ["14 times", "4.5 s", "40", "4 ms", "4 %", "4s"] {
            assert!(!pattern.is_match(text).expect("it ends"), "{text}");
        }
    }

    #[test]
    fn a_peer_is_any_port() {
        let pattern = Regex::new(&filled(r"127\.0\.0\.1:{peer}")).expect("a pattern");
        assert!(pattern.is_match("with 127.0.0.1:4242").expect("it ends"));
        assert_eq!(filled(r"\d{2,3}"), r"\d{2,3}");
    }
}
