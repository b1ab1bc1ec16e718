//! What is wrong with a program: one file for each finding, and one line of [`FINDINGS`].
//!
//! A finding's file has its code, name, scales, bounds, evidence, advice, section of the docs and
//! tests. `docs/findings.md` is generated from the rows: see `page.rs`.

mod blocking_dns;
mod blocking_in_loop;
mod busy_wait;
mod finding;
mod hand_off_then_wait;
mod hang;
mod kernel_work;
mod language;
mod named_call;
mod not_io_bound;
mod serial_waits;
mod stall;
mod sync_per_write;
mod thread_per_connection;
mod tiny_io;
mod total;
mod uring_punted;

#[cfg(test)]
mod healthy;
#[cfg(test)]
mod page;
#[cfg(test)]
pub(crate) mod scene;

use whywait_record::Record;
use whywait_report::FindingEntry;

use crate::Analysis;
use crate::thresholds::{Bound, LOST_CALLS, Scale};
use crate::words::count;

use total::Total;

pub use finding::Finding;

/// A kind of finding.
#[derive(Debug)]
pub struct FindingRow {
    /// Its code, which stays the same from version to version.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How many things were lost that it rests on. Lost names do not count: what is found by a name
    /// has one.
    pub weakened_by: fn(&Record) -> u64,
    /// Looks for it.
    pub find: fn(&Analysis<'_>) -> Vec<Finding>,
    /// From when on it has which severity; empty of a finding whose bounds decide that.
    pub scales: &'static [Scale],
    /// Which other numbers decide whether something counts.
    pub bounds: &'static [Bound],
    /// Its section of `docs/findings.md`.
    pub docs: Docs,
}

/// The section about a finding in `docs/findings.md`, in Markdown with lines of at most 100 columns.
#[derive(Debug)]
pub struct Docs {
    /// What it means, and what does not count.
    pub means: &'static str,
    /// Code of a program that has it.
    pub example: &'static str,
    /// Evidence as the report prints it.
    pub printed: &'static str,
    /// What to do about it.
    pub what_to_do: &'static str,
}

/// Every kind of finding, in the order of their codes.
pub const FINDINGS: &[FindingRow] = &[
    blocking_in_loop::ROW,
    busy_wait::ROW,
    hand_off_then_wait::ROW,
    serial_waits::ROW,
    tiny_io::ROW,
    thread_per_connection::ROW,
    sync_per_write::ROW,
    not_io_bound::ROW,
    uring_punted::ROW,
    blocking_dns::ROW,
];

/// All findings, the most severe first, and of equally severe ones the one that costs most first.
#[must_use]
pub(crate) fn findings(analysis: &Analysis<'_>) -> Vec<FindingEntry> {
    let mut entries: Vec<_> = FINDINGS.iter().flat_map(|row| entries_of(row, analysis)).collect();
    entries.sort_by(|one, other| {
        one.severity.cmp(&other.severity).then(other.seconds.total_cmp(&one.seconds))
    });
    entries
}

fn entries_of(row: &FindingRow, analysis: &Analysis<'_>) -> Vec<FindingEntry> {
    let lost = (row.weakened_by)(analysis.record);
    let lost = (lost > 0).then(|| {
        let things = count(lost, "thing");
        format!("{things} that matter for this were lost while watching.")
    });
    Finding::merged((row.find)(analysis))
        .into_iter()
        .map(|finding| {
            let doubt = finding.tid.and_then(|tid| doubt_of(analysis, tid));
            let reasons: Vec<_> = lost.iter().cloned().chain(doubt).collect();
            finding.weakened(&reasons).entry(row.code, row.name)
        })
        .collect()
}

/// Why a finding about a thread may be wrong because the thread's model may be; none if that is
/// certain enough.
fn doubt_of(analysis: &Analysis<'_>, tid: u32) -> Option<String> {
    let one = analysis.thread(tid)?;
    let doubt = one.doubt()?;
    Some(format!(
        "it rests on thread {tid} being {}, which is uncertain. {doubt}",
        one.model.name()
    ))
}

/// Calls that were counted without their kind, where they are more than a few.
fn calls_lost(record: &Record) -> u64 {
    let kinds = record.threads().flat_map(|(_, thread)| &thread.calls);
    let counted: u64 = kinds.map(|call| call.count).total();
    let lost = record.losses.calls;
    if crate::share(lost, counted.saturating_add(lost)) >= LOST_CALLS.value { lost } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use whywait_record::Losses;
    use whywait_report::Severity;

    use super::scene::Scene;
    use super::{FINDINGS, findings};
    use crate::{Analysis, Measured, RecordFacts, RuleSet};

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let names: HashSet<_> = FINDINGS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), FINDINGS.len());
        for (index, row) in FINDINGS.iter().enumerate() {
            assert_eq!(row.code, format!("WW{:02}", index + 1));
        }
    }

    #[test]
    fn the_most_severe_comes_first() {
        let entries = findings(&Scene::with_several_findings().analysis());
        assert!(entries.len() > 1, "{entries:?}");
        assert!(entries.is_sorted_by_key(|entry| entry.severity), "{entries:?}");
    }

    #[test]
    fn losses_weaken_the_findings_that_need_what_was_lost() {
        let mut scene = Scene::spinning();
        let before = findings(&scene.analysis()).remove(0);
        scene.record.losses = Losses { waits: 7, ..Losses::default() };
        assert_eq!(findings(&scene.analysis()).remove(0), before, "busy-wait needs no waits");
        scene.record.losses = Losses { calls: 7, ..Losses::default() };
        assert_eq!(findings(&scene.analysis()).remove(0), before, "7 of a million are nothing");
        scene.record.losses = Losses { calls: 20_000, ..Losses::default() };
        let after = findings(&scene.analysis()).remove(0);
        assert_eq!((before.severity, after.severity), (Severity::High, Severity::Warn));
        assert!(
            after.evidence.contains("20,000 things that matter for this were lost"),
            "{after:?}"
        );
    }

    #[test]
    fn an_uncertain_model_weakens_the_findings_about_its_thread() {
        let scene = Scene::spinning();
        let facts = RecordFacts::of(&scene.record);
        let findings_by = |right| {
            let rules = RuleSet::all();
            let every = RuleSet::parts().filter(|part| part.exclusion.is_none());
            let measured = every.map(|part| Measured { rule: part.rule, programs: 10, right });
            let rules = rules.measured_by(measured.collect());
            findings(&Analysis::with(&scene.record, &facts, &rules)).remove(0)
        };
        let (certain, uncertain) = (findings_by(10), findings_by(5));
        assert_eq!((certain.severity, uncertain.severity), (Severity::High, Severity::Warn));
        assert!(!certain.evidence.contains("Less certain"), "{certain:?}");
        let said = " is right for only 5 of 10 programs of the corpus.";
        assert!(uncertain.evidence.ends_with(said), "{uncertain:?}");
    }
}
