//! Requests that io_uring could not carry out without waiting, and gave to threads of the kernel: a
//! pool of threads with more overhead.
//!
//! Requests that wait for readiness, such as a receive on a socket, do not count: the kernel arms a
//! poll for these, and needs no thread.

use whywait_record::RingOperations;
use whywait_report::escaped;

use super::finding::seconds;
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW09",
    name: "uring-punted",
    weakened_by: |record| record.losses.threads,
    find,
    scales: &[URING_PUNTED],
    bounds: &[RING_REQUESTS],
    docs: Docs {
        means: "\
io_uring could not carry out requests without waiting, and gave them to worker threads
in the kernel: a pool of threads with more overhead. A request counts once, also when it is queued
for a worker again. Creating files and buffered writes go there on most filesystems, and so does
every request with `IOSQE_ASYNC`.",
        example: "\
```c
request->opcode = IORING_OP_OPENAT;
request->open_flags = O_WRONLY | O_CREAT;
```",
        printed: r#""4000 of 8,000 requests to io_uring (50 %) went to the kernel's worker threads, of
which 4 were seen: 4000 of 4000 OPENAT. These used 210 ms of CPU.""#,
        what_to_do: "\
Give such work to a few threads of your own: `whywait compare files --models
uring,thread-pool` shows both. Leave out `IOSQE_ASYNC` where it is not needed.",
    },
};

/// Of `uring-punted`.
const URING_PUNTED: Scale = Scale {
    part: None,
    seconds_of: "CPU time of the kernel's worker threads",
    share_of: "the requests that were submitted (how many of them were punted)",
    info: level(0.1, 0.002),
    warn: Some(level(0.5, 0.05)),
    high: None,
};

/// How many requests there must be.
const RING_REQUESTS: Bound = Bound {
    name: "requests",
    value: 100.0,
    unit: Unit::Count,
    meaning: "So many requests at least.",
};

/// Looks for it in every thread that gave requests to a ring.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    analysis.threads.iter().filter_map(|one| find_in(analysis, one)).collect()
}

fn find_in(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
    let operations = &one.thread.ring_operations;
    let submitted: u64 = operations.iter().map(|operation| operation.submitted).total();
    let punted: u64 = operations.iter().map(|operation| operation.punted).total();
    let workers = || analysis.threads_in(one.process.pid).filter(|other| other.thread.io_worker);
    let cpu_ns: u64 = workers().map(|worker| worker.ledger.cpu_ns()).total();
    let share = crate::share(punted, submitted);
    if submitted < RING_REQUESTS.count() {
        return None;
    }
    let severity = URING_PUNTED.severity(seconds(cpu_ns), share)?;
    Some(Finding {
        key: escaped(&one.thread.name).into_owned(),
        evidence: format!(
            "{} of {} to io_uring ({}) went to the kernel's worker threads, of which {} were \
             seen: {}. These used {} of CPU.",
            punted,
            count(submitted, "request"),
            percent(share),
            workers().count(),
            by_opcode(operations),
            time(cpu_ns)
        ),
        advice:
            "Making files and buffered writes always go to worker threads on most filesystems, \
                 and a few threads of your own do that with less overhead: `whywait compare files \
                 --models uring,thread-pool`. Don't set IOSQE_ASYNC on requests that need not \
                 wait; for reads, O_DIRECT or a file that is in memory stays in the ring. \
                 IORING_REGISTER_IOWQ_MAX_WORKERS bounds the threads."
                .to_owned(),
        count: punted,
        seconds: seconds(cpu_ns),
        share,
        ..Finding::about(one.process, one.thread, severity)
    })
}

/// Which requests were punted, most first.
fn by_opcode(operations: &[RingOperations]) -> String {
    let mut punted: Vec<_> =
        operations.iter().filter(|operation| operation.punted > 0).copied().collect();
    punted.sort_by_key(|operation| std::cmp::Reverse(operation.punted));
    let each: Vec<_> = punted
        .iter()
        .map(|operation| {
            let RingOperations { opcode, submitted, punted } = *operation;
            format!("{punted} of {submitted} {}", opcode_name(opcode))
        })
        .collect();
    each.join(", ")
}

/// The kernel's name of a request, without its `IORING_OP_`.
fn opcode_name(opcode: u8) -> String {
    let name = OPCODES.get(usize::from(opcode));
    name.map_or_else(|| format!("opcode {opcode}"), |name| (*name).to_owned())
}

/// `enum io_uring_op` of `include/uapi/linux/io_uring.h`, Linux 6.16.
const OPCODES: &[&str] = &[
    "NOP",
    "READV",
    "WRITEV",
    "FSYNC",
    "READ_FIXED",
    "WRITE_FIXED",
    "POLL_ADD",
    "POLL_REMOVE",
    "SYNC_FILE_RANGE",
    "SENDMSG",
    "RECVMSG",
    "TIMEOUT",
    "TIMEOUT_REMOVE",
    "ACCEPT",
    "ASYNC_CANCEL",
    "LINK_TIMEOUT",
    "CONNECT",
    "FALLOCATE",
    "OPENAT",
    "CLOSE",
    "FILES_UPDATE",
    "STATX",
    "READ",
    "WRITE",
    "FADVISE",
    "MADVISE",
    "SEND",
    "RECV",
    "OPENAT2",
    "EPOLL_CTL",
    "SPLICE",
    "PROVIDE_BUFFERS",
    "REMOVE_BUFFERS",
    "TEE",
    "SHUTDOWN",
    "RENAMEAT",
    "UNLINKAT",
    "MKDIRAT",
    "SYMLINKAT",
    "LINKAT",
    "MSG_RING",
    "FSETXATTR",
    "SETXATTR",
    "FGETXATTR",
    "GETXATTR",
    "SOCKET",
    "URING_CMD",
    "SEND_ZC",
    "SENDMSG_ZC",
    "READ_MULTISHOT",
    "WAITID",
    "FUTEX_WAIT",
    "FUTEX_WAKE",
    "FUTEX_WAITV",
    "FIXED_FD_INSTALL",
    "FTRUNCATE",
    "BIND",
    "LISTEN",
    "RECV_ZC",
    "EPOLL_WAIT",
    "READV_FIXED",
    "WRITEV_FIXED",
    "PIPE",
];

#[cfg(test)]
mod tests {
    use whywait_record::RingOperations;
    use whywait_report::Severity;

    use super::{find, opcode_name};
    use crate::findings::scene::{MS, Scene};

    fn punting(submitted: u64, punted: u64, cpu_ns: u64) -> Scene {
        let mut scene = Scene::new();
        scene.thread().ring_operations = vec![
            RingOperations { opcode: 18, submitted: submitted / 2, punted: punted / 2 },
            RingOperations {
                opcode: 23,
                submitted: submitted.div_ceil(2),
                punted: punted.div_ceil(2),
            },
        ];
        scene.spawn("iou-wrk-1");
        scene.thread().io_worker = true;
        scene.cpu(0, cpu_ns);
        scene.back_to_main();
        scene
    }

    #[test]
    fn punted_requests_are_found_from_the_thresholds_on() {
        for (submitted, punted, cpu_ms, expected) in [
            (99, 99, 100, None),
            (100, 9, 100, None),
            (100, 10, 1, None),
            (100, 10, 2, Some(Severity::Info)),
            (100, 49, 100, Some(Severity::Info)),
            (100, 50, 49, Some(Severity::Info)),
            (100, 50, 50, Some(Severity::Warn)),
        ] {
            let scene = punting(submitted, punted, cpu_ms * MS);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{punted} of {submitted}, {cpu_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_requests() {
        let finding = find(&punting(1000, 801, 80 * MS).analysis()).remove(0);
        for part in ["801 of 1,000 requests", "80 %", "401 of 500 WRITE, 400 of 500 OPENAT"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
    }

    #[test]
    fn opcodes_have_the_kernels_numbers() {
        for (opcode, name) in [(0, "NOP"), (13, "ACCEPT"), (27, "RECV"), (47, "SEND_ZC")] {
            assert_eq!(opcode_name(opcode), name);
        }
        assert_eq!(opcode_name(200), "opcode 200");
    }
}
