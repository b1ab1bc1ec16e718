//! What is wrong with a program: a file for each finding, and a row of [`FINDINGS`].
//!
//! `docs/findings.md` has a section for each row: what it means, what is printed, and what to do.
//!
//! Left out on purpose: numbers from which on something is wrong; those are in
//! [`thresholds`](crate::thresholds).

mod blocking_dns;
mod blocking_in_loop;
mod busy_wait;
mod finding;
mod hand_off_then_wait;
mod hang;
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
mod scene;

use whywait_record::Record;
use whywait_report::FindingEntry;

use crate::Analysis;
use crate::thresholds::LOST_CALLS;

use total::Total;

pub use finding::Finding;

/// A kind of finding.
#[derive(Debug)]
pub struct FindingRow {
    /// Its code, which stays the same from version to version.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How many things were lost that it rests on. Names are none: what is found by its name has
    /// one.
    pub weakened_by: fn(&Record) -> u64,
    /// Looks for it.
    pub find: fn(&Analysis<'_>) -> Vec<Finding>,
}

/// Every kind of finding.
pub const FINDINGS: &[FindingRow] = &[
    FindingRow {
        code: "WW01",
        name: "blocking-in-loop",
        weakened_by: |record| [record.losses.events, record.losses.threads].into_iter().total(),
        find: blocking_in_loop::find,
    },
    FindingRow {
        code: "WW02",
        name: "busy-wait",
        weakened_by: |record| [record.losses.threads, calls_lost(record)].into_iter().total(),
        find: busy_wait::find,
    },
    FindingRow {
        code: "WW03",
        name: "hand-off-then-wait",
        weakened_by: |record| [record.losses.threads, record.losses.wakes].into_iter().total(),
        find: hand_off_then_wait::find,
    },
    FindingRow {
        code: "WW04",
        name: "serial-waits",
        weakened_by: |record| [record.losses.events, record.losses.wakes].into_iter().total(),
        find: serial_waits::find,
    },
    FindingRow {
        code: "WW05",
        name: "tiny-io",
        weakened_by: |record| [record.losses.threads, calls_lost(record)].into_iter().total(),
        find: tiny_io::find,
    },
    FindingRow {
        code: "WW06",
        name: "thread-per-connection",
        weakened_by: |record| [record.losses.events, record.losses.threads].into_iter().total(),
        find: thread_per_connection::find,
    },
    FindingRow {
        code: "WW07",
        name: "sync-per-write",
        weakened_by: calls_lost,
        find: sync_per_write::find,
    },
    FindingRow {
        code: "WW08",
        name: "not-io-bound",
        weakened_by: |record| record.losses.threads,
        find: not_io_bound::find,
    },
    FindingRow {
        code: "WW09",
        name: "uring-punted",
        weakened_by: |record| record.losses.threads,
        find: uring_punted::find,
    },
    FindingRow {
        code: "WW10",
        name: "blocking-dns",
        weakened_by: |record| [record.losses.events, record.losses.waits].into_iter().total(),
        find: blocking_dns::find,
    },
];

/// Everything that is wrong, the gravest first and of equally grave ones the one that costs most.
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
    Finding::merged((row.find)(analysis))
        .into_iter()
        .map(|finding| if lost > 0 { finding.weakened(lost) } else { finding })
        .map(|finding| finding.entry(row.code, row.name))
        .collect()
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

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let names: HashSet<_> = FINDINGS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), FINDINGS.len());
        for (index, row) in FINDINGS.iter().enumerate() {
            assert_eq!(row.code, format!("WW{:02}", index + 1));
        }
    }

    #[test]
    fn the_gravest_comes_first() {
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
}
