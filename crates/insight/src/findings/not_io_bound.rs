//! A program whose speed is not that of its I/O, whatever calls it makes: it computes, waits for
//! its own locks, or has too few CPUs.
//!
//! Who believes that such a program waits for I/O will try another I/O model, and be disappointed.
//!
//! Left out on purpose: programs that serve, or talk to others all the time. What they compute is
//! what they were asked to; a server under full load is healthy.

use whywait_record::{DescriptorKind, Detail, Purpose, Sample, SampledMode};
use whywait_report::Severity;

use super::Finding;
use super::blocking_in_loop::is_loop;
use super::finding::seconds;
use super::total::Total;
use super::{busy_wait, tiny_io};
use crate::profile::listens;
use crate::thresholds::{
    CPU_PER_MESSAGE, LOCK_WAITS, NOT_IO_BOUND_CPU, NOT_IO_BOUND_LOCK, NOT_IO_BOUND_RUNNABLE, Scale,
    TRANSFERS, WORKING_SHARE,
};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// Looks at the program as a whole: one finding at most.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let Some(busiest) = analysis.threads.iter().max_by_key(|one| one.ledger.cpu_ns()) else {
        return Vec::new();
    };
    let work = Work::of(analysis);
    let reasons: Vec<_> = [
        Reason::lock(analysis),
        (!is_serving(analysis, &work)).then(|| Reason::cpu(analysis, &work, busiest)).flatten(),
        (!is_serving(analysis, &work)).then(|| Reason::runnable(analysis, &work)).flatten(),
    ]
    .into_iter()
    .flatten()
    .collect();
    // What the most time went into is said first and decides what to do.
    let Some(first) = reasons.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds)) else {
        return Vec::new();
    };
    let others = reasons.iter().filter(|reason| !std::ptr::eq(*reason, first));
    let evidence: Vec<_> =
        std::iter::once(first).chain(others).map(|reason| reason.evidence.as_str()).collect();
    let alone = busiest.ledger.cpu_ns() as f64 >= 0.9 * work.cpu_ns as f64;
    vec![Finding {
        tid: alone.then_some(busiest.thread.tid),
        key: String::new(),
        evidence: evidence.join(" "),
        advice: first.advice.to_owned(),
        count: work.threads,
        seconds: first.seconds,
        share: first.share,
        ..Finding::about(busiest.process, busiest.thread, first.severity)
    }]
}

/// What the threads of a program did, all together.
struct Work {
    /// Threads that have a part in it.
    threads: u64,
    /// On a CPU, but for asking in vain and for moving a byte at a time, which are findings of
    /// their own.
    cpu_ns: u64,
    /// Of the threads that have a part in it: how long they lived, were ready to run, and ran.
    lived_ns: u64,
    runnable_ns: u64,
    working_ns: u64,
    /// Of the same: waiting for peers and disks.
    io_ns: u64,
    /// And for events and the end of a time.
    idle_ns: u64,
    /// Of the CPU time, inside calls.
    kernel_ns: u64,
}

impl Work {
    fn of(analysis: &Analysis<'_>) -> Self {
        let wasted = |one: &ThreadAnalysis<'_>| {
            busy_wait::wasted_ns(analysis, one).saturating_add(tiny_io::wasted_ns(analysis, one))
        };
        // What the kernel's own workers of io_uring do is I/O.
        let useful = |one: &ThreadAnalysis<'_>| match one.thread.io_worker {
            true => 0,
            false => one.ledger.cpu_ns().saturating_sub(wasted(one)),
        };
        let cpu_ns = analysis.threads.iter().map(useful).total();
        let most_ns = analysis.threads.iter().map(useful).max().unwrap_or(0);
        let works = |one: &&ThreadAnalysis<'_>| {
            useful(one) > 0 && crate::share(useful(one), most_ns) >= WORKING_SHARE.value
        };
        let working: Vec<_> = analysis.threads.iter().filter(works).collect();
        Self {
            threads: working.len() as u64,
            cpu_ns,
            lived_ns: working.iter().map(|one| one.ledger.lived_ns()).total(),
            runnable_ns: working.iter().map(|one| one.ledger.runnable_ns).total(),
            working_ns: working.iter().map(|one| useful(one)).total(),
            io_ns: working.iter().flat_map(|one| [one.ledger.data_ns, one.ledger.disk_ns]).total(),
            idle_ns: working
                .iter()
                .flat_map(|one| [one.ledger.sleep_ns, one.ledger.multiplexer_ns])
                .total(),
            kernel_ns: analysis.threads.iter().map(|one| one.ledger.cpu_kernel_ns).total(),
        }
    }
}

