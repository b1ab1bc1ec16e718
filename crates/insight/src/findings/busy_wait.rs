//! A thread that polls, and uses a CPU until there is a result.
//!
//! A thread that polls memory is not found: no call of the kernel shows that, and from outside such
//! a thread computes.

use std::collections::BTreeMap;

use whywait_record::{
    Call, Category, Control, Detail, Purpose, SampledMode, Syscall, ThreadTime, Wait,
};
use whywait_report::{Severity, ThreadModel, escaped};

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
    code: "WW02",
    name: "busy-wait",
    weakened_by: |record| [record.losses.threads, calls_lost(record)].into_iter().total(),
    find,
    scales: &[BUSY_WAIT],
    bounds: &[FRUITLESS_CPU, POLLING_SLEEP, POLLING_SLEEPS, POLLING_SHARE, YIELDING_SHARE],
    docs: Docs {
        means: "\
A thread asks again and again whether something is ready (a call that would block, a
question for events with a time limit of 0, `sched_yield`) and uses a CPU until it is. A thread
that computes between its questions does not; one that sleeps for a moment between them uses no CPU
but notices late, which is `info`. One empty read after each read with a result is how a wake-up
pipe or an edge-triggered socket is drained, and is no busy wait; neither is a connect(2) in
progress, nor the end of a stream. A thread that polls memory makes no call, and cannot be told
from one that computes.",
        example: "\
```python
while True:
    try:
        data = server.recv(65536)           # a non-blocking socket
        break
    except BlockingIOError:
        pass
