//! A loop that sleeps in anything but the call that asks for events: whoever has an event then
//! waits too.
//!
//! Left out on purpose: what a loop computes, which keeps everybody waiting just as well, but
//! cannot be told from work that is due; and what happened before the loop began and after it
//! ended, as far as that is known.

use whywait_record::{Category, Control, Purpose, SlowCall, Wait};
use whywait_report::{Severity, ThreadModel, escaped};

use super::Finding;
use super::finding::{place_of, seconds};
use super::hang::Hang;
use super::named_call::NamedCall;
use super::stall::{Sleeps, Stalls, asks_an_epoll_or_ring, is_pool_of_loops};
use super::total::Total;
use crate::profile::is_ipc;
use crate::thresholds::{
    BLOCKING_IN_LOOP, BLOCKING_IN_LOOP_THREADS, SHORT_STALLS, SHORT_STALLS_SHARE,
};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// Looks for it in every loop: a finding for each thing that a loop slept for.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
    let loops = analysis.threads.iter().filter(|one| is_loop(one));
    loops.flat_map(|one| find_in(analysis, one)).collect()
}

/// Whether the thread is a loop.
pub(super) fn is_loop(one: &ThreadAnalysis<'_>) -> bool {
    matches!(one.model, ThreadModel::EventLoop | ThreadModel::UringLoop)
}

fn find_in(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>) -> Vec<Finding> {
    let mut by_reason = Stalls::by_category(analysis, one);
    let short = short_sleeps(analysis, one);
    let stalled_ns = by_reason.get(&Category::Data).map_or(0, Stalls::slept_ns);
    // The short sleeps on streams are all sleeps on streams, the long ones among them.
    let all_short = short.iter().map(|wait| wait.waiting_ns).total() > stalled_ns;
    if all_short && !short.is_empty() {
        by_reason.remove(&Category::Data);
    }
    let of_stalls = by_reason
        .iter()
        .filter_map(|(category, stalls)| of_stalls(analysis, one, *category, stalls));
    let mut findings: Vec<_> = of_stalls.collect();
    if all_short {
        findings.extend(of_short_sleeps(analysis, one, &short));
    }
    findings.extend(Hang::of(analysis, one).and_then(|hang| of_hang(analysis, one, hang)));
    findings
}

fn of_stalls(
    analysis: &Analysis<'_>,
    one: &ThreadAnalysis<'_>,
    category: Category,
    stalls: &Stalls<'_>,
) -> Option<Finding> {
    let slept_ns = stalls.slept_ns();
    let share = one.share_of_life(slept_ns);
    let scale = match category {
        Category::Handoff | Category::Lock => BLOCKING_IN_LOOP_THREADS,
        _ => BLOCKING_IN_LOOP,
    };
    let severity = scale.severity(seconds(slept_ns), share)?;
    let by_call = stalls.longest_by_call();
    let (longest, others) = by_call.split_first()?;
    let named = NamedCall::of(analysis.record, longest.syscall, longest.descriptor);
    let mut evidence = format!("The loop stalled {} in {named}", time(longest.stalls.longest_ns));
    if stalls.count() > 1 {
        let (times, total) = (stalls.count(), time(slept_ns));
        evidence += &format!(", the longest of {times} such stalls, {total} in all");
    }
    evidence += &format!(" ({} of the thread's life).", percent(share));
    evidence += &others_in_words(analysis, others);
    evidence += &ready_in_words(&stalls.examples);
    Some(Finding {
        key: format!("{} {category:?} {:?}", escaped(&one.thread.name), longest.syscall),
        evidence,
        advice: advice(category),
        count: stalls.count(),
        seconds: seconds(slept_ns),
        share,
        at: stalls.example_of(longest.syscall).and_then(|call| place_of(&call.stack)),
        ..Finding::about(one.process, one.thread, severity)
    })
}

