//! A thread that reads or writes a few bytes with each call: the calls cost more than the bytes.
//!
//! Short messages are healthy: a server that answers each request with five bytes needs a call for
//! each. So calls count only where nothing came between them that explains one more: a transfer the
//! other way, an event, a sleep, a file that was opened.
//!
//! Terminals do not count, nor do the descriptors by which loops and threads wake each other up. Light
//! detail does not see calls that return at once.

use whywait_record::{Call, DescriptorKind, Purpose};
use whywait_report::{ThreadModel, escaped};

use super::blocking_in_loop::is_loop;
use super::finding::{place_of, seconds};
use super::language::ByLanguage;
use super::named_call::NamedCall;
use super::total::Total;
use super::{Docs, Finding, FindingRow, calls_lost};
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW05",
    name: "tiny-io",
    weakened_by: |record| [record.losses.threads, calls_lost(record)].into_iter().total(),
    find,
    scales: &[TINY_IO],
    bounds: &[TINY_CALLS, TINY_SHARE, TINY_PER_EXCHANGE],
    docs: Docs {
        means: "\
Nearly all reads or writes of a thread on one kind of descriptor move 16 bytes or fewer,
and nothing explains why: no transfer the other way, no event, no sleep, no file that was opened in
between. A server that answers each request with `+OK` is healthy; one that reads a request byte by
byte is not. Terminals, and the descriptors by which threads wake a loop, do not count.",
        example: r#"```c
while (read(fd, &c, 1) == 1 && c != '\n')
    *line++ = c;
```"#,
        printed: r#""100,000 calls of 100000 such as recvfrom(fd 3, 127.0.0.1:80) moved 16 bytes or fewer,
1 byte each on average: 60 ms inside them (31 % of the thread's CPU time).""#,
        what_to_do: "\
Put a buffer between: `BufReader`, `BufWriter`, `makefile('rb')`,
`BufferedInputStream`, stdio, `cork()`, writev(2).",
    },
};

/// Of `tiny-io`.
const TINY_IO: Scale = Scale {
    part: None,
    seconds_of: "inside the calls, awake",
    share_of: "the thread's CPU time",
    info: level(0.05, 0.002),
    warn: Some(level(0.2, 0.05)),
    high: Some(level(0.5, 1.0)),
};

/// How many tiny calls there must be.
const TINY_CALLS: Bound = Bound {
    name: "calls",
    value: 1000.0,
    unit: Unit::Count,
    meaning: "So many calls that move 16 bytes or fewer at least.",
};

/// Which part of the calls must be tiny.
const TINY_SHARE: Bound = Bound {
    name: "share of calls",
    value: 0.75,
    unit: Unit::Share,
    meaning: "Of the calls that move bytes in that direction on that kind of descriptor.",
};

/// How many tiny calls there must be for each thing that explains one.
const TINY_PER_EXCHANGE: Bound = Bound {
    name: "calls per exchange",
    value: 4.0,
    unit: Unit::Count,
    meaning: "So many for each transfer the other way, each event and each file that was opened: \
              a short answer to each request is no tiny I/O.",
};

/// Looks for it in every thread.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    analysis
        .threads
        .iter()
        .flat_map(|one| {
            Traffic::all(analysis, one)
                .into_iter()
                .filter_map(move |found| found.finding(analysis, one))
        })
        .collect()
}

/// The awake time of all tiny calls that are a finding.
pub(super) fn wasted_ns(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> u64 {
    Traffic::all(analysis, one)
        .iter()
        .filter(|traffic| traffic.is_tiny())
        .map(|all| all.awake_ns)
        .total()
}

/// What one thread moved in one direction on one kind of descriptor.
struct Traffic<'a> {
    purpose: Purpose,
    calls: u64,
    tiny: u64,
    /// Things that each explain one more call.
    exchanges: u64,
    awake_ns: u64,
    most: &'a Call,
}

impl<'a> Traffic<'a> {
    fn all(analysis: &Analysis<'_>, one: &ThreadAnalysis<'a>) -> Vec<Self> {
        let mut all = Vec::new();
        let mut seen = Vec::new();
        for call in &one.thread.calls {
            let purpose = call.syscall.purpose();
            let moves = matches!(purpose, Purpose::Receives | Purpose::Sends);
            if moves && call.tiny > 0 && !seen.contains(&(purpose, call.kind)) {
                seen.push((purpose, call.kind));
                all.extend(Self::of(analysis, one, purpose, call.kind));
            }
        }
        all
    }

    fn of(
        analysis: &Analysis<'_>,
        one: &ThreadAnalysis<'a>,
        purpose: Purpose,
        kind: DescriptorKind,
    ) -> Option<Self> {
        if is_left_out(analysis, one, kind) {
            return None;
        }
        let calls = || one.thread.calls.iter();
        let here = || calls().filter(|call| call.kind == kind && call.syscall.purpose() == purpose);
        let opposite = if purpose == Purpose::Sends { Purpose::Receives } else { Purpose::Sends };
        let explains = |call: &&Call| match call.syscall.purpose() {
            Purpose::Opens => kind == DescriptorKind::File,
            other => kind != DescriptorKind::File && call.kind == kind && other == opposite,
        };
        let events: u64 = calls()
            .filter(|call| kind != DescriptorKind::File && call.syscall.purpose().asks())
            .map(|call| call.returned)
            .total();
        let slept: u64 = here().map(|call| call.slept).total();
        let asleep_ns: u64 = one
            .thread
            .waits
            .iter()
            .filter(|wait| wait.kind == kind && Purpose::of(wait.syscall) == purpose)
            .map(|wait| wait.waiting_ns.saturating_add(wait.runnable_ns))
            .total();
        Some(Self {
            purpose,
            calls: here().map(fruitful).total(),
            tiny: here().map(|call| call.tiny).total(),
            exchanges: calls().filter(explains).map(fruitful).chain([events, slept]).total(),
            awake_ns: here().map(|call| call.total_ns).total().saturating_sub(asleep_ns),
            most: here().max_by_key(|call| call.tiny)?,
        })
    }

    fn is_tiny(&self) -> bool {
        self.tiny >= TINY_CALLS.count()
            && crate::share(self.tiny, self.calls) >= TINY_SHARE.value
            && self.tiny as f64 >= TINY_PER_EXCHANGE.value * self.exchanges as f64
    }

    fn finding(&self, analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
        let share = crate::share(self.awake_ns, one.ledger.cpu_ns());
        let severity = TINY_IO.severity(seconds(self.awake_ns), share)?;
        if !self.is_tiny() {
            return None;
        }
        let most = self.most;
        let at = analysis
            .record
            .slow_calls
            .iter()
            .filter(|call| call.tid == one.thread.tid && call.syscall == Some(most.syscall))
            .find_map(|call| place_of(&call.stack));
        Some(Finding {
            key: format!("{} {:?} {:?}", escaped(&one.thread.name), most.syscall, most.kind),
            evidence: format!(
                "{} of {} such as {} moved {} bytes or fewer, {} each on average: {} inside \
                 them ({} of the thread's CPU time).",
                count(self.tiny, "call"),
                self.calls,
                NamedCall::of(analysis.record, Some(most.syscall), most.example),
                Call::TINY_BYTES,
                count(most.returned / fruitful(most).max(1), "byte"),
                time(self.awake_ns),
                percent(share)
            ),
            advice: if self.purpose == Purpose::Sends { WRITE_MORE } else { READ_MORE }
                .for_process(one.process)
                .to_owned(),
            count: self.tiny,
            seconds: seconds(self.awake_ns),
            share,
            at,
            ..Finding::about(one.process, one.thread, severity)
        })
    }
}

/// How many of the calls moved something.
fn fruitful(call: &Call) -> u64 {
    let fruitless = [call.would_block, call.failed, call.empty].into_iter().total();
    call.count.saturating_sub(fruitless)
}

/// Whether a few bytes are what such a descriptor is for.
fn is_left_out(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, kind: DescriptorKind) -> bool {
    match kind {
        // By a byte over one of these, threads tell a loop that there is something to do.
        DescriptorKind::Pipe | DescriptorKind::Unix => {
            let pid = one.process.pid;
            one.model == ThreadModel::PoolWorker || analysis.threads_in(pid).any(is_loop)
        }
        DescriptorKind::File
        | DescriptorKind::Tcp
        | DescriptorKind::Udp
        | DescriptorKind::Socket
        | DescriptorKind::CharDevice
        | DescriptorKind::BlockDevice => false,
        DescriptorKind::None
        | DescriptorKind::Directory
        | DescriptorKind::Epoll
        | DescriptorKind::Eventfd
        | DescriptorKind::Timerfd
        | DescriptorKind::Signalfd
        | DescriptorKind::Ring
        | DescriptorKind::Inotify
        | DescriptorKind::Pidfd
        | DescriptorKind::Terminal
        | DescriptorKind::Other => true,
    }
}

const WRITE_MORE: ByLanguage = ByLanguage {
    python: "Collect what is written and write it in one call: a file with a buffer \
             (`io.BufferedWriter`), or one `sendall`.",
    ruby: "Collect what is written and write it in one call: `sync = false`, or one `write`.",
    node: "Collect what is written and write it in one call: `cork()`.",
    java: "Collect what is written and write it in one call: `BufferedOutputStream`.",
    rust: "Collect what is written and write it in one call: `BufWriter`.",
    other: "Collect what is written and write it in one call: the buffer of stdio (`setvbuf`), `\\n` \
            instead of `std::endl`, or writev(2).",
};

const READ_MORE: ByLanguage = ByLanguage {
    python: "Read as much as there is and take it apart in memory: `makefile('rb')`, or \
             `asyncio.StreamReader`. What was read ahead is not there for others.",
    java: "Read as much as there is and take it apart in memory: `BufferedInputStream`. What was \
           read ahead is not there for others.",
    rust: "Read as much as there is and take it apart in memory: `BufReader`. What was read ahead \
           is not there for others.",
    ..ByLanguage::all(
        "Read as much as there is and take it apart in memory, as stdio does. What was read ahead \
         is not there for others.",
    )
};

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{Call, DescriptorKind};
    use whywait_report::{Severity, ThreadModel};

    use super::TINY_CALLS;
    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene};

    /// A thread with 10 s of CPU time that makes so many one-byte calls.
    fn moving(number: Sysno, kind: DescriptorKind, times: u64, awake_ns: u64) -> Scene {
        let mut scene = Scene::new();
        scene.cpu(4 * SECOND, 6 * SECOND);
        let example = scene.descriptor(kind, "/data/tiny");
        let call = scene.call(number, kind);
        (call.count, call.tiny, call.returned, call.total_ns) = (times, times, times, awake_ns);
        call.example = Some(example);
        scene.model = Some(ThreadModel::Blocking);
        scene
    }

    #[test]
    fn one_byte_at_a_time_is_found_from_its_thresholds_on() {
        for (times, awake_ms, expected) in [
            (999, 5000, None),
            (1000, 499, None),
            (1000, 500, Some(Severity::Info)),
            (1000, 2000, Some(Severity::Warn)),
            (1000, 5000, Some(Severity::High)),
        ] {
            let scene = moving(Sysno::write, DescriptorKind::File, times, awake_ms * MS);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{times} in {awake_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_file() {
        let scene = moving(Sysno::read, DescriptorKind::File, 100_000, 4 * SECOND);
        let finding = find(&scene.analysis()).remove(0);
        for part in ["100,000 calls of 100000", "read(fd 10, /data/tiny)", "1 byte each", "40 %"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
        assert!(finding.advice.starts_with("Read as much"), "{}", finding.advice);
    }

    #[test]
    fn short_answers_to_requests_are_healthy() {
        for (requests, expected) in [(25_000, 1), (25_001, 0), (100_000, 0)] {
            let mut scene = moving(Sysno::write, DescriptorKind::Tcp, 100_000, 5 * SECOND);
            scene.call(Sysno::read, DescriptorKind::Tcp).count = requests;
            assert_eq!(find(&scene.analysis()).len(), expected, "{requests}");
        }
    }

    #[test]
    fn short_messages_that_come_one_by_one_are_healthy() {
        let mut scene = moving(Sysno::recvfrom, DescriptorKind::Tcp, 100_000, 5 * SECOND);
        scene.thread().calls[0].slept = 50_000;
        assert_eq!(find(&scene.analysis()), [], "each waited for");
        let mut scene = moving(Sysno::recvfrom, DescriptorKind::Tcp, 100_000, 5 * SECOND);
        scene.call(Sysno::epoll_wait, DescriptorKind::Epoll).returned = 50_000;
        assert_eq!(find(&scene.analysis()), [], "each an event");
    }

    #[test]
    fn small_files_are_read_by_one_call_each() {
        let mut scene = moving(Sysno::read, DescriptorKind::File, 100_000, 5 * SECOND);
        scene.call(Sysno::openat, DescriptorKind::None).count = 100_000;
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn lengths_before_messages_are_healthy() {
        let mut scene = moving(Sysno::read, DescriptorKind::Pipe, 10_000, 5 * SECOND);
        assert_eq!(find(&scene.analysis()).len(), 1, "tiny ones alone");
        scene.thread().calls[0].count = 20_000;
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn wake_ups_and_terminals_are_left_out() {
        use DescriptorKind::{Eventfd, Pipe, Terminal, Timerfd, Unix};
        for (kind, model) in [
            (Eventfd, ThreadModel::Blocking),
            (Terminal, ThreadModel::Blocking),
            (Timerfd, ThreadModel::EventLoop),
            (Pipe, ThreadModel::EventLoop),
            (Unix, ThreadModel::PoolWorker),
        ] {
            let mut scene = moving(Sysno::write, kind, 100_000, 5 * SECOND);
            scene.model = Some(model);
            assert_eq!(find(&scene.analysis()), [], "{kind:?} in {model:?}");
        }
    }

    #[test]
    fn the_bound_says_how_many_bytes_are_tiny() {
        assert!(TINY_CALLS.meaning.contains(&format!(" {} bytes ", Call::TINY_BYTES)));
    }
}
