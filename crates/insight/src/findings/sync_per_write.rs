//! A thread that waits for the disk after each write, or few of them.
//!
//! Left out on purpose: whether the data needs it. A database must sync what it promised to keep;
//! it can still do so for several promises at once.

use whywait_record::{Call, DescriptorKind, Detail, Purpose, Wait};
use whywait_report::{Severity, escaped};

use super::Finding;
use super::finding::{place_of, seconds};
use super::named_call::NamedCall;
use super::total::Total;
use crate::thresholds::{SYNC_PER_WRITE, SYNCS, SYNCS_PER_WRITE};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// Looks for it in every thread.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let threads = analysis.threads.iter().filter(|one| !one.thread.io_worker);
    threads
        .filter_map(|one| {
            let syncs = Syncs::by_calls(one).or_else(|| Syncs::by_slow_writes(one));
            syncs?.finding(analysis, one)
        })
        .collect()
}

/// Waiting for the disk, as a thread did it.
struct Syncs<'a> {
    syncs: u64,
    /// Writes to files; none where they are not counted.
    writes: Option<u64>,
    total_ns: u64,
    longest: &'a Wait,
    /// What the waits were, as a sentence has it.
    how: &'static str,
}

impl<'a> Syncs<'a> {
    /// By fsync(2) and its kin.
    fn by_calls(one: &ThreadAnalysis<'a>) -> Option<Self> {
        let is_sync = |wait: &&Wait| Purpose::of(wait.syscall) == Purpose::Syncs;
        let waits = || one.thread.waits.iter().filter(is_sync);
        let counted = |purpose| {
            let calls = one.thread.calls.iter().filter(move |call| is_on_file(call, purpose));
            calls.map(|call| call.count).total()
        };
        let slept: u64 = waits().map(|wait| wait.count).total();
        let writes = (!one.thread.calls.is_empty()).then(|| counted(Purpose::Sends));
        Some(Self {
            syncs: slept.max(counted(Purpose::Syncs)),
            writes,
            total_ns: waits().map(|wait| wait.total_ns).total(),
            longest: waits().max_by_key(|wait| wait.total_ns)?,
            how: "waited until data was on the disk",
        })
    }

    /// By writes that sleep themselves, as with `O_SYNC`.
    fn by_slow_writes(one: &ThreadAnalysis<'a>) -> Option<Self> {
        let of_writes = |wait: &&Wait| {
            wait.kind == DescriptorKind::File
                && Purpose::of(wait.syscall) == Purpose::Sends
                && wait.disk_ns.saturating_mul(2) >= wait.waiting_ns
        };
        let waits = || one.thread.waits.iter().filter(of_writes);
        let writes: u64 = one
            .thread
            .calls
            .iter()
            .filter(|call| is_on_file(call, Purpose::Sends))
            .map(|call| call.count)
            .total();
        Some(Self {
            syncs: waits().map(|wait| wait.count).total(),
            writes: (writes > 0).then_some(writes),
            total_ns: waits().map(|wait| wait.total_ns).total(),
            longest: waits().max_by_key(|wait| wait.total_ns)?,
            how: "waited for the disk in the write itself (O_SYNC, or more unwritten data than \
                  the kernel keeps)",
        })
    }

    fn finding(&self, analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
        let share = one.share_of_life(self.total_ns);
        let grave = SYNC_PER_WRITE.severity(seconds(self.total_ns), share)?;
        let often = self
            .writes
            .is_none_or(|writes| self.syncs as f64 >= SYNCS_PER_WRITE.value * writes as f64);
        if self.syncs < SYNCS.count() || !often {
            return None;
        }
        // Writes that are not counted may be many for each sync.
        let severity = match (grave, analysis.record.detail) {
            (Severity::High, Detail::Light) => Severity::Warn,
            (Severity::Warn, Detail::Light) => Severity::Info,
            _ => grave,
        };
        let longest = self.longest;
        let at = analysis
            .record
            .slow_calls
            .iter()
            .filter(|call| call.tid == one.thread.tid && call.syscall == longest.syscall)
            .find_map(|call| place_of(&call.stack));
        let writes = match self.writes {
            Some(writes) => format!(" for {}", count(writes, "write")),
            None => String::new(),
        };
        Some(Finding {
            key: format!("{} {:?}", escaped(&one.thread.name), longest.syscall),
            evidence: format!(
                "It {} {}{writes}, such as {}: {} in all, {} each time ({} of the thread's life).",
                self.how,
                count(self.syncs, "time"),
                NamedCall::of(analysis.record, longest.syscall, longest.descriptor),
                time(self.total_ns),
                time(self.total_ns / self.syncs.max(1)),
                percent(share)
            ),
            advice:
                "Sync once for many writes: a group of transactions, a batch of files, or when \
                     the whole is written and renamed into place. fdatasync(2) spares the \
                     metadata; io_uring or another thread lets the program go on meanwhile. What \
                     may be lost in a power cut needs no sync."
                    .to_owned(),
            count: self.syncs,
            seconds: seconds(self.total_ns),
            share,
            at,
            ..Finding::about(one.process, one.thread, severity)
        })
    }
}