fn of_hang(analysis: &Analysis<'_>, one: &ThreadAnalysis<'_>, hang: Hang<'_>) -> Option<Finding> {
    let share = one.share_of_life(hang.length_ns);
    let severity = BLOCKING_IN_LOOP.severity(seconds(hang.length_ns), share)?;
    let evidence = format!(
        "When watching ended the loop had been in {} for {}, and had asked for no events \
         since ({} of the thread's life).",
        NamedCall::of(analysis.record, hang.wait.syscall, hang.wait.descriptor),
        time(hang.length_ns),
        percent(share)
    );
    Some(Finding {
        key: format!("{} hang {:?}", escaped(&one.thread.name), hang.wait.syscall),
        evidence,
        advice: advice(Category::of(hang.wait)),
        count: 1,
        seconds: seconds(hang.length_ns),
        share,
        ..Finding::about(one.process, one.thread, severity.max(Severity::Warn))
    })
}

/// In which other calls it slept for the same thing.
fn others_in_words(analysis: &Analysis<'_>, others: &[Sleeps]) -> String {
    let mut names: Vec<_> = others
        .iter()
        .map(|sleeps| NamedCall::of(analysis.record, sleeps.syscall, sleeps.descriptor).to_string())
        .collect();
    names.sort_unstable();
    if names.is_empty() { String::new() } else { format!(" So it did in {}.", names.join(", ")) }
}

/// Who had to wait for the loop, as far as single stalls show it.
fn ready_in_words(examples: &[&SlowCall]) -> String {
    match examples.iter().filter_map(|call| call.events_pending_after).max() {
        Some(most) if most > 0 => {
            format!(" After such a stall the loop found up to {most} events waiting.")
        }
        _ => String::new(),
    }
}

/// Blocking sleeps on streams that are too short to be stalls, where there are so many of them that
/// they matter: a synchronous client of a server that is near.
fn short_sleeps<'a>(analysis: &Analysis<'_>, one: &ThreadAnalysis<'a>) -> Vec<&'a Wait> {
    let asks_otherwise = asks_an_epoll_or_ring(one);
    one.thread
        .waits
        .iter()
        .filter(|wait| wait.control == Control::Blocking && Category::of(wait) == Category::Data)
        .filter(|wait| wait.kind.is_stream() && wait.count >= SHORT_STALLS.count())
        .filter(|wait| asks_otherwise || !Purpose::of(wait.syscall).asks())
        .filter(|wait| !(is_ipc(wait.kind) && is_pool_of_loops(analysis)))
        .filter(|wait| one.share_of_life(wait.waiting_ns) >= SHORT_STALLS_SHARE.value)
        .collect()
}

fn of_short_sleeps(
    analysis: &Analysis<'_>,
    one: &ThreadAnalysis<'_>,
    short: &[&Wait],
) -> Option<Finding> {
    let slept_ns = short.iter().map(|wait| wait.waiting_ns).total();
    let share = one.share_of_life(slept_ns);
    let severity = BLOCKING_IN_LOOP.severity(seconds(slept_ns), share)?;
    let most = short.iter().max_by_key(|wait| wait.waiting_ns)?;
    let times: u64 = short.iter().map(|wait| wait.count).total();
    let evidence = format!(
        "The loop slept in {} such as {}, {} each time and {} in all ({} of \
         the thread's life).",
        count(times, "blocking call"),
        NamedCall::of(analysis.record, most.syscall, most.descriptor),
        time(slept_ns / times),
        time(slept_ns),
        percent(share)
    );
    let place = analysis
        .record
        .slow_calls
        .iter()
        .filter(|call| call.tid == one.thread.tid && call.syscall == most.syscall)
        .find_map(|call| place_of(&call.stack));
    Some(Finding {
        key: format!("{} {:?}", escaped(&one.thread.name), most.syscall),
        evidence,
        advice: advice(Category::Data),
        count: times,
        seconds: seconds(slept_ns),
        share,
        at: place,
        ..Finding::about(one.process, one.thread, severity)
    })
}

