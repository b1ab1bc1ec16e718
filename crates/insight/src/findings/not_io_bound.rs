//! A program whose speed is not that of its I/O: it computes, lets the kernel work, waits for its own
//! locks, or has too few CPUs. Another I/O model would not make it faster.
//!
//! Programs that serve, or talk to others all the time, do not count: what they compute is what they
//! were asked for, and a server under full load is healthy.

use whywait_record::{DescriptorKind, Detail, Process, Purpose, Sample, SampledMode};
use whywait_report::{BoundBy, Severity};

use super::blocking_in_loop::is_loop;
use super::finding::seconds;
use super::kernel_work::{KernelWork, Work as KernelTask};
use super::language::{ByLanguage, Language, is_internal_to_jvm};
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use super::{busy_wait, tiny_io};
use crate::facts::listens;
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{count, percent, time};
use crate::{Analysis, Ledger, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW08",
    name: "not-io-bound",
    weakened_by: |record| record.losses.threads,
    find,
    scales: &[NOT_IO_BOUND_CPU, NOT_IO_BOUND_LOCK, NOT_IO_BOUND_RUNNABLE],
    bounds: &[WORKING_SHARE, KERNEL_SHOWN, ALL_CPUS, LOCK_WAITS, CPU_PER_MESSAGE, TRANSFERS],
    docs: Docs {
        means: "\
The program's speed is not that of its waits for I/O. The evidence says what it depends
on instead. *CPU-bound*: its threads compute, and wait for less time than they do so. *CPU-bound,
most of it in the kernel*: the evidence names the system calls and what the kernel did in them,
such as copying, path look-ups or starting processes; page faults count as computing. *Bound by a
lock*: its threads wait for each other in turn. *Short of CPUs*: its threads have work and wait for
a CPU; that the program itself had all CPUs is said only where it did. Programs that serve
connections, or talk over the network all the time, are left out: a server under full load is
healthy.",
        example: "\
```python
for path in paths:
    with open(path, \"w\") as file:           # next to nothing
        file.write(\"\".join(random.choice(CHARACTERS) for _ in range(10000)))
```",
        printed: r#""CPU-bound: 1 working thread used 3.9 s of CPU time in the 4.1 s watched, 3 % of it
inside system calls. Waits for peers and disks took 20 ms. If no I/O took any time, the busiest
thread would still compute for 3.8 s.""#,
        what_to_do: "\
Computing: make it cheaper (`perf record -g`, `py-spy record`, `node --cpu-prof`
show where it is) or spread it over CPUs. The kernel: make fewer, larger calls, keep files open,
start fewer processes. A lock: hold it for a shorter time; that of an interpreter by processes
instead of threads. Too few CPUs: no more threads that compute than there are CPUs.",
    },
};

/// Of `not-io-bound` because of work on a CPU.
const NOT_IO_BOUND_CPU: Scale = Scale {
    part: None,
    seconds_of: "CPU time of the program, without polling without a result",
    share_of: "the time watched in which its busiest thread did not wait for a CPU, 1 at most",
    info: level(0.7, 0.3),
    warn: None,
    high: None,
};

/// Of `not-io-bound` because of locks.
const NOT_IO_BOUND_LOCK: Scale = Scale {
    part: Some("locks"),
    seconds_of: "waiting for locks, of the threads that contend",
    share_of: "these threads' lives",
    info: level(0.2, 0.1),
    warn: Some(level(0.4, 0.5)),
    high: None,
};

/// Of `not-io-bound` because of too few CPUs.
const NOT_IO_BOUND_RUNNABLE: Scale = Scale {
    part: Some("CPUs"),
    seconds_of: "ready to run and not running, of the threads that work",
    share_of: "these threads' lives",
    info: level(0.3, 0.2),
    warn: Some(level(0.5, 1.0)),
    high: None,
};

/// The share of the busiest thread's CPU time from which on a thread works.
const WORKING_SHARE: Bound = Bound {
    name: "working thread",
    value: 0.2,
    unit: Unit::Share,
    meaning: "A thread works that has this share of the CPU time of the busiest one.",
};

/// How often a thread must wait for a lock.
const LOCK_WAITS: Bound = Bound {
    name: "waits for a lock",
    value: 20.0,
    unit: Unit::Count,
    meaning: "A thread contends that sleeps this often in futex(2) at least: fewer are threads that \
              wait for work or for each other's end.",
};

/// CPU time per call on a socket from which on a program does not live by its sockets.
const CPU_PER_MESSAGE: Bound = Bound {
    name: "CPU per message",
    value: 0.01,
    unit: Unit::Time,
    meaning: "A program that uses less CPU than this per call on a socket is busy serving, and \
              healthy.",
};

/// In light detail, the part of a loop's samples from which on it is busy moving data.
const TRANSFERS: Bound = Bound {
    name: "samples that move data",
    value: 0.05,
    unit: Unit::Share,
    meaning: "In light detail, a loop that is seen this often in calls that move data is busy serving.",
};

/// From which share on the kernel's part of the CPU time is broken down by call.
const KERNEL_SHOWN: Bound = Bound {
    name: "kernel work",
    value: 0.2,
    unit: Unit::Share,
    meaning: "The calls are named for which the kernel worked if it had this much of the CPU time.",
};

/// From which share of the machine's CPU time on the program itself has all CPUs.
const ALL_CPUS: Bound = Bound {
    name: "all CPUs",
    value: 0.9,
    unit: Unit::Share,
    meaning: "The program itself has all CPUs if it used this much of their time.",
};

/// Looks at the program as a whole: one finding at most.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let work = Work::of(analysis);
    let Some(busiest) = work.busiest else { return Vec::new() };
    if is_serving(analysis, &work) {
        return Vec::new();
    }
    let mut limits: Vec<_> =
        [contention(analysis), cpu_time(analysis, &work, busiest), shortage(analysis, &work)]
            .into_iter()
            .flatten()
            .collect();
    // The one that takes most time is said first and decides what to do.
    limits.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let Some(first) = limits.first() else { return Vec::new() };
    let evidence: Vec<_> = limits.iter().map(|limit| limit.reason.evidence()).collect();
    let alone = busiest.ledger.cpu_ns() as f64 >= 0.9 * work.cpu_ns as f64;
    vec![Finding {
        tid: alone.then_some(busiest.thread.tid),
        key: String::new(),
        evidence: evidence.join(" "),
        advice: first.reason.advice(Language::of(first.reason.process(busiest))),
        count: work.threads,
        seconds: first.seconds,
        share: first.share,
        bound_by: limits.iter().map(|limit| limit.reason.bound_by()).collect(),
        ..Finding::about(busiest.process, busiest.thread, first.severity)
    }]
}

/// What the threads of a program did, all together.
struct Work<'s, 'a> {
    /// The thread with the most CPU time.
    busiest: Option<&'s ThreadAnalysis<'a>>,
    /// Threads that have a part in it.
    threads: u64,
    /// On a CPU, without polling without a result and without moving a byte at a time, which are
    /// findings of their own.
    cpu_ns: u64,
    /// Of the threads that have a part in it: how long they lived, were ready to run, and ran.
    lived_ns: u64,
    runnable_ns: u64,
    working_ns: u64,
    /// Of the same: waiting for peers and disks.
    io_ns: u64,
    /// And for events and the end of a time.
    idle_ns: u64,
    /// Of all threads, inside calls.
    kernel_ns: u64,
    /// The same by call, of the threads that have a part in it.
    kernel: KernelWork,
}

impl<'s, 'a> Work<'s, 'a> {
    fn of(analysis: &'s Analysis<'a>) -> Self {
        let useful: Vec<_> =
            analysis.threads.iter().map(|one| (one, useful_ns(analysis, one))).collect();
        let most_ns = useful.iter().map(|(_, useful_ns)| *useful_ns).max().unwrap_or(0);
        let has_part = |useful_ns: u64| {
            useful_ns > 0 && crate::share(useful_ns, most_ns) >= WORKING_SHARE.value
        };
        let working: Vec<_> =
            useful.iter().copied().filter(|(_, useful_ns)| has_part(*useful_ns)).collect();
        let sum = |of: fn(&Ledger) -> u64| working.iter().map(|(one, _)| of(&one.ledger)).total();
        let mut kernel = KernelWork::default();
        for (one, _) in &working {
            kernel.add(&KernelWork::of(analysis.record.detail, one.thread));
        }
        Self {
            busiest: analysis.threads.iter().max_by_key(|one| one.ledger.cpu_ns()),
            threads: working.len() as u64,
            cpu_ns: useful.iter().map(|(_, useful_ns)| *useful_ns).total(),
            lived_ns: sum(Ledger::lived_ns),
            runnable_ns: sum(|ledger| ledger.runnable_ns),
            working_ns: working.iter().map(|(_, useful_ns)| *useful_ns).total(),
            io_ns: sum(|ledger| ledger.data_ns.saturating_add(ledger.disk_ns)),
            idle_ns: sum(|ledger| ledger.sleep_ns.saturating_add(ledger.multiplexer_ns)),
            kernel_ns: analysis.threads.iter().map(|one| one.ledger.cpu_kernel_ns).total(),
            kernel,
        }
    }
}

/// CPU time that is not spent on what other findings are about. The kernel's own workers of
/// io_uring do I/O.
fn useful_ns(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> u64 {
    if one.thread.io_worker {
        return 0;
    }
    let wasted_ns =
        busy_wait::wasted_ns(analysis, one).saturating_add(tiny_io::wasted_ns(analysis, one));
    one.ledger.cpu_ns().saturating_sub(wasted_ns)
}

/// Something other than I/O that decides how long the program takes, and how much it costs.
struct Limit<'a> {
    reason: Reason<'a>,
    severity: Severity,
    seconds: f64,
    share: f64,
}

impl<'a> Limit<'a> {
    fn new(scale: Scale, time_ns: u64, share: f64, reason: Reason<'a>) -> Option<Self> {
        let seconds = seconds(time_ns);
        let severity = scale.severity(seconds, share)?;
        Some(Self { reason, severity, seconds, share })
    }
}

/// What decides it.
enum Reason<'a> {
    /// Its own computation.
    Computing(CpuTime),
    /// What the kernel does in its calls.
    KernelWork(CpuTime),
    /// A lock that its threads hold in turn.
    Lock { process: &'a Process, threads: u64, waited_ns: u64, share: f64 },
    /// Too few CPUs for its threads.
    Cpus { threads: u64, of: u64, waited_ns: u64, share: f64, taken_by: TakenBy },
}

/// Time on a CPU, and what it was for.
struct CpuTime {
    threads: u64,
    cpu_ns: u64,
    wall_ns: u64,
    io_wait_ns: u64,
    kernel_share: f64,
    kernel: KernelWork,
    /// What the busiest thread would still take if I/O took no time, in the kernel either.
    without_io_ns: u64,
}

/// What had the CPUs while threads of the program waited for one.
enum TakenBy {
    /// The program itself had that many, all of the machine.
    Itself(u64),
    /// Other programs, or nothing because of a limit: not observed.
    Unknown,
}

impl Reason<'_> {
    fn bound_by(&self) -> BoundBy {
        match self {
            Self::Computing(_) => BoundBy::Computing,
            Self::KernelWork(_) => BoundBy::KernelWork,
            Self::Lock { .. } => BoundBy::Lock,
            Self::Cpus { .. } => BoundBy::Cpus,
        }
    }

    /// The process that the advice is for.
    fn process<'s>(&'s self, busiest: &'s ThreadAnalysis<'_>) -> &'s Process {
        match self {
            Self::Lock { process, .. } => process,
            _ => busiest.process,
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::Computing(cpu) => format!("CPU-bound: {}", cpu.in_words()),
            Self::KernelWork(cpu) => {
                format!("CPU-bound, most of it in the kernel: {}", cpu.in_words())
            }
            Self::Lock { threads, waited_ns, share, .. } => format!(
                "Bound by a lock: {} waited for each other for {} ({} of their lives).",
                count(*threads, "thread"),
                time(*waited_ns),
                percent(*share)
            ),
            Self::Cpus { threads, of, waited_ns, share, taken_by } => format!(
                "Short of CPUs: {threads} of {} had work to do and waited for a CPU for {}, {} of \
                 the time{}.",
                count(*of, "thread"),
                time(*waited_ns),
                percent(*share),
                match taken_by {
                    TakenBy::Itself(1) => ", while others of them had the only CPU".to_owned(),
                    TakenBy::Itself(cpus) => format!(", while others of them had all {cpus} CPUs"),
                    TakenBy::Unknown => String::new(),
                }
            ),
        }
    }

    fn advice(&self, language: Language) -> String {
        match self {
            Self::Computing(cpu) => {
                let kernel = cpu.shown_kernel().and_then(|kernel| kernel.most());
                let kernel = kernel.map(|most| format!(" In the kernel: {}", most.advice()));
                format!(
                    "Another I/O model cannot make it faster. {}{}",
                    COMPUTE_LESS.of(language),
                    kernel.unwrap_or_default()
                )
            }
            Self::KernelWork(cpu) => {
                let most = cpu.kernel.most().unwrap_or(KernelTask::Other);
                format!("{} `perf record -g` shows where in the kernel it goes.", most.advice())
            }
            Self::Lock { .. } => SHORTER_LOCKS.of(language).to_owned(),
            Self::Cpus { taken_by: TakenBy::Itself(_), .. } => {
                "More threads or another I/O model cannot make it faster. Start no more threads and \
                 processes that compute than there are CPUs, or give it more CPUs."
                    .to_owned()
            }
            Self::Cpus { taken_by: TakenBy::Unknown, .. } => {
                "More threads or another I/O model cannot make it faster. Look at what has the CPUs \
                 (`top`), and whether a limit of its cgroup stops it (`nr_throttled` in cpu.stat)."
                    .to_owned()
            }
        }
    }
}

impl CpuTime {
    fn in_words(&self) -> String {
        let mut kernel = format!("{} of it inside system calls", percent(self.kernel_share));
        if let Some(shown) = self.shown_kernel() {
            kernel += &format!(": {}", shown.in_words());
        }
        let waits = match self.io_wait_ns {
            0 => "There were no waits for peers and disks".to_owned(),
            waited_ns => format!("Waits for peers and disks took {}", time(waited_ns)),
        };
        format!(
            "{} used {} of CPU time in the {} watched, {kernel}. {waits}. If no I/O took any \
             time, the busiest thread would still compute for {}.",
            count(self.threads, "working thread"),
            time(self.cpu_ns),
            time(self.wall_ns),
            time(self.without_io_ns)
        )
    }

    /// What the kernel did, where that is a large enough part and the calls are known.
    fn shown_kernel(&self) -> Option<&KernelWork> {
        let is_shown = self.kernel_share >= KERNEL_SHOWN.value && self.kernel.most().is_some();
        is_shown.then_some(&self.kernel)
    }
}

const COMPUTE_LESS: ByLanguage = ByLanguage {
    python: "Make the computation cheaper (`py-spy record` shows where it is), or spread it over \
             CPUs by processes: threads of Python compute one at a time.",
    ruby: "Make the computation cheaper (`rbspy record` shows where it is), or spread it over CPUs \
           by processes: threads of Ruby compute one at a time.",
    node: "Make the computation cheaper (`node --cpu-prof` shows where it is), or spread it over \
           CPUs by `worker_threads` or processes.",
    java: "Make the computation cheaper (async-profiler or Java Flight Recorder show where it is), \
           or spread it over CPUs by threads.",
    ..ByLanguage::all(
        "Make the computation cheaper (`perf record -g` shows where it is), or spread it over \
            CPUs by threads or processes.",
    )
};

const SHORTER_LOCKS: ByLanguage = ByLanguage {
    python: "Where the threads compute, it is the interpreter's lock (the GIL), and only one of \
             them computes at a time: use processes. For a lock of the program, hold it for a \
             shorter time or give each thread data of its own.",
    ruby: "Where the threads compute, it is the virtual machine's lock (the GVL), and only one of \
           them computes at a time: use processes. For a lock of the program, hold it for a \
           shorter time or give each thread data of its own.",
    ..ByLanguage::all("Hold the lock for a shorter time, or give each thread data of its own.")
};

fn cpu_time<'a>(
    analysis: &Analysis<'_>,
    work: &Work<'_, '_>,
    busiest: &ThreadAnalysis<'_>,
) -> Option<Limit<'a>> {
    let wall_ns = analysis.record.wall_ns;
    // While it waited for a CPU it would have computed.
    let had_cpu_ns = wall_ns.saturating_sub(busiest.ledger.runnable_ns);
    // Several threads that each wait for longer than they compute add up to more than one CPU has,
    // and are no computation.
    if work.io_ns.saturating_add(work.idle_ns) > work.working_ns {
        return None;
    }
    let detail = analysis.record.detail;
    let io_ns = KernelWork::of(detail, busiest.thread).io_ns();
    let kernel_share = crate::share(work.kernel_ns, work.cpu_ns);
    let cpu = CpuTime {
        threads: work.threads,
        cpu_ns: work.cpu_ns,
        wall_ns,
        io_wait_ns: work.io_ns,
        kernel_share,
        kernel: work.kernel.clone(),
        without_io_ns: busiest.ledger.cpu_ns().saturating_sub(io_ns),
    };
    let reason = if kernel_share > 0.5 { Reason::KernelWork(cpu) } else { Reason::Computing(cpu) };
    let share = crate::share(work.cpu_ns, had_cpu_ns);
    Limit::new(NOT_IO_BOUND_CPU, work.cpu_ns, share, reason)
}

fn contention<'a>(analysis: &Analysis<'a>) -> Option<Limit<'a>> {
    let contending: Vec<_> =
        analysis.threads.iter().filter(|one| waits_for_locks(analysis, one)).collect();
    // A lock is held by one thread while another waits for it.
    let [first, _, ..] = contending.as_slice() else { return None };
    let waited_ns = contending.iter().map(|one| one.ledger.lock_ns).total();
    let lived_ns = contending.iter().map(|one| one.ledger.lived_ns()).total();
    let share = crate::share(waited_ns, lived_ns);
    let threads = contending.len() as u64;
    let reason = Reason::Lock { process: first.process, threads, waited_ns, share };
    Limit::new(NOT_IO_BOUND_LOCK, waited_ns, share, reason)
}

/// Whether the thread and others wait for each other's lock. A thread that spins between its sleeps
/// is told so by `busy-wait`.
fn waits_for_locks(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> bool {
    let least = LOCK_WAITS.count().saturating_mul(one.thread.merged_count);
    let spins = busy_wait::wasted_ns(analysis, one).saturating_mul(2) > one.ledger.cpu_ns();
    one.contends
        && futex_sleeps(one) >= least
        && !spins
        && !is_internal_to_jvm(one.process, one.thread)
}

fn shortage<'a>(analysis: &Analysis<'_>, work: &Work<'_, '_>) -> Option<Limit<'a>> {
    let share = crate::share(work.runnable_ns, work.lived_ns);
    // On a busy machine all threads wait for a CPU. What they did when they had one says whether
    // they could have used more of it.
    let rest_ns = work.lived_ns.saturating_sub(work.runnable_ns);
    if crate::share(work.working_ns, rest_ns) < NOT_IO_BOUND_CPU.info.share {
        return None;
    }
    let reason = Reason::Cpus {
        threads: work.threads,
        of: analysis.threads.len() as u64,
        waited_ns: work.runnable_ns,
        share,
        taken_by: TakenBy::of(analysis),
    };
    Limit::new(NOT_IO_BOUND_RUNNABLE, work.runnable_ns, share, reason)
}

impl TakenBy {
    fn of(analysis: &Analysis<'_>) -> Self {
        let record = analysis.record;
        let Some(cpus) = record.capture.host.as_ref().map(|host| host.cpus) else {
            return Self::Unknown;
        };
        let all_ns = record.wall_ns.saturating_mul(cpus);
        let cpu_ns = analysis.threads.iter().map(|one| one.ledger.cpu_ns()).total();
        // More than all of them: whywait itself may use fewer CPUs than the program.
        let is_known = cpu_ns <= all_ns.saturating_add(all_ns / 20);
        if is_known && crate::share(cpu_ns, all_ns) >= ALL_CPUS.value {
            Self::Itself(cpus)
        } else {
            Self::Unknown
        }
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
fn is_serving(analysis: &Analysis<'_>, work: &Work<'_, '_>) -> bool {
    let record = analysis.record;
    let used = |descriptor| record.descriptor(descriptor);
    let mut open = record.processes.iter().flat_map(|process| &process.descriptors);
    let listens_already = open.any(|open| open.listening);
    let takes_connections = listens_already
        || analysis.threads.iter().any(|one| {
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
    use whywait_record::{DescriptorKind, Detail, Host, Sample, SampledMode, Syscall};
    use whywait_report::{BoundBy, Severity};

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
            "took 40 ms",
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

    /// A program of 4 s whose only thread computes for 500 ms and is in write(2) for 3 s.
    fn copying() -> Scene {
        let mut scene = Scene::lasting(4 * SECOND);
        scene.cpu(500 * MS, 3 * SECOND);
        let calls = scene.call(Sysno::write, DescriptorKind::File);
        (calls.count, calls.total_ns) = (1000, 3 * SECOND);
        scene
    }

    #[test]
    fn kernel_time_is_said_by_call_and_is_not_called_computing() {
        let mut scene = copying();
        scene.record.processes[0].command.executable = Some("/usr/bin/python3".into());
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!(finding.bound_by, [BoundBy::KernelWork]);
        for part in ["in the kernel", "3.0 s copying data (write)", "still compute for 500 ms"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
        assert!(!finding.advice.contains("py-spy"), "{}", finding.advice);
    }

    #[test]
    fn kernel_time_that_is_not_for_io_would_remain() {
        let mut scene = copying();
        scene.thread().calls[0].syscall = Syscall::of(Sysno::munmap);
        let finding = find(&scene.analysis()).remove(0);
        assert!(finding.evidence.contains("still compute for 3.5 s"), "{}", finding.evidence);
        assert!(finding.advice.contains("Keep buffers"), "{}", finding.advice);
    }

    #[test]
    fn the_lock_of_an_interpreter_is_named_to_its_programs_only() {
        for (program, has, lacks) in [
            ("/usr/bin/python3.11", "(the GIL)", "GVL"),
            ("/usr/bin/ruby3.1", "(the GVL)", "GIL"),
            ("/usr/bin/java", "shorter", "interpreter"),
            ("./scene", "shorter", "interpreter"),
        ] {
            let mut scene = Scene::contending(1000, 5 * MS);
            scene.record.processes[0].command.executable = Some(program.into());
            let finding = find(&scene.analysis()).remove(0);
            assert_eq!(finding.bound_by.first(), Some(&BoundBy::Lock));
            let advice = &finding.advice;
            assert!(advice.contains(has) && !advice.contains(lacks), "{program}: {advice}");
        }
    }

    #[test]
    fn one_thread_alone_a_spin_the_jvm_and_a_server_are_not_bound_by_a_lock() {
        let contending = || Scene::contending(1000, 5 * MS);
        let mut alone = contending();
        alone.record.processes[0].threads[1].waits[0].count = 1;
        let mut spin = contending();
        spin.spin(1_000_000, 3 * SECOND);
        spin.record.processes[0].threads[1].calls = spin.thread().calls.clone();
        spin.record.processes[0].threads[1].time.spinning_ns = 3 * SECOND;
        let mut jvm = contending();
        jvm.record.processes[0].command.executable = Some("/usr/bin/java".into());
        jvm.record.processes[0].threads[1].name = "C1 CompilerThre".into();
        let mut server = contending();
        server.call(Sysno::accept4, DescriptorKind::Tcp).count = 1;
        for (what, scene) in [("alone", alone), ("spin", spin), ("jvm", jvm), ("server", server)] {
            let found = find(&scene.analysis());
            let locked = found.iter().any(|one| one.bound_by.contains(&BoundBy::Lock));
            assert!(!locked, "{what}: {found:?}");
        }
    }

    #[test]
    fn others_had_the_cpus_only_where_that_is_known() {
        for (cpus, says) in [(None, false), (Some(4), false), (Some(2), true)] {
            let mut scene = Scene::new();
            scene.record.capture.host = cpus.map(|cpus| Host {
                kernel: String::new(),
                cpus,
                cpu_model: None,
                memory_bytes: 0,
            });
            for _ in 0..4 {
                scene.spawn("worker");
                scene.cpu(5 * SECOND, 0);
                scene.thread().time.runnable_ns = 5 * SECOND;
                scene.back_to_main();
            }
            let finding = find(&scene.analysis()).remove(0);
            assert!(finding.bound_by.contains(&BoundBy::Cpus), "{finding:?}");
            let evidence = &finding.evidence;
            assert_eq!(evidence.contains("others of them had all 2 CPUs"), says, "{evidence}");
        }
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
    fn polling_without_a_result_is_no_work() {
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
