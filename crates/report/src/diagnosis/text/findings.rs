//! What is wrong: evidence first, then what to do.
//!
//! Left out on purpose: what each finding means in general; its own page says that.

use super::naming::{place, thread_by_tid};
use crate::page::{Page, Role};
use crate::paragraph::Paragraph;
use crate::quantity::{Count, Percent, Seconds, several};
use crate::shortened::shortened;
use crate::{Diagnosis, FindingEntry, Severity, SourcePlace, WatchDetail, escaped};

/// Findings that are shown, at most; the document has all.
const MOST: usize = 10;

/// What leads the lines below a finding's name.
const INDENT: &str = "      ";

pub(super) fn write(diagnosis: &Diagnosis, page: &mut Page) {
    if diagnosis.findings.is_empty() {
        page.text(Role::Good, nothing(diagnosis.detail));
        return;
    }
    for finding in diagnosis.findings.iter().take(MOST) {
        let (severity, role) = severity(finding.severity);
        let title = format!("  {} {}", escaped(&finding.code), escaped(&finding.name));
        let title = shortened(&title, page.columns().saturating_sub(severity.len()));
        page.pieces([(role, severity), (Role::Heading, &title)]);
        below(page, Role::Quiet, INDENT, &scope(diagnosis, finding));
        below(page, Role::Plain, INDENT, &escaped(&finding.evidence));
        if let Some(at) = finding.at.as_ref().and_then(at) {
            below(page, Role::Plain, INDENT, &at);
        }
        below(page, Role::Plain, "    → ", &escaped(&finding.advice));
    }
    let rest = diagnosis.findings.len().saturating_sub(MOST);
    if rest > 0 {
        let rest = several(rest as u64, "more finding");
        page.text(Role::Quiet, &format!("… and {rest}; `--format json` has all."));
    }
}

fn below(page: &mut Page, role: Role, first: &str, text: &str) {
    page.paragraph(role, &Paragraph { first, rest: INDENT, text });
}

fn nothing(detail: WatchDetail) -> &'static str {
    match detail {
        WatchDetail::Full => "None: nothing wrong was found.",
        WatchDetail::Light => "None: nothing wrong was found, as far as light detail can see.",
    }
}

/// In four columns.
fn severity(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::High => ("high", Role::Failed),
        Severity::Warn => ("warn", Role::Warning),
        Severity::Info => ("info", Role::Quiet),
    }
}

/// Of whom it is said, how often it was seen and what it cost.
fn scope(diagnosis: &Diagnosis, finding: &FindingEntry) -> String {
    let process = (diagnosis.processes.len() > 1).then(|| format!("process {}", finding.pid));
    let thread = finding.tid.map(|tid| {
        let name = thread_by_tid(diagnosis, finding.pid, tid);
        format!("thread {name}")
    });
    let mut who = [process, thread].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if who.is_empty() {
        who = "the whole program".into();
    }
    let often = match finding.count {
        0 => String::new(),
        1 => " · once".into(),
        count => format!(" · {} times", Count(count as f64)),
    };
    let cost = match (finding.seconds > 0.0, finding.share > 0.0) {
        (false, _) => String::new(),
        (true, false) => format!(" · {}", Seconds(finding.seconds)),
        (true, true) => format!(" · {} ({})", Seconds(finding.seconds), Percent(finding.share)),
    };
    format!("{who}{often}{cost}")
}

/// The place in the program; none where nothing is known of it.
fn at(at: &SourcePlace) -> Option<String> {
    let file = at.file.as_ref().map(|file| match at.line {
        Some(line) => format!("{}:{line}", place(file)),
        None => place(file),
    });
    let function = at.function.as_ref().map(|function| place(function));
    match (function, file.or_else(|| at.object.as_ref().map(|object| place(object)))) {
        (Some(function), Some(file)) => Some(format!("at {function}, {file}")),
        (Some(only), None) | (None, Some(only)) => Some(format!("at {only}")),
        (None, None) => None,
    }
}