```",
        printed: r#""It polled 1,234,567 times without a result by recvfrom(fd 3, 127.0.0.1:80): 1.1 s on
a CPU and 1.0 ms waiting for one to do so (92 % of the thread's life).""#,
        what_to_do: "\
Wait by epoll_wait(2) or poll(2) with a time limit, or make the call blocking.
`whywait compare --models nonblocking,epoll` shows what polling costs.",
    },
};

/// Of `busy-wait`.
const BUSY_WAIT: Scale = Scale {
    part: None,
    seconds_of: "on a CPU or waiting for one, asking without a result",
    share_of: "the thread's life",
    info: level(0.05, 0.05),
    warn: Some(level(0.2, 0.1)),
    high: Some(level(0.5, 0.5)),
};

/// How much CPU time a fruitless question may take.
const FRUITLESS_CPU: Bound = Bound {
    name: "CPU per question",
    value: ThreadTime::FRUITLESS_NS as f64 / 1e9,
    unit: Unit::Time,
    meaning: "A thread that computes longer than this between two fruitless questions does work \
              between them.",
};

/// How long the sleeps of a thread may be that polls.
const POLLING_SLEEP: Bound = Bound {
    name: "polling sleep",
    value: 0.005,
    unit: Unit::Time,
    meaning: "Sleeps up to this long between questions that would block are polling (`info`).",
};

/// How many such sleeps there must be.
const POLLING_SLEEPS: Bound = Bound {
    name: "polling sleeps",
    value: 100.0,
    unit: Unit::Count,
    meaning: "So many of them at least.",
};

/// The share of a thread's life that polling sleeps take.
const POLLING_SHARE: Bound = Bound {
    name: "share of polling sleeps",
    value: 0.3,
    unit: Unit::Share,
    meaning: "They take this much of the thread's life.",
};

/// Which part of a thread's calls must be sched_yield(2).
const YIELDING_SHARE: Bound = Bound {
    name: "share of sched_yield",
    value: 0.9,
    unit: Unit::Share,
    meaning: "A thread that calls sched_yield(2) spins if so many of its calls are that.",
};

/// Looks for it in every thread.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let threads = analysis.threads.iter().filter(|one| !one.thread.io_worker);
    threads
        .filter_map(|one| {
            let spun = match analysis.record.detail {
                Detail::Full => asking(analysis, one).or_else(|| yielding(one)),
                Detail::Light => sampled(analysis, one),
            };
            spun.and_then(|spun| spun.finding(one)).or_else(|| polling(analysis, one))
        })
        .collect()
}

/// The CPU time that a thread spent polling without a result and without work in between.
pub(super) fn wasted_ns(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> u64 {
    let spun = match analysis.record.detail {
        Detail::Full => asking(analysis, one).or_else(|| yielding(one)),
        Detail::Light => sampled(analysis, one),
    };
    spun.map_or(0, |spun| spun.cpu_ns)
}

/// Polling without a result.
struct Spun {
    cpu_ns: u64,
    questions: u64,
    /// What was asked, with numbers.
    how: String,
    what: String,
}

impl Spun {
    fn finding(self, one: &ThreadAnalysis<'_>) -> Option<Finding> {
        // Run-queue delay while polling counts as polling.
        let of_cpu = crate::share(self.cpu_ns, one.ledger.cpu_ns());
        let ready_ns = (one.ledger.runnable_ns as f64 * of_cpu) as u64;
        let lost_ns = self.cpu_ns.saturating_add(ready_ns);
        let share = one.share_of_life(lost_ns);
        let severity = BUSY_WAIT.severity(seconds(lost_ns), share)?;
        Some(Finding {
            key: format!("{} {}", escaped(&one.thread.name), self.what),
            evidence: format!(
                "{}: {} on a CPU and {} waiting for one to do so ({} of the thread's life).",
                self.how,
                time(self.cpu_ns),
                time(ready_ns),
                percent(share)
            ),
            advice: advice(one),
            count: self.questions,
            seconds: seconds(lost_ns),
            share,
            ..Finding::about(one.process, one.thread, severity)
        })
    }
}

/// By calls that would block, or that ask for events with a time limit of 0.
fn asking(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Spun> {
    let questions: u64 = one.thread.calls.iter().map(empty_polls).total();
    let cpu_ns = one.ledger.spinning_ns;
    let is_work = cpu_ns > FRUITLESS_CPU.nanoseconds().saturating_mul(questions);
    if questions == 0 || is_work {
        return None;
    }
    let most = one.thread.calls.iter().max_by_key(|call| empty_polls(call))?;
    let named = NamedCall::of(analysis.record, Some(most.syscall), most.example);
    let asked = count(questions, "time");
    let how = if empty_polls(most) == questions {
        format!("It polled {asked} without a result by {named}")
    } else {
        let share = crate::share(empty_polls(most), questions);
        format!("It polled {asked} without a result, {} of them by {named}", percent(share))
    };
    Some(Spun { cpu_ns, questions, how, what: most.syscall.name() })
}

/// How many of the calls found nothing and returned at once.
///
/// A read that finds a descriptor drained after one that had a result is no empty poll: that is how
/// a wake-up pipe, or a socket that is watched for changes, is read. The end of a stream is a
/// result, and a connect(2) that is in progress asks nothing.
fn empty_polls(call: &Call) -> u64 {
    match call.syscall.purpose() {
        purpose if purpose.asks() && call.control == Control::NonBlocking => call.empty,
        Purpose::Receives | Purpose::Accepts | Purpose::Sends => {
            let fruitless = call.would_block.saturating_add(call.failed);
            call.would_block.saturating_sub(call.count.saturating_sub(fruitless))
        }
        _ => 0,
    }
}

/// By sched_yield(2), as a spinning lock does.
fn yielding(one: &ThreadAnalysis<'_>) -> Option<Spun> {
    let of_yields = |call: &&Call| call.syscall.purpose() == Purpose::Yields;
    let yields: u64 = one.thread.calls.iter().filter(of_yields).map(|call| call.count).total();
    let calls: u64 = one.thread.calls.iter().map(|call| call.count).total();
    let cpu_ns = one.ledger.cpu_ns();
    let mostly = crate::share(yields, calls) >= YIELDING_SHARE.value;
    if !mostly || cpu_ns > FRUITLESS_CPU.nanoseconds().saturating_mul(yields) {
        return None;
    }
    let how = format!("It called sched_yield {} while it waited", count(yields, "time"));
    Some(Spun { cpu_ns, questions: yields, how, what: "sched_yield".to_owned() })
}

/// In light detail, by what the sampling timer saw.
fn sampled(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Spun> {
    if one.model != ThreadModel::Spinner {
        return None;
    }
    let mut by_call: BTreeMap<Syscall, u64> = BTreeMap::new();
    for sample in &one.thread.samples {
        if let SampledMode::Call { syscall, returns_at_once: true } = sample.mode {
            let seen = by_call.entry(syscall).or_default();
            *seen = seen.saturating_add(sample.count);
        }
    }
    let (syscall, samples) = by_call.into_iter().max_by_key(|(_, samples)| *samples)?;
    let known = one.thread.waits.iter().find(|wait| wait.syscall == Some(syscall));
    let descriptor = known.and_then(|wait| wait.descriptor);
    let named = NamedCall::of(analysis.record, Some(syscall), descriptor);
    let how = format!("It hardly ever slept and was seen {} in {named}", count(samples, "time"));
    Some(Spun { cpu_ns: one.ledger.cpu_ns(), questions: samples, how, what: syscall.name() })
}

/// By short sleeps, with a question after each.
fn polling(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
    let sleeps = || one.thread.waits.iter().filter(|wait| is_short_sleep(wait));
    let times: u64 = sleeps().map(|wait| wait.count).total();
    let slept_ns: u64 = sleeps().map(|wait| wait.waiting_ns).total();
    let questions: u64 = one.thread.calls.iter().map(empty_polls).total();
    let share = one.share_of_life(slept_ns);
    let polls = times >= POLLING_SLEEPS.count() && share >= POLLING_SHARE.value;
    if !polls || questions < times / 2 {
        return None;
    }
    let at = analysis
        .record
        .slow_calls
        .iter()
        .filter(|call| call.tid == one.thread.tid && Purpose::of(call.syscall) == Purpose::Sleeps)
        .find_map(|call| place_of(&call.stack));
    Some(Finding {
        key: format!("{} sleeps", escaped(&one.thread.name)),
        evidence: format!(
            "It polled {} without a result and slept about {} in between: {} in all ({} of the \
             thread's life). It notices what comes that much later.",
            count(questions, "time"),
            time(slept_ns / times),
            time(slept_ns),
            percent(share)
        ),
        advice: advice(one),
        count: times,
        seconds: seconds(slept_ns),
        share,
        at,
        ..Finding::about(one.process, one.thread, Severity::Info)
    })
}

fn is_short_sleep(wait: &Wait) -> bool {
    Category::of(wait) == Category::Sleep
        && wait.count > 0
        && wait.waiting_ns / wait.count <= POLLING_SLEEP.nanoseconds()
}

fn advice(one: &ThreadAnalysis<'_>) -> String {
    format!(
        "{} `whywait compare --models nonblocking,epoll` shows what polling costs.",
        ADVICE.for_process(one.process)
    )
}

const ADVICE: ByLanguage = ByLanguage {
    python: "Let the kernel say when it is ready: `selectors` or asyncio, a socket with a time \
             limit, or a blocking call.",
    ruby: "Let the kernel say when it is ready: `IO.select`, or a blocking call.",
    java: "Let the kernel say when it is ready: a `Selector` with `select()`, or a blocking call.",
    rust: "Let the kernel say when it is ready: tokio or mio, or a blocking call.",
    ..ByLanguage::all(
        "Let the kernel say when it is ready: wait by epoll_wait(2) or poll(2) with a time limit, \
            or make the call blocking.",
    )
};

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{Control, DescriptorKind, Detail, Sample, SampledMode, Syscall};
    use whywait_report::{Severity, ThreadModel};

    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene, call};

    #[test]
    fn polling_without_a_result_is_found_from_its_threshold_on() {
        for (spinning_ms, expected) in [
            (499, None),
            (500, Some(Severity::Info)),
            (2000, Some(Severity::Warn)),
            (5000, Some(Severity::High)),
        ] {
            let mut scene = Scene::new();
            scene.spin(1_000_000, spinning_ms * MS);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{spinning_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_call_and_the_peer() {
        let finding = find(&Scene::spinning().analysis()).remove(0);
        for part in
            ["recvfrom(fd 10, 127.0.0.1:80)", "1,000,000 times without a result", "9.0 s", "90 %"]
        {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
    }

    #[test]
    fn waiting_for_a_cpu_to_poll_is_part_of_it() {
        let mut scene = Scene::new();
        scene.spin(100_000, 400 * MS);
        assert_eq!(find(&scene.analysis()), []);
        scene.thread().time.runnable_ns = 8 * SECOND;
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!((finding.severity, finding.seconds), (Severity::High, 8.4));
    }

    #[test]
    fn a_thread_that_computes_between_its_questions_does_not_spin() {
        for (questions, expected) in [(9 * 20_000, 1), (9 * 20_000 - 1, 0)] {
            let mut scene = Scene::new();
            scene.spin(questions, 9 * SECOND);
            assert_eq!(find(&scene.analysis()).len(), expected, "{questions}");
        }
    }

    #[test]
    fn yielding_again_and_again_is_a_busy_wait() {
        for (others, expected) in [(0, 1), (1_000_000, 0)] {
            let mut scene = Scene::new();
            scene.cpu(2 * SECOND, 7 * SECOND);
            scene.call(Sysno::sched_yield, DescriptorKind::None).count = 1_000_000;
            scene.call(Sysno::getpid, DescriptorKind::None).count = others;
            assert_eq!(find(&scene.analysis()).len(), expected, "{others} other calls");
        }
    }

    #[test]
    fn polling_with_short_sleeps_is_good_to_know_and_with_long_ones_nothing() {
        for (sleep_ms, times, expected) in [(5, 1000, 1), (6, 1000, 0), (5, 99, 0), (1, 99, 0)] {
            let mut scene = Scene::new();
            scene.wait(call(Sysno::clock_nanosleep), None, times, sleep_ms * MS);
            scene.empty_polls(times);
            let found = find(&scene.analysis());
            assert_eq!(found.len(), expected, "{times} × {sleep_ms} ms");
            assert!(found.iter().all(|finding| finding.severity == Severity::Info));
        }
    }

    #[test]
    fn sleeps_without_questions_are_no_polling() {
        let mut scene = Scene::new();
        scene.wait(call(Sysno::clock_nanosleep), None, 5000, MS);
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn light_detail_shows_spinners_by_samples() {
        let mode = SampledMode::Call { syscall: Syscall::of(Sysno::poll), returns_at_once: true };
        for (model, expected) in [(ThreadModel::Spinner, 1), (ThreadModel::EventLoop, 0)] {
            let mut scene = Scene::new();
            scene.record.detail = Detail::Light;
            scene.cpu(3 * SECOND, 6 * SECOND);
            scene.thread().samples = vec![Sample { mode, count: 600 }];
            scene.model = Some(model);
            let found = find(&scene.analysis());
            assert_eq!(found.len(), expected, "{model:?}");
            assert!(found.iter().all(|finding| finding.evidence.contains("in poll")), "{found:?}");
        }
    }

    #[test]
    fn draining_a_descriptor_and_the_end_of_a_stream_are_no_empty_polls() {
        for (number, kind, would_block, empty, expected) in [
            (Sysno::read, DescriptorKind::Eventfd, 300_000, 0, 0),
            (Sysno::read, DescriptorKind::Pipe, 300_000, 0, 0),
            (Sysno::recvfrom, DescriptorKind::Tcp, 0, 300_000, 0),
            (Sysno::connect, DescriptorKind::Tcp, 600_000, 0, 0),
            (Sysno::recvfrom, DescriptorKind::Tcp, 600_000, 0, 1),
        ] {
            let mut scene = Scene::new();
            let calls = scene.call(number, kind);
            (calls.count, calls.would_block, calls.empty) = (600_000, would_block, empty);
            calls.control = Control::NonBlocking;
            scene.cpu(3 * SECOND, 3 * SECOND);
            scene.thread().time.spinning_ns = 5 * SECOND;
            assert_eq!(find(&scene.analysis()).len(), expected, "{number} {kind:?}");
        }
    }

    #[test]
    fn one_empty_read_at_the_end_of_each_iteration_is_healthy() {
        let mut scene = Scene::event_loop();
        scene.cpu(3 * SECOND, 6 * SECOND);
        scene.thread().time.spinning_ns = 200 * MS;
        let calls = scene.call(Sysno::recvfrom, DescriptorKind::Tcp);
        (calls.count, calls.would_block, calls.control) = (200_000, 100_000, Control::NonBlocking);
        assert_eq!(find(&scene.analysis()), []);
    }
}
