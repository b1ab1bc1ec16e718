//! A thread that hands each piece of work to another one and waits for that one result: two threads
//! do what one could.
//!
//! Left out on purpose: handing over several at once and then waiting, which is what pools are for.

use std::collections::BTreeMap;

use whywait_record::{Purpose, Waker};
use whywait_report::{ThreadModel, escaped};

use super::Finding;
use super::finding::{place_of, seconds};
use super::total::Total;
use crate::thresholds::{HAND_OFF_OVERLAP, HAND_OFF_THEN_WAIT, HAND_OFFS, HANDED_OVER};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// Looks for it in the threads of that model.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    analysis
        .threads_of(ThreadModel::WaitsOnHelper)
        .filter_map(|one| find_in(analysis, one))
        .collect()
}

fn find_in(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Option<Finding> {
    let handed_over_ns: u64 = one.thread.waits.iter().map(|wait| wait.handed_over_ns).total();
    let waited_ns = one.ledger.handoff_ns;
    let helpers = Helpers::of(analysis, one);
    let share = one.share_of_life(waited_ns);
    let severity = HAND_OFF_THEN_WAIT.severity(seconds(waited_ns), share)?;
    let overlapped = helpers.worked_ns as f64 > HAND_OFF_OVERLAP.value * waited_ns as f64;
    let gives_work = crate::share(handed_over_ns, waited_ns) >= HANDED_OVER.value;
    if helpers.round_trips < HAND_OFFS.count() || overlapped || !gives_work {
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
            count(helpers.round_trips, "time"),
            time(waited_ns),
            time(waited_ns / helpers.round_trips),
            percent(share)
        ),
        advice: "Hand everything over first and then wait for all of it (`executor.map`, \
                 `as_completed`, `asyncio.gather`, `Promise.all`, `join_all`), or make the call in \
                 this thread. `whywait compare --models blocking,offload,thread-pool` shows what \
                 each costs."
            .to_owned(),
        count: helpers.round_trips,
        seconds: seconds(waited_ns),
        share,
        at,
        ..Finding::about(one.process, one.thread, severity)
    })
}

/// Who ended the waits of a thread.
struct Helpers {
    round_trips: u64,
    /// How long they worked, all together: on a CPU, or waiting for anything but work. Several that
    /// wait for one lock, such as an interpreter's, have work at the same time all the same.
    worked_ns: u64,
    /// The one that did most often, escaped.
    most: String,
}

impl Helpers {
    fn of(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Self {
        let mut times: BTreeMap<u32, u64> = BTreeMap::new();
        for wake in analysis.record.wakes.iter().filter(|wake| wake.sleeper == one.thread.tid) {
            let Waker::Thread(waker) = wake.waker else { continue };
            if Purpose::of(wake.syscall) == Purpose::WaitsForThread {
                let known = times.entry(waker).or_default();
                *known = known.saturating_add(wake.count);
            }
        }
        let helpers = || times.keys().filter_map(|tid| analysis.thread(*tid));
        let most = times.iter().max_by_key(|(_, count)| **count).map(|(tid, _)| *tid);
        Self {
            round_trips: times.values().copied().total(),
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

fn worked_ns(one: &ThreadAnalysis<'_>) -> u64 {
    let ledger = &one.ledger;
    let parts = [
        ledger.cpu_ns(),
        ledger.runnable_ns,
        ledger.data_ns,
        ledger.disk_ns,
        ledger.lock_ns,
        ledger.sleep_ns,
        ledger.child_ns,
    ];
    parts.into_iter().total()
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
        scene.wait(call(Sysno::futex), None, times, each_ns).handed_over_ns = waited_ns;
        for _ in 0..helpers {
            let helper = scene.spawn("helper");
            scene.wait(call(Sysno::nanosleep), None, times, each_ns);
            scene.wake(helper, main, Sysno::futex, times.div_ceil(helpers), waited_ns / helpers);
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

    #[test]
    fn who_gave_no_work_before_its_waits_waits_for_an_end() {
        for (hundredths, expected) in [(29, 0), (30, 1)] {
            let mut scene = handing_over(500, 10 * MS, 1);
            scene.thread().waits[0].handed_over_ns = 5 * SECOND * hundredths / 100;
            assert_eq!(find(&scene.analysis()).len(), expected, "{hundredths} %");
        }
    }

    #[test]
    fn only_threads_of_that_model_are_looked_at() {
        let mut scene = handing_over(5, SECOND, 1);
        scene.model = Some(ThreadModel::Blocking);
        assert_eq!(find(&scene.analysis()), []);
    }
}
