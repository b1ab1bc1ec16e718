//! A thread that waits for the disk after each write, or few of them.
//!
//! Whether the data needs it is not judged. A database must sync what it promised to keep; it can
//! still do so for several promises at once.

use whywait_record::{Call, DescriptorKind, Detail, Purpose, Wait};
use whywait_report::{Severity, escaped};

use super::finding::{place_of, seconds};
use super::named_call::NamedCall;
use super::total::Total;
use super::{Docs, Finding, FindingRow, calls_lost};
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW07",
    name: "sync-per-write",
    weakened_by: calls_lost,
    find,
    scales: &[SYNC_PER_WRITE],
    bounds: &[SYNCS, SYNCS_PER_WRITE],
    docs: Docs {
        means: "\
A thread waits until data is on the disk (fsync(2) and similar calls) after each write
or few of them, or each write waits by itself (`O_SYNC`). Only the time asleep for the disk counts,
as a share of the thread's life without its waits for a CPU: a busy machine does not make the disk
slow. A direct write (`O_DIRECT`) waits for the device but does not make data durable, and is no
finding; a write that may be one, because it moves at least a sector, is not reported.",
        example: "\
```c
while (next(&entry))
    if (write(fd, entry, sizeof entry) < 0 || fsync(fd) < 0)
        return 1;
```",
        printed: r#""It waited until data was on the disk 1,200 times for 1,200 writes, such as fsync(fd
3, /data/journal): 1.9 s in all, 1.6 ms each time (95 % of the thread's life without its waits for
a CPU).""#,
        what_to_do: "\
Sync once for many writes. Data that may be lost in a power cut needs no sync; for
data that may not, several writers can share one. fdatasync(2) spares the metadata.",
    },
};

/// Of `sync-per-write`.
const SYNC_PER_WRITE: Scale = Scale {
    part: None,
    seconds_of: "asleep until the disk had the data",
    share_of: "the thread's life without its waits for a CPU",
    info: level(0.05, 0.02),
    warn: Some(level(0.2, 0.1)),
    high: Some(level(0.5, 1.0)),
};

/// How many syncs there must be.
const SYNCS: Bound = Bound {
    name: "syncs",
    value: 10.0,
    unit: Unit::Count,
    meaning: "So many calls of fsync(2) and its kin at least, or writes that wait for the disk.",
};

/// How many syncs there must be for each write.
const SYNCS_PER_WRITE: Bound = Bound {
    name: "syncs per write",
    value: 0.2,
    unit: Unit::Share,
    meaning: "As many syncs for each write to a file at least; of writes, as many that slept.",
};

/// Looks for it in every thread.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
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
    /// Asleep for the disk: without waits for a CPU, and without what the kernel did meanwhile.
    slept_ns: u64,
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
            slept_ns: waits().map(|wait| wait.waiting_ns).total(),
            longest: waits().max_by_key(|wait| wait.waiting_ns)?,
            how: "waited until data was on the disk",
        })
    }

    /// By writes that sleep themselves, with `O_SYNC`.
    ///
    /// A record does not tell that from `O_DIRECT`, which waits for the device and promises nothing
    /// about it. But a direct write moves at least one sector: writes that are smaller on average
    /// are not direct. Where bytes are not counted, nothing is claimed.
    fn by_slow_writes(one: &ThreadAnalysis<'a>) -> Option<Self> {
        let of_writes = |wait: &&Wait| {
            wait.kind == DescriptorKind::File
                && Purpose::of(wait.syscall) == Purpose::Sends
                && wait.disk_ns.saturating_mul(2) >= wait.waiting_ns
        };
        let waits = || one.thread.waits.iter().filter(of_writes);
        let calls = || one.thread.calls.iter().filter(|call| is_on_file(call, Purpose::Sends));
        let syncs = waits().map(|wait| wait.count).total();
        let bytes = calls().map(|call| call.returned).total();
        let may_be_direct = bytes >= syncs.saturating_mul(SECTOR_BYTES);
        let writes: u64 = calls().map(|call| call.count).total();
        if writes == 0 || may_be_direct {
            return None;
        }
        Some(Self {
            syncs,
            writes: Some(writes),
            slept_ns: waits().map(|wait| wait.disk_ns.min(wait.waiting_ns)).total(),
            longest: waits().max_by_key(|wait| wait.disk_ns)?,
            how: "waited for the disk in the write itself (O_SYNC)",
        })
    }

    fn finding(&self, analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
        // How busy the machine is must not decide what the disk is blamed for.
        let ready_ns = one.ledger.lived_ns().saturating_sub(one.ledger.runnable_ns);
        let share = crate::share(self.slept_ns, ready_ns);
        let severity = SYNC_PER_WRITE.severity(seconds(self.slept_ns), share)?;
        let often = self
            .writes
            .is_none_or(|writes| self.syncs as f64 >= SYNCS_PER_WRITE.value * writes as f64);
        if self.syncs < SYNCS.count() || !often {
            return None;
        }
        // Writes that are not counted may be many for each sync.
        let severity = match (severity, analysis.record.detail) {
            (Severity::High, Detail::Light) => Severity::Warn,
            _ => severity,
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
                "It {} {}{writes}, such as {}: {} in all, {} each time ({} of the \
                 thread's life without its waits for a CPU).",
                self.how,
                count(self.syncs, "time"),
                NamedCall::of(analysis.record, longest.syscall, longest.descriptor),
                time(self.slept_ns),
                time(self.slept_ns / self.syncs.max(1)),
                percent(share)
            ),
            advice:
                "Sync once for many writes: a group of transactions, a batch of files, or when \
                     the whole is written and renamed into place. fdatasync(2) spares the \
                     metadata; io_uring or another thread lets the program go on meanwhile. What \
                     may be lost in a power cut needs no sync."
                    .to_owned(),
            count: self.syncs,
            seconds: seconds(self.slept_ns),
            share,
            at,
            ..Finding::about(one.process, one.thread, severity)
        })
    }
}

/// The least that a direct write moves.
const SECTOR_BYTES: u64 = 512;

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
    use crate::findings::scene::{MS, SECOND, Scene, call};

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

    /// Fifty writes of that many bytes, each of which sleeps 100 ms, so much of it for the disk.
    fn writing_slowly(bytes: u64, disk_ms: u64) -> Scene {
        let mut scene = Scene::new();
        let file = scene.descriptor(DescriptorKind::File, "/data/log");
        let calls = scene.call(Sysno::write, DescriptorKind::File);
        (calls.count, calls.returned) = (50, 50 * bytes);
        scene.wait(call(Sysno::write), Some(file), 50, 100 * MS).disk_ns = 50 * disk_ms * MS;
        scene
    }

    #[test]
    fn a_write_that_may_be_direct_is_not_claimed_to_be_synchronous() {
        for (bytes, expected) in [(100, 1), (511, 1), (512, 0), (65_536, 0)] {
            let scene = writing_slowly(bytes, 100);
            assert_eq!(find(&scene.analysis()).len(), expected, "{bytes} bytes each");
        }
    }

    #[test]
    fn only_sleep_for_the_disk_counts_of_a_write() {
        for (disk_ms, expected) in [(100, Some(5.0)), (50, Some(2.5)), (49, None)] {
            let scene = writing_slowly(100, disk_ms);
            let seconds = find(&scene.analysis()).first().map(|finding| finding.seconds);
            assert_eq!(seconds, expected, "{disk_ms} ms");
        }
    }

    #[test]
    fn waits_for_a_cpu_are_not_blamed_on_the_disk() {
        let mut scene = writing(100, 100, 3);
        scene.thread().waits[0].total_ns = 9 * SECOND;
        scene.thread().waits[0].runnable_ns = 8700 * MS;
        scene.thread().time.runnable_ns = 9 * SECOND;
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!((finding.severity, finding.seconds), (Severity::Warn, 0.3));
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
