//! A finding before it becomes a part of a document. Its code and name are its row's.

use whywait_record::{Frame, Process, Thread};
use whywait_report::{BoundBy, FindingEntry, Severity, SourcePlace};

use crate::words::count;

/// Something that is wrong with a thread or with the program, or may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How severe it is.
    pub severity: Severity,
    /// The process.
    pub pid: u32,
    /// The thread; none of a finding about more than one.
    pub tid: Option<u32>,
    /// What threads must share with which this is the same finding: findings with equal keys become
    /// one.
    pub key: String,
    /// What was seen, escaped.
    pub evidence: String,
    /// What to do, escaped.
    pub advice: String,
    /// How often it was seen.
    pub count: u64,
    /// How much time it cost, as the finding defines it.
    pub seconds: f64,
    /// That as a share, 0 to 1.
    pub share: f64,
    /// Where in the program.
    pub at: Option<SourcePlace>,
    /// What the program's speed depends on instead of its I/O, the most important first; empty of a
    /// finding about I/O.
    pub bound_by: Vec<BoundBy>,
}

impl Finding {
    /// A finding about that thread that is still to be filled in.
    pub(super) fn about(process: &Process, thread: &Thread, severity: Severity) -> Self {
        Self {
            severity,
            pid: process.pid,
            tid: Some(thread.tid),
            key: String::new(),
            evidence: String::new(),
            advice: String::new(),
            count: 0,
            seconds: 0.0,
            share: 0.0,
            at: None,
            bound_by: Vec::new(),
        }
    }

    /// Findings with equal keys as one: the most severe, with the times of all.
    pub(super) fn merged(mut findings: Vec<Self>) -> Vec<Self> {
        findings.sort_by(|one, other| {
            one.severity.cmp(&other.severity).then(other.seconds.total_cmp(&one.seconds))
        });
        let mut merged: Vec<(Self, u64)> = Vec::new();
        for finding in findings {
            match merged.iter_mut().find(|(first, _)| first.key == finding.key) {
                Some((first, others)) => {
                    first.count = first.count.saturating_add(finding.count);
                    first.seconds += finding.seconds;
                    *others += 1;
                }
                None => merged.push((finding, 0)),
            }
        }
        let told = |(mut finding, others): (Self, u64)| {
            if others > 0 {
                finding.evidence += &format!(" The same in {}.", count(others, "other thread"));
            }
            finding
        };
        merged.into_iter().map(told).collect()
    }

    /// The same, less certain than it looks for reasons, a sentence each; as it is without any.
    pub(super) fn weakened(mut self, reasons: &[String]) -> Self {
        if reasons.is_empty() {
            return self;
        }
        self.severity = match self.severity {
            Severity::High => Severity::Warn,
            Severity::Warn | Severity::Info => Severity::Info,
        };
        self.evidence += &format!(" Less certain than it looks: {}", reasons.join(" "));
        self
    }

    /// As the document has it.
    pub(super) fn entry(self, code: &str, name: &str) -> FindingEntry {
        FindingEntry {
            code: code.to_owned(),
            name: name.to_owned(),
            severity: self.severity,
            pid: self.pid,
            tid: self.tid,
            evidence: self.evidence,
            advice: self.advice,
            count: self.count,
            seconds: self.seconds,
            share: self.share,
            at: self.at,
            bound_by: self.bound_by,
        }
    }
}

/// The first frame whose line is known; none where none is.
pub(super) fn place_of(stack: &[Frame]) -> Option<SourcePlace> {
    stack.iter().find_map(|frame| {
        let place = frame.place.as_ref()?;
        Some(SourcePlace {
            file: Some(place.file.clone()),
            line: Some(place.line),
            function: frame.function.clone(),
            object: frame.object.clone(),
        })
    })
}

/// Nanoseconds as seconds.
pub(super) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use whywait_record::{Frame, Place};
    use whywait_report::Severity;

    use super::{Finding, place_of};
    use crate::findings::scene::Scene;

    fn finding(severity: Severity, key: &str, seconds: f64) -> Finding {
        let scene = Scene::new();
        let process = &scene.record.processes[0];
        let about = Finding::about(process, &process.threads[0], severity);
        Finding { key: key.into(), seconds, count: 1, ..about }
    }

    #[test]
    fn alike_findings_become_one_and_others_do_not() {
        let merged = Finding::merged(vec![
            finding(Severity::Info, "a", 1.0),
            finding(Severity::Warn, "b", 1.0),
            finding(Severity::High, "a", 2.0),
            finding(Severity::Info, "a", 4.0),
        ]);
        let told: Vec<_> = merged
            .iter()
            .map(|finding| (finding.severity, finding.key.as_str(), finding.count, finding.seconds))
            .collect();
        assert_eq!(told, [(Severity::High, "a", 3, 7.0), (Severity::Warn, "b", 1, 1.0)]);
        assert!(merged[0].evidence.ends_with("in 2 other threads."), "{}", merged[0].evidence);
    }

    #[test]
    fn a_place_is_the_innermost_that_is_known() {
        let frame = |function: &str, line: Option<u32>| Frame {
            function: Some(function.into()),
            place: line.map(|line| Place { file: "x.c".into(), line }),
            ..Frame::default()
        };
        let stack = [frame("read", None), frame("load", Some(7)), frame("main", Some(9))];
        let place = place_of(&stack).expect("two frames have one");
        assert_eq!((place.function.as_deref(), place.line), (Some("load"), Some(7)));
        assert_eq!(place_of(&stack[..1]), None);
    }
}