fn advice(category: Category) -> String {
    match category {
        Category::Sleep => {
            "Let the loop sleep: `await asyncio.sleep(…)` instead of `time.sleep`, `setTimeout`, \
             `tokio::time::sleep`, or the time limit of the next epoll_wait(2)."
        }
        Category::Data => {
            "Use a client that belongs to the loop (aiohttp or httpx.AsyncClient instead of \
             requests, a non-blocking socket, `fs.promises` instead of `readFileSync`), or give \
             the call to a pool: `asyncio.to_thread`, `tokio::task::spawn_blocking`."
        }
        Category::Disk => {
            "Files always block: give the call to a pool (`asyncio.to_thread`, `fs.promises`, \
             `tokio::fs`, nginx's `aio threads`), or use io_uring. `whywait compare files` shows \
             what each way costs on this machine."
        }
        Category::Handoff | Category::Lock => {
            "Don't wait in the loop for another thread: await the future (`await \
             asyncio.wrap_future(…)` instead of `.result()`), and hold locks that a loop needs \
             only for a moment."
        }
        Category::Child => {
            "Start and await child processes through the loop: `asyncio.create_subprocess_exec`, \
             `child_process.spawn` instead of `spawnSync`, `tokio::process`, or a pidfd in epoll."
        }
        Category::Multiplexer | Category::Other => {
            "Give the call to another thread. `whywait explain --detail full --timeline` shows \
             when it was made."
        }
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use syscalls::Sysno;
    use whywait_record::{
        Asking, Breadth, Control, DescriptorId, DescriptorKind, InFlight, Stalls, Syscall,
    };
    use whywait_report::{Severity, ThreadModel};

    use super::find;
    use crate::findings::scene::{MS, SECOND, Scene, call};

    /// A loop that lived 10 s and was asking for events from 1 s to 9 s.
    fn looping() -> Scene {
        let mut scene = Scene::event_loop();
        scene.thread().asking = Some(Asking { first_at_ns: SECOND, last_at_ns: 9 * SECOND });
        scene
    }

    #[test]
    fn a_sleep_in_a_loop_is_found_from_its_threshold_on() {
        for (sleep_ms, times, expected) in [
            (9, 100, None),
            (10, 1, None),
            (10, 2, Some(Severity::Info)),
            (10, 10, Some(Severity::Warn)),
            (10, 100, Some(Severity::High)),
        ] {
            let mut scene = looping();
            for nth in 0..times {
                let began_at_ns = SECOND + nth * 50 * MS;
                scene.slow(call(Sysno::clock_nanosleep), None, began_at_ns, sleep_ms * MS);
            }
            let severity = find(&scene.analysis()).first().map(|finding| finding.severity);
            assert_eq!(severity, expected, "{times} × {sleep_ms} ms");
        }
    }

    #[test]
    fn the_evidence_names_the_call_the_file_and_who_waited() {
        let mut scene = looping();
        let file = scene.descriptor(DescriptorKind::File, "/data/\x1bx");
        for nth in 0..4 {
            let slow =
                scene.slow(call(Sysno::read), Some(file), 2 * SECOND + nth * SECOND, 41 * MS);
            slow.events_pending_after = Some(7);
        }
        let finding = find(&scene.analysis()).remove(0);
        for part in
            ["41 ms in read(fd 11, /data/\\x1bx)", "4 such stalls", "up to 7", "164 ms in all"]
        {
            assert!(finding.evidence.contains(part), "{part:?} in {}", finding.evidence);
        }
        assert_eq!((finding.count, finding.severity), (4, Severity::Warn));
        assert!(finding.advice.contains("pool"), "{}", finding.advice);
    }

    #[test]
    fn stalls_count_whether_or_not_there_is_a_single_record_of_each() {
        let mut scene = looping();
        for nth in 0..3 {
            scene.slow(call(Sysno::clock_nanosleep), None, SECOND + nth * 50 * MS, 12 * MS);
        }
        let stalls = Stalls { count: 100, waiting_ns: 1200 * MS, longest_ns: 14 * MS };
        scene.wait(call(Sysno::clock_nanosleep), None, 101, 12 * MS).stalls = stalls;
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!((finding.count, finding.seconds), (100, 1.2));
        let part = "14 ms in clock_nanosleep, the longest of 100 such stalls, 1.2 s in all";
        assert!(finding.evidence.contains(part), "{}", finding.evidence);
        scene.record.slow_calls.clear();
        assert_eq!(find(&scene.analysis()), [finding], "single records are only examples");
    }

    #[test]
    fn stalls_of_merged_waits_belong_to_what_the_kind_of_their_descriptor_is_for() {
        let mut scene = looping();
        let wait = scene.wait(call(Sysno::recvfrom), None, 9, 100 * MS);
        wait.kind = DescriptorKind::Socket;
        wait.stalls = Stalls { count: 8, waiting_ns: 800 * MS, longest_ns: 200 * MS };
        let finding = find(&scene.analysis()).remove(0);
        assert_eq!(finding.count, 8, "{}", finding.evidence);
        assert!(finding.advice.contains("a client that belongs to the loop"), "{}", finding.advice);
    }

    /// A loop that waited 9 times for another thread, beside one that asks the epoll with this
    /// number.
    fn resting_beside(epoll: u32) -> Scene {
        let mut scene = looping();
        for nth in 0..9 {
            scene.slow(call(Sysno::futex), None, 2 * SECOND + nth * 300 * MS, 200 * MS);
        }
        let other = scene.descriptor(DescriptorKind::Epoll, "");
        assert_eq!(other, DescriptorId(1));
        scene.spawn("worker");
        let wait = scene.wait(call(Sysno::epoll_wait), Some(DescriptorId(epoll)), 1000, 5 * MS);
        wait.breadth = Breadth::Many;
        scene
    }

    #[test]
    fn who_rests_while_another_thread_asks_the_same_epoll_does_not_stall() {
        let mut scene = resting_beside(0);
        assert_eq!(find(&scene.analysis()), []);
        scene.back_to_main();
        for nth in 0..9 {
            let began_at_ns = 5 * SECOND + nth * 300 * MS;
            scene.slow(call(Sysno::clock_nanosleep), None, began_at_ns, 200 * MS);
        }
        let finding = find(&scene.analysis()).remove(0);
        assert!(finding.evidence.contains("9 such stalls"), "it sleeps: {}", finding.evidence);
        assert_eq!(
            find(&resting_beside(1).analysis()).len(),
            1,
            "with an epoll of its own it stalls"
        );
    }

    /// A loop that left its loop 9 s after its beginning, for a call that has not ended.
    fn hanging_in(number: Sysno, since_at_ns: u64) -> Scene {
        let mut scene = looping();
        let socket = scene.descriptor(DescriptorKind::Tcp, "10.0.0.1:80");
        let length_ns = 10 * SECOND - since_at_ns;
        scene.wait(call(number), Some(socket), 1, length_ns).longest_ns = length_ns;
        let syscall = Syscall::of(number);
        scene.thread().in_flight =
            Some(InFlight { syscall, descriptor: Some(socket), since_at_ns });
        scene
    }

    #[test]
    fn a_call_that_had_not_ended_is_a_warning() {
        let finding = find(&hanging_in(Sysno::recvfrom, 9 * SECOND).analysis()).remove(0);
        assert_eq!((finding.severity, finding.seconds), (Severity::Warn, 1.0));
        assert_eq!(
            finding.evidence,
            "When watching ended the loop had been in recvfrom(fd 11, 10.0.0.1:80) for 1.0 s, and \
             had asked for no events since (10 % of the thread's life)."
        );
        assert!(finding.advice.contains("pool"), "{}", finding.advice);
    }

    #[test]
    fn a_loop_that_asks_or_rests_does_not_hang() {
        let too_short = hanging_in(Sysno::recvfrom, 9 * SECOND + 1);
        let asks = hanging_in(Sysno::epoll_wait, 9 * SECOND);
        let rests = hanging_in(Sysno::futex, 9 * SECOND);
        let awaits_signal = hanging_in(Sysno::rt_sigtimedwait, 9 * SECOND);
        let mut goes_on = hanging_in(Sysno::recvfrom, 8 * SECOND);
        let mut later = hanging_in(Sysno::recvfrom, 8 * SECOND);
        later.thread().asking = Some(Asking { first_at_ns: SECOND, last_at_ns: 7 * SECOND });
        let mut at_once = hanging_in(Sysno::recvfrom, 9 * SECOND);
        at_once.thread().waits[1].control = Control::NonBlocking;
        let mut relieved = hanging_in(Sysno::recvfrom, 9 * SECOND);
        relieved.spawn("worker");
        relieved.wait(call(Sysno::epoll_wait), Some(DescriptorId(0)), 1000, 5 * MS);
        relieved.back_to_main();
        for scene in
            [too_short, asks, rests, awaits_signal, goes_on.clone(), later, at_once, relieved]
        {
            assert_eq!(find(&scene.analysis()), [], "{:?}", scene.record.processes[0].threads[0]);
        }
        goes_on.thread().asking = Some(Asking { first_at_ns: SECOND, last_at_ns: 8 * SECOND });
        assert_eq!(find(&goes_on.analysis()).len(), 1);
    }

    #[test]
    fn what_comes_before_the_loop_and_after_it_is_no_stall() {
        for began_at_ns in [0, 9 * SECOND + 1] {
            let mut scene = looping();
            let file = scene.descriptor(DescriptorKind::File, "/usr/lib/python3/ast.py");
            scene.slow(call(Sysno::read), Some(file), began_at_ns, 900 * MS);
            assert_eq!(find(&scene.analysis()), []);
        }
    }

    #[test]
    fn the_lock_of_an_interpreter_is_no_stall_and_a_result_is() {
        for (wait_ms, times, expected) in [(5, 60, 0), (49, 20, 0), (50, 20, 1), (50, 9, 0)] {
            let mut scene = looping();
            for nth in 0..times {
                scene.slow(call(Sysno::futex), None, SECOND + nth * 100 * MS, wait_ms * MS);
            }
            assert_eq!(find(&scene.analysis()).len(), expected, "{times} × {wait_ms} ms");
        }
    }

    #[test]
    fn a_loop_over_poll_may_poll_one_descriptor_and_one_over_epoll_may_not() {
        for (multiplexer, expected) in [(Sysno::poll, 0), (Sysno::epoll_wait, 1)] {
            let mut scene = Scene::looping_by(multiplexer);
            let peer = scene.descriptor(DescriptorKind::Tcp, "127.0.0.1:80");
            scene.slow(call(Sysno::poll), Some(peer), SECOND, 300 * MS);
            assert_eq!(find(&scene.analysis()).len(), expected, "{multiplexer}");
        }
    }

    #[test]
    fn a_call_that_returns_at_once_is_no_stall() {
        let mut scene = looping();
        let peer = scene.descriptor(DescriptorKind::Tcp, "127.0.0.1:80");
        scene.slow(call(Sysno::recvfrom), Some(peer), SECOND, 300 * MS).control =
            Control::NonBlocking;
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn many_short_sleeps_on_a_blocking_socket_count() {
        for (count, each_ms, expected) in [(49, 20, 0), (50, 20, 1), (100, 4, 0), (200, 4, 1)] {
            let mut scene = looping();
            let peer = scene.descriptor(DescriptorKind::Tcp, "127.0.0.1:6379");
            scene.wait(call(Sysno::recvfrom), Some(peer), count, each_ms * MS);
            assert_eq!(find(&scene.analysis()).len(), expected, "{count} × {each_ms} ms");
        }
    }

    #[test]
    fn a_thread_that_is_no_loop_may_sleep() {
        let mut scene = looping();
        scene.slow(call(Sysno::clock_nanosleep), None, 2 * SECOND, SECOND);
        scene.model = Some(ThreadModel::Blocking);
        assert_eq!(find(&scene.analysis()), []);
    }
}
