//! A thread that hands each piece of work to another one and waits for that one result: two threads
//! do what one could. Handing over several at once and then waiting is what pools are for.

use std::collections::BTreeMap;

use whywait_record::{Category, Histogram, Purpose, Waker};
use whywait_report::{ThreadModel, escaped};

use super::finding::{place_of, seconds};
use super::language::{ByLanguage, is_internal_to_jvm};
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW03",
    name: "hand-off-then-wait",
    weakened_by: |record| [record.losses.threads, record.losses.wakes].into_iter().total(),
    find,
    scales: &[HAND_OFF_THEN_WAIT],
    bounds: &[HAND_OFFS, HANDED_OVER, SHORT_WAITS, HAND_OFF_OVERLAP],
    docs: Docs {
        means: "\
A thread hands a piece of work to another one, waits for that result, and only then
hands over the next: asynchronous, yet blocking. Two threads and two switches do what one call
would. Results are counted, not sleeps: the short waits for a queue's or an interpreter's lock that
come with each are left out. Handing over several pieces and then waiting is what pools are for,
and is no finding; neither is a wait for a thread's end, nor for the Java virtual machine's own
threads.",
        example: "\
```python
for url in urls:
    result = pool.submit(download, url).result()
```",
        printed: r#""It handed work to thread 1235 (python3) and waited for that one result, 6 times: 1.5
s in all, 250 ms each time (93 % of the thread's life). It did nothing else meanwhile, and nothing
overlapped.""#,
        what_to_do: "\
Hand everything over first and then wait for all of it (`pool.map`,
`asyncio.gather`, `Promise.all`, `join_all`), or make the call in the thread itself. `whywait
compare --models blocking,offload,thread-pool` shows what each costs.",
    },
};

/// Of `hand-off-then-wait`.
const HAND_OFF_THEN_WAIT: Scale = Scale {
    part: None,
    seconds_of: "waiting for what was handed over",
    share_of: "the thread's life",
    info: level(0.1, 0.05),
    warn: Some(level(0.2, 0.1)),
    high: Some(level(0.5, 1.0)),
};

/// How often something must be handed over.
const HAND_OFFS: Bound = Bound {
    name: "hand-offs",
    value: 3.0,
    unit: Unit::Count,
    meaning: "At least this many results that it waited for: fewer is a program that starts and ends.",
};

/// How often it must have given work for each result.
const HANDED_OVER: Bound = Bound {
    name: "handed over",
    value: 0.5,
    unit: Unit::Share,
    meaning: "It woke or created a helper at least this often for each result. Fewer is work that \
              was handed over at once, or a wait for a thread's end.",
};

/// Which part of the waiting is for locks.
const SHORT_WAITS: Bound = Bound {
    name: "short waits",
    value: 0.05,
    unit: Unit::Share,
    meaning: "The shortest waits that together take at most this much of the waiting are for a \
              lock, not for a result.",
};

/// How much of the helpers' time may overlap.
const HAND_OFF_OVERLAP: Bound = Bound {
    name: "overlap",
    value: 1.25,
    unit: Unit::Count,
    meaning: "Helpers that did more than this many times the work that the waiting time has room for \
              worked at the same time, and that is what they are for.",
};

/// Looks for it in the threads of that model.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    analysis
        .threads_of(ThreadModel::WaitsOnHelper)
        .filter_map(|one| find_in(analysis, one))
        .collect()
}

fn find_in(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
    let waited_ns = one.ledger.handoff_ns;
    let results = Results::of(one);
    let hand_offs = results.count;
    let helpers = Helpers::of(analysis, one, results);
    let share = one.share_of_life(waited_ns);
    let severity = HAND_OFF_THEN_WAIT.severity(seconds(waited_ns), share)?;
    let overlapped = helpers.worked_ns as f64 > HAND_OFF_OVERLAP.value * waited_ns as f64;
    let gives_work = helpers.times_given as f64 >= HANDED_OVER.value * hand_offs as f64;
    if hand_offs < HAND_OFFS.count() || overlapped || !gives_work {
        return None;
    }
    let at = analysis
        .record
        .slow_calls
        .iter()
        .filter(|call| call.tid == one.thread.tid)
        .filter(|call| Purpose::of(call.syscall) == Purpose::WaitsForThread)
        .find_map(|call| place_of(&call.stack));
    Some(Finding {
        key: escaped(&one.thread.name).into_owned(),
        evidence: format!(
            "It handed work to {} and waited for that one result, {}: {} in all, {} each time ({} \
             of the thread's life). It did nothing else meanwhile, and nothing overlapped.",
            helpers.most,
            count(hand_offs, "time"),
            time(waited_ns),
            time(waited_ns / hand_offs),
            percent(share)
        ),
        advice: format!(
            "{} Or make the call in this thread. `whywait compare --models \
             blocking,offload,thread-pool` shows what each costs.",
            ADVICE.for_process(one.process)
        ),
        count: hand_offs,
        seconds: seconds(waited_ns),
        share,
        at,
        ..Finding::about(one.process, one.thread, severity)
    })
}

const ADVICE: ByLanguage = ByLanguage {
    python: "Hand everything over first and then wait for all of it: `executor.map`, \
             `as_completed`, `asyncio.gather`.",
    ruby: "Hand everything over first and then wait for all of it: make all threads or futures \
           before the first `value`.",
    node: "Hand everything over first and then wait for all of it: `Promise.all`.",
    java: "Hand everything over first and then wait for all of it: `invokeAll`, \
           `CompletableFuture.allOf`.",
    rust: "Hand everything over first and then wait for all of it: `join_all`, `JoinSet`.",
    other: "Hand everything over first and then wait for all of it.",
};

/// The results that a thread waited for: the waits for other threads that make up the time. Shorter
/// sleeps come with each result, for the lock of a queue or of an interpreter, and are not counted.
#[derive(Clone, Copy, Debug, Default)]
struct Results {
    count: u64,
    /// No wait for a result is shorter, as far as the lengths are known.
    least_ns: u64,
}

impl Results {
    fn of(one: &ThreadAnalysis<'_>) -> Self {
        let waits = || {
            let waits = one.thread.waits.iter();
            waits.filter(|wait| Purpose::of(wait.syscall) == Purpose::WaitsForThread)
        };
        let mut lengths = Histogram::default();
        waits().for_each(|wait| lengths.merge(&wait.latency));
        if lengths.count() == 0 {
            return Self { count: waits().map(|wait| wait.count).total(), least_ns: 0 };
        }
        let least_ns = |index: usize| Histogram::bounds_ns(index).0;
        let buckets = || lengths.buckets.iter().copied().enumerate();
        let all_ns = buckets().map(|(index, times)| times.saturating_mul(least_ns(index))).total();
        let mut results = Self::default();
        let mut counted_ns = 0_u64;
        for (index, times) in buckets().rev().filter(|(_, times)| *times > 0) {
            if crate::share(counted_ns, all_ns) >= 1.0 - SHORT_WAITS.value {
                break;
            }
            counted_ns = counted_ns.saturating_add(times.saturating_mul(least_ns(index)));
            results.count = results.count.saturating_add(times);
            results.least_ns = least_ns(index);
        }
        results
    }
}

/// Who ended the waits of a thread.
struct Helpers {
    /// How often it woke one of them, or created one: at most as often as that one had results.
    times_given: u64,
    /// How long they worked, all together: on a CPU, or waiting for anything but work. Several that
    /// wait for one lock, such as an interpreter's, have work at the same time all the same.
    worked_ns: u64,
    /// The one that did most often, escaped.
    most: String,
}

impl Helpers {
    fn of(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, results: Results) -> Self {
        let mut times: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for wake in analysis.record.wakes.iter().filter(|wake| wake.sleeper == one.thread.tid) {
            let Waker::Thread(waker) = wake.waker else { continue };
            if Purpose::of(wake.syscall) == Purpose::WaitsForThread {
                let (count, waited_ns) = times.entry(waker).or_default();
                *count = count.saturating_add(wake.count);
                *waited_ns = waited_ns.saturating_add(wake.waited_ns);
            }
        }
        times.retain(|tid, (_, waited_ns)| {
            let helper = analysis.thread(*tid);
            *waited_ns >= results.least_ns
                && helper.is_none_or(|helper| !is_internal_to_jvm(helper.process, helper.thread))
        });
        let helpers = || times.keys().filter_map(|tid| analysis.thread(*tid));
        let given = times.iter().map(|(helper, (brought, _))| {
            times_given(analysis, one.thread.tid, *helper).min(*brought)
        });
        let most = times.iter().max_by_key(|(_, brought)| **brought).map(|(tid, _)| *tid);
        Self {
            times_given: given.total(),
            worked_ns: helpers().map(worked_ns).total(),
            most: most.and_then(|tid| analysis.thread(tid)).map_or_else(
                || "another thread".to_owned(),
                |helper| {
                    let thread = helper.thread;
                    format!("thread {} ({})", thread.tid, escaped(&thread.name))
                },
            ),
        }
    }
}

/// How often a thread woke or created that one.
fn times_given(analysis: &Analysis<'_>, giver: u32, helper: u32) -> u64 {
    let wakes = analysis.record.wakes.iter();
    let woken = wakes.filter(|wake| (wake.waker, wake.sleeper) == (Waker::Thread(giver), helper));
    let woken = woken.filter(|wake| Purpose::of(wake.syscall) == Purpose::WaitsForThread);
    let thread = analysis.thread(helper).map(|helper| helper.thread);
    let created = thread.filter(|thread| thread.created_by == Some(giver));
    let created = created.map_or(0, |thread| thread.merged_count.max(1));
    woken.map(|wake| wake.count).chain([created]).total()
}

fn worked_ns(one: &ThreadAnalysis<'_>) -> u64 {
    use Category::{Child, Data, Disk, Lock, Sleep};
    one.ledger.wanted_ns().saturating_add(one.ledger.asleep_for(&[Data, Disk, Lock, Sleep, Child]))
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_report::{Severity, ThreadModel};

    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene, call};

    /// The main thread hands that many pieces of work to that many helpers, each of which takes the
    /// time, and waits until all are done.
    fn handing_over(times: u64, each_ns: u64, helpers: u64) -> Scene {
        let mut scene = Scene::new();
        let main = scene.thread().tid;
        let waited_ns = times * each_ns;
        let wait = scene.wait(call(Sysno::futex), None, times, each_ns);
        wait.by_program_ns = waited_ns;
        for _ in 0..times {
            wait.latency.add(each_ns);
        }
        for _ in 0..helpers {
            let helper = scene.spawn("helper");
            scene.wait(call(Sysno::nanosleep), None, times, each_ns);
            scene.wake(helper, main, Sysno::futex, times.div_ceil(helpers), waited_ns / helpers);
            scene.wake(main, helper, Sysno::futex, times.div_ceil(helpers), MS);
            scene.back_to_main();
        }
        scene.model = Some(ThreadModel::WaitsOnHelper);
        scene
    }

    #[test]
    fn handing_off_one_by_one_is_found_from_its_threshold_on() {
        for (times, each_ms, expected) in [
            (99, 10, None),
            (100, 10, Some(Severity::Info)),
            (200, 10, Some(Severity::Warn)),
            (900, 10, Some(Severity::High)),
            (2, 3000, None),
        ] {
            let scene = handing_over(times, each_ms * MS, 1);
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{times} × {each_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_helper() {
        let finding = find(&handing_over(500, 10 * MS, 1).analysis()).remove(0);
        for part in ["(helper)", "500 times", "5.0 s in all", "10 ms each time"] {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
        assert_eq!(finding.count, 500);
    }

    #[test]
    fn helpers_that_work_at_the_same_time_are_a_pool() {
        assert_eq!(find(&handing_over(500, 10 * MS, 2).analysis()), []);
    }

    /// A pool of processes: one thread takes its results, and another one gets the work.
    #[test]
    fn only_work_for_those_with_the_results_counts() {
        let mut scene = handing_over(500, 10 * MS, 1);
        let main = scene.thread().tid;
        let feeder = scene.spawn("feeder");
        scene.record.wakes[1].sleeper = feeder;
        scene.wake(feeder, main, Sysno::futex, 3, MS);
        assert_eq!(find(&scene.analysis()), []);
    }

    /// Sleeps for a lock between two results, as an interpreter's.
    #[test]
    fn hand_offs_are_counted_and_not_sleeps() {
        let mut scene = handing_over(4, 300 * MS, 1);
        let short = scene.wait(call(Sysno::futex), None, 10, MS);
        for _ in 0..10 {
            short.latency.add(MS);
        }
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!(finding.count, 4, "{}", finding.evidence);
        assert!(
            finding.evidence.contains("4 times: 1.2 s in all, 302 ms each time"),
            "{finding:?}"
        );
    }

    #[test]
    fn work_that_was_handed_over_at_once_is_none() {
        for (given, expected) in [(3, 0), (248, 0), (249, 1)] {
            let mut scene = handing_over(500, 10 * MS, 1);
            scene.record.wakes[1].count = given;
            assert_eq!(
                find(&scene.analysis()).len(),
                expected,
                "{given} and the start of a thread"
            );
        }
    }

    #[test]
    fn threads_of_the_jvm_get_no_work() {
        let mut scene = handing_over(500, 10 * MS, 1);
        scene.record.processes[0].command.executable = Some("/usr/bin/java".into());
        assert_eq!(find(&scene.analysis()).len(), 1);
        scene.record.processes[0].threads[1].name = "C2 CompilerThre".into();
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn only_threads_of_that_model_are_looked_at() {
        let mut scene = handing_over(5, SECOND, 1);
        scene.model = Some(ThreadModel::Blocking);
        assert_eq!(find(&scene.analysis()), []);
    }
}