/// Something else than I/O that decides how long the program takes.
struct Reason {
    severity: Severity,
    seconds: f64,
    share: f64,
    evidence: String,
    advice: &'static str,
}

impl Reason {
    fn new(scale: Scale, time_ns: u64, share: f64) -> Option<Self> {
        let seconds = seconds(time_ns);
        let severity = scale.severity(seconds, share)?;
        Some(Self { severity, seconds, share, evidence: String::new(), advice: "" })
    }

    fn cpu(analysis: &Analysis<'_>, work: &Work, busiest: &ThreadAnalysis<'_>) -> Option<Self> {
        let wall_ns = analysis.record.wall_ns;
        // While it waited for a CPU it would have computed.
        let had_cpu_ns = wall_ns.saturating_sub(busiest.ledger.runnable_ns);
        let share = crate::share(work.cpu_ns, had_cpu_ns);
        let reason = Self::new(NOT_IO_BOUND_CPU, work.cpu_ns, share)?;
        // Several threads that each wait for longer than they compute add up to more than one CPU
        // has, and are no computation.
        if work.io_ns.saturating_add(work.idle_ns) > work.working_ns {
            return None;
        }
        let evidence = format!(
            "CPU-bound: {} used {} of CPU time in the {} watched, {} of it inside system calls, \
             and waited {} for peers and disks. If no I/O took any time, the busiest thread would \
             still compute for {}.",
            count(work.threads, "working thread"),
            time(work.cpu_ns),
            time(wall_ns),
            percent(crate::share(work.kernel_ns, work.cpu_ns)),
            time(work.io_ns),
            time(busiest.ledger.cpu_ns())
        );
        let advice = "Another I/O model cannot make it faster. Make the computation cheaper \
                      (`perf record -g`, `py-spy record`, `node --prof` show where it is), or \
                      spread it over CPUs: processes in Python and Node, threads elsewhere. \
                      `whywait compare` with a plan that has a `cpu` step shows what that gains.";
        Some(Self { evidence, advice, ..reason })
    }

    fn lock(analysis: &Analysis<'_>) -> Option<Self> {
        let contends = |one: &&ThreadAnalysis<'_>| {
            one.contends
                && futex_sleeps(one) >= LOCK_WAITS.count().saturating_mul(one.thread.merged_count)
        };
        let contending: Vec<_> = analysis.threads.iter().filter(contends).collect();
        let lock_ns = contending.iter().map(|one| one.ledger.lock_ns).total();
        let lived_ns = contending.iter().map(|one| one.ledger.lived_ns()).total();
        let share = crate::share(lock_ns, lived_ns);
        let reason = Self::new(NOT_IO_BOUND_LOCK, lock_ns, share)?;
        let evidence = format!(
            "Bound by a lock: {} waited for each other for {} ({} of their lives).",
            count(contending.len() as u64, "thread"),
            time(lock_ns),
            percent(share)
        );
        let advice = "Hold the lock for a shorter time, or give each thread data of its own. In \
                      Python it is the interpreter's: threads compute one at a time, processes at \
                      once.";
        Some(Self { evidence, advice, ..reason })
    }

    fn runnable(analysis: &Analysis<'_>, work: &Work) -> Option<Self> {
        let share = crate::share(work.runnable_ns, work.lived_ns);
        let reason = Self::new(NOT_IO_BOUND_RUNNABLE, work.runnable_ns, share)?;
        // On a machine that is busy everybody waits for a CPU. What they did when they had one
        // says whether they could have used more of it.
        let rest_ns = work.lived_ns.saturating_sub(work.runnable_ns);
        if crate::share(work.working_ns, rest_ns) < NOT_IO_BOUND_CPU.info.share {
            return None;
        }
        let evidence = format!(
            "Short of CPUs: {} of its {} had work to do and waited for a CPU for {} ({} of their \
             lives), while others ran.",
            work.threads,
            count(analysis.threads.len() as u64, "thread"),
            time(work.runnable_ns),
            percent(share)
        );
        let advice = "More threads or another I/O model cannot make it faster. Give it more CPUs, \
                      or start no more threads and processes that compute than there are CPUs; \
                      other programs on the machine may take them too.";
        Some(Self { evidence, advice, ..reason })
    }
}

fn futex_sleeps(one: &ThreadAnalysis<'_>) -> u64 {
    let waits = one.thread.waits.iter();
    waits
        .filter(|wait| Purpose::of(wait.syscall) == Purpose::WaitsForThread)
        .map(|wait| wait.count)
        .total()
}