fn is_on_file(call: &Call, purpose: Purpose) -> bool {
    let sync_of_all = purpose == Purpose::Syncs && call.kind == DescriptorKind::None;
    call.syscall.purpose() == purpose && (call.kind == DescriptorKind::File || sync_of_all)
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{DescriptorKind, Detail};
    use whywait_report::Severity;

    use super::find;
    use crate::findings::scene::{MS, Scene, call};

    /// So many writes and so many syncs of that length each.
    fn writing(writes: u64, syncs: u64, each_ms: u64) -> Scene {
        let mut scene = Scene::new();
        let file = scene.descriptor(DescriptorKind::File, "/data/journal");
        scene.call(Sysno::write, DescriptorKind::File).count = writes;
        scene.wait(call(Sysno::fsync), Some(file), syncs, each_ms * MS);
        scene.call(Sysno::fsync, DescriptorKind::File).count = syncs;
        scene
    }

    #[test]
    fn syncs_are_found_from_the_thresholds_on() {
        for (writes, syncs, each_ms, expected) in [
            (9, 9, 500, None),
            (10, 10, 49, None),
            (10, 10, 50, Some(Severity::Info)),
            (10, 10, 200, Some(Severity::Warn)),
            (10, 10, 500, Some(Severity::High)),
            (50, 10, 500, Some(Severity::High)),
            (51, 10, 500, None),
        ] {
            let scene = writing(writes, syncs, each_ms);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{syncs} × {each_ms} ms for {writes} writes");
        }
    }

    /// Of a write with `O_SYNC` the longer part may be the kernel's own work.
    #[test]
    fn writes_that_wait_for_the_disk_count_in_whole() {
        for (asleep_ms, on_disk_ms, expected) in
            [(20, 20, Some(Severity::High)), (20, 10, Some(Severity::High)), (20, 9, None)]
        {
            let mut scene = Scene::new();
            let file = scene.descriptor(DescriptorKind::File, "/data/log");
            scene.call(Sysno::write, DescriptorKind::File).count = 50;
            let wait = scene.wait(call(Sysno::write), Some(file), 50, asleep_ms * MS);
            (wait.total_ns, wait.disk_ns) = (50 * 120 * MS, 50 * on_disk_ms * MS);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{on_disk_ms} ms of {asleep_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_file() {
        let finding = find(&writing(20, 20, 100).analysis()).remove(0);
        for part in ["20 times for 20 writes", "fsync(fd 10, /data/journal)", "2.0 s in all"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
    }

    #[test]
    fn light_detail_counts_no_writes_and_is_less_sure() {
        let mut scene = writing(20, 20, 400);
        scene.record.detail = Detail::Light;
        scene.thread().calls.clear();
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!(finding.severity, Severity::Warn);
        assert!(!finding.evidence.contains("writes"), "{}", finding.evidence);
    }

    #[test]
    fn writes_that_wait_for_the_disk_themselves_are_found() {
        for (slept, disk_ms, expected) in [(20, 100, 1), (19, 100, 0), (20, 1, 0)] {
            let mut scene = Scene::new();
            let file = scene.descriptor(DescriptorKind::File, "/data/journal");
            scene.call(Sysno::pwrite64, DescriptorKind::File).count = 100;
            let wait = scene.wait(call(Sysno::pwrite64), Some(file), slept, 100 * MS);
            wait.disk_ns = slept * disk_ms * MS;
            assert_eq!(find(&scene.analysis()).len(), expected, "{slept} × {disk_ms} ms");
        }
    }
}