/// Whether others send it work, or it talks to others all the time.
fn is_serving(analysis: &Analysis<'_>, work: &Work) -> bool {
    let record = analysis.record;
    let used = |descriptor| record.descriptor(descriptor);
    let takes_connections = analysis.threads.iter().any(|one| {
        let waits = one.thread.waits.iter().filter_map(|wait| wait.descriptor).filter_map(used);
        let calls = one.thread.calls.iter().filter_map(|call| call.example).filter_map(used);
        waits.chain(calls).any(listens) || accepts(one)
    });
    takes_connections
        || match record.detail {
            Detail::Full => {
                let messages: u64 = analysis.threads.iter().map(messages).total();
                messages > 0 && work.cpu_ns / messages <= CPU_PER_MESSAGE.nanoseconds()
            }
            Detail::Light => analysis.threads.iter().any(|one| {
                waits_for_peers(one) || (is_loop(one) && sampled_transfers(one) >= TRANSFERS.value)
            }),
        }
}

fn accepts(one: &ThreadAnalysis<'_>) -> bool {
    /// `IORING_OP_ACCEPT`.
    const RING_ACCEPT: u8 = 13;
    let of_waits = one.thread.waits.iter().filter_map(|wait| wait.syscall);
    let of_calls = one.thread.calls.iter().map(|call| call.syscall);
    of_waits.chain(of_calls).any(|syscall| syscall.purpose() == Purpose::Accepts)
        || one.thread.ring_operations.iter().any(|operation| operation.opcode == RING_ACCEPT)
}

/// Calls and requests that move data over the network.
fn messages(one: &ThreadAnalysis<'_>) -> u64 {
    /// `IORING_OP_` `SENDMSG`, `RECVMSG`, `SEND`, `RECV`, `SEND_ZC` and `SENDMSG_ZC`.
    const RING_MESSAGES: [u8; 6] = [9, 10, 26, 27, 47, 48];
    let calls = one.thread.calls.iter().filter(|call| {
        is_network(call.kind)
            && matches!(call.syscall.purpose(), Purpose::Sends | Purpose::Receives)
    });
    let fruitful =
        calls.map(|call| call.count.saturating_sub(call.would_block.saturating_add(call.failed)));
    let operations = one.thread.ring_operations.iter();
    let requests = operations.filter(|operation| RING_MESSAGES.contains(&operation.opcode));
    fruitful.chain(requests.map(|operation| operation.submitted)).total()
}

fn waits_for_peers(one: &ThreadAnalysis<'_>) -> bool {
    one.thread.waits.iter().any(|wait| is_network(wait.kind))
}

/// In light detail, the part of what the sampling timer saw of a thread that moved data.
fn sampled_transfers(one: &ThreadAnalysis<'_>) -> f64 {
    let samples = || one.thread.samples.iter();
    let moves = |sample: &&Sample| {
        matches!(sample.mode, SampledMode::Call { syscall, .. }
            if matches!(syscall.purpose(), Purpose::Sends | Purpose::Receives))
    };
    let all = samples().map(|sample| sample.count).total();
    crate::share(samples().filter(moves).map(|sample| sample.count).total(), all)
}

/// Unix sockets are not counted: threads wake loops over them.
fn is_network(kind: DescriptorKind) -> bool {
    matches!(kind, DescriptorKind::Tcp | DescriptorKind::Udp | DescriptorKind::Socket)
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{DescriptorKind, Detail, Sample, SampledMode, Syscall};
    use whywait_report::Severity;

    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene, call};

    #[test]
    fn a_program_that_computes_is_found_from_its_threshold_on() {
        for (wall_ms, cpu_ms, expected) in
            [(10_000, 6999, 0), (10_000, 7000, 1), (10_000, 9500, 1), (299, 299, 0), (300, 300, 1)]
        {
            let mut scene = Scene::lasting(wall_ms * MS);
            scene.cpu(cpu_ms * MS, 0);
            let found = find(&scene.analysis());
            assert_eq!(found.len(), expected, "{cpu_ms} of {wall_ms} ms");
            assert!(found.iter().all(|finding| finding.severity == Severity::Info), "{found:?}");
        }
    }

    #[test]
    fn threads_that_wait_for_longer_than_they_compute_add_up_to_no_computation() {
        for (waiting_ms, expected) in [(400, 1), (500, 0)] {
            let mut scene = Scene::lasting(SECOND);
            scene.cpu(300 * MS, 0);
            let disk = scene.descriptor(DescriptorKind::File, "/disk");
            for name in ["a", "b"] {
                scene.spawn(name);
                scene.cpu(300 * MS, 0);
                scene.wait(call(Sysno::pread64), Some(disk), 10, waiting_ms / 10 * MS);
            }
            let found = find(&scene.analysis());
            let computes = found.iter().filter(|finding| finding.evidence.contains("CPU-bound"));
            assert_eq!(computes.count(), expected, "{waiting_ms} ms: {found:?}");
        }
    }

    #[test]
    fn the_evidence_says_what_no_io_would_leave() {
        let mut scene = Scene::lasting(4 * SECOND);
        scene.cpu(3500 * MS, 350 * MS);
        let file = scene.descriptor(DescriptorKind::File, "/out");
        scene.wait(call(Sysno::write), Some(file), 10, 4 * MS);
        let finding = find(&scene.analysis()).remove(0);
        for part in [
            "CPU-bound",
            "3.9 s of CPU time in the 4.0 s",
            "9 %",
            "waited 40 ms",
            "compute for 3.9 s",
        ] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
        assert_eq!(finding.tid, Some(scene.thread().tid));
    }

    #[test]
    fn threads_that_compute_at_once_are_one_finding_about_the_program() {
        let mut scene = Scene::new();
        for _ in 0..4 {
            scene.spawn("worker");
            scene.cpu(3 * SECOND, 0);
            scene.back_to_main();
        }
        let found = find(&scene.analysis());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].tid, found[0].count), (None, 4));
    }

    #[test]
    fn a_busy_server_and_a_busy_client_are_healthy() {
        let mut scene = Scene::new();
        scene.cpu(3 * SECOND, 6 * SECOND);
        assert_eq!(find(&scene.analysis()).len(), 1, "nothing but CPU time");
        let mut server = scene.clone();
        server.call(Sysno::accept4, DescriptorKind::Tcp).count = 1;
        assert_eq!(find(&server.analysis()), [], "it accepts");
        for (messages, expected) in [(899, 1), (900, 0)] {
            let mut client = scene.clone();
            client.call(Sysno::sendto, DescriptorKind::Tcp).count = messages;
            assert_eq!(find(&client.analysis()).len(), expected, "{messages} messages");
        }
    }

    #[test]
    fn light_detail_knows_a_busy_loop_by_what_it_was_seen_in() {
        for (moving, expected) in [(4, 1), (5, 0)] {
            let mut scene = Scene::event_loop();
            scene.record.detail = Detail::Light;
            scene.thread().calls.clear();
            scene.cpu(5 * SECOND, 4 * SECOND);
            let mode =
                SampledMode::Call { syscall: Syscall::of(Sysno::write), returns_at_once: true };
            scene.thread().samples = vec![
                Sample { mode, count: moving },
                Sample { mode: SampledMode::User, count: 100 - moving },
            ];
            assert_eq!(find(&scene.analysis()).len(), expected, "{moving} %");
        }
    }

    #[test]
    fn asking_in_vain_is_no_work() {
        assert_eq!(find(&Scene::spinning().analysis()), []);
    }

    #[test]
    fn too_few_cpus_are_found_from_the_thresholds_on() {
        for (cpu_ms, runnable_ms, short, expected) in [
            (6000, 2999, false, Some(Severity::Info)),
            (6000, 3000, true, Some(Severity::Info)),
            (4800, 3000, false, None),
            (2000, 7500, true, Some(Severity::Warn)),
        ] {
            let mut scene = Scene::new();
            scene.cpu(cpu_ms * MS, 0);
            scene.thread().time.runnable_ns = runnable_ms * MS;
            let found = find(&scene.analysis());
            let severity = found.first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{cpu_ms} ms and {runnable_ms} ms");
            let says = found.iter().any(|one| one.evidence.contains("Short of CPUs"));
            assert_eq!(says, short, "{cpu_ms} ms and {runnable_ms} ms: {found:?}");
        }
    }

    #[test]
    fn waiting_for_a_cpu_on_a_busy_machine_is_nothing_where_the_rest_is_io() {
        let mut scene = Scene::new();
        scene.cpu(500 * MS, 0);
        scene.thread().time.runnable_ns = 8500 * MS;
        let file = scene.descriptor(DescriptorKind::File, "/cold");
        scene.wait(call(Sysno::pread64), Some(file), 100, 10 * MS);
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn threads_that_wait_for_each_others_lock_are_found() {
        for (times, each_ms, expected) in [(100, 19, 0), (100, 21, 1), (19, 200, 0), (20, 200, 1)] {
            let scene = Scene::contending(times, each_ms * MS);
            let found = find(&scene.analysis());
            assert_eq!(found.len(), expected, "{times} × {each_ms} ms: {found:?}");
            assert!(found.iter().all(|one| one.evidence.contains("lock")), "{found:?}");
        }
    }
}
