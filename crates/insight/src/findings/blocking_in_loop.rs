//! A loop that sleeps in a call other than the one that asks for events: all events wait meanwhile.
//!
//! What a loop computes delays its events too, but cannot be told from work that is due. What
//! happened before the loop began and after it ended does not count, as far as that is known.

use whywait_record::{Category, Control, Purpose, SlowCall, Syscall, Wait};
use whywait_report::{Severity, ThreadModel, escaped};

use super::finding::{place_of, seconds};
use super::hang::Hang;
use super::language::ByLanguage;
use super::named_call::NamedCall;
use super::stall::{Sleeps, Stalls, asks_an_epoll_or_ring, is_lingering_close, is_pool_of_loops};
use super::total::Total;
use super::{Docs, Finding, FindingRow};
use crate::facts::is_ipc;
use crate::thresholds::{Bound, Scale, Unit, level};
use crate::words::{count, percent, time};
use crate::{Analysis, ThreadAnalysis};

/// The registration of this finding.
pub(super) const ROW: FindingRow = FindingRow {
    code: "WW01",
    name: "blocking-in-loop",
    weakened_by: |record| [record.losses.events, record.losses.threads].into_iter().total(),
    find,
    scales: &[BLOCKING_IN_LOOP, BLOCKING_IN_LOOP_THREADS],
    bounds: &[STALL, LOCK_STALL, HANG, SOON_AFTER_ASKING, SHORT_STALLS, SHORT_STALLS_SHARE],
    docs: Docs {
        means: "\
A thread that runs an event loop, or a loop over an io_uring, slept in a call other than
the one that asks for events. All events that came meanwhile waited too. What the thread did before
it first asked for events and after it last did, such as loading modules or joining threads, does
not count. Neither do waits for an interpreter's lock, nor rests of a thread while another thread
asks the same epoll, as the workers of tokio and Go do.

A loop that hangs does not ask again. A call that it makes within 100 ms of its last question, and
in which it still sleeps when watching ends, is at most a warning: whether the loop would have gone
on cannot be seen. Waits for other threads and for signals do not count here.

A close(2) on a socket that sleeps waits for the peer (SO_LINGER). A library that runs an epoll of
its own inside a callback waits in that one: such waits are not counted as stalls.",
        example: "\
```python
async def handle(reader, writer):
    time.sleep(0.05)                        # instead of: await asyncio.sleep(0.05)
    writer.write(requests.get(url).content) # a synchronous client
```",
        printed: r#""The loop stalled 50 ms in clock_nanosleep, the longest of 20 such stalls, 1.0 s in
all (30 % of the thread's life). After such a stall the loop found up to 6 events waiting.""#,
        what_to_do: "\
Let the loop do the waiting: `asyncio.sleep`, an asynchronous client,
`fs.promises`. Give calls that can only block to a pool: `asyncio.to_thread`, `spawn_blocking`,
`aio threads` of nginx. There is one finding for each thing that the loop slept for: a peer, a
disk, a time, a thread, a child.",
    },
};

/// Of `blocking-in-loop`, and of `blocking-dns` in a loop.
pub(super) const BLOCKING_IN_LOOP: Scale = Scale {
    part: None,
    seconds_of: "asleep in calls other than the one that asks for events",
    share_of: "the thread's life",
    info: level(0.002, 0.01),
    warn: Some(level(0.01, 0.05)),
    high: Some(level(0.1, 0.2)),
};

/// Of `blocking-in-loop` because of other threads: an interpreter's own threads keep its loop waiting
/// for a moment now and then, and for longer on a busy machine.
const BLOCKING_IN_LOOP_THREADS: Scale = Scale {
    part: Some("threads"),
    seconds_of: "asleep until another thread of the program ended that",
    share_of: "the thread's life",
    info: level(0.05, 0.2),
    warn: Some(level(0.1, 0.5)),
    high: Some(level(0.3, 1.0)),
};

/// How long a call must sleep to be a stall.
const STALL: Bound = Bound {
    name: "stall",
    value: whywait_record::Stalls::LEAST_NS as f64 / 1e9,
    unit: Unit::Time,
    meaning: "A single call that sleeps this long is a stall.",
};

/// The same for another thread of the program.
const LOCK_STALL: Bound = Bound {
    name: "lock stall",
    value: whywait_record::Stalls::LEAST_LOCK_NS as f64 / 1e9,
    unit: Unit::Time,
    meaning: "The same for futex(2): a lock that is held for a moment, or the lock of an \
              interpreter, is no stall.",
};

/// How long a loop must have been in a call that had not ended.
pub(super) const HANG: Bound = Bound {
    name: "hang",
    value: 1.0,
    unit: Unit::Time,
    meaning: "A call that a loop made after it last asked for events, and in which it had slept this \
              long when watching ended, is a stall too; it may also be the end of the loop, so it is \
              a warning at most.",
};

/// How soon after a loop last asked it must have made that call.
pub(super) const SOON_AFTER_ASKING: Bound = Bound {
    name: "hang after asking",
    value: 0.1,
    unit: Unit::Time,
    meaning: "A call that is made later than this after the last question is part of what comes after \
              the loop.",
};

/// How many short sleeps count together.
const SHORT_STALLS: Bound = Bound {
    name: "short stalls",
    value: 50.0,
    unit: Unit::Count,
    meaning: "So many shorter sleeps on one blocking socket or pipe count too: a synchronous client \
              of a fast server.",
};

/// The share from which on short sleeps count.
const SHORT_STALLS_SHARE: Bound = Bound {
    name: "share of short stalls",
    value: 0.05,
    unit: Unit::Share,
    meaning: "They count if they take this much of the thread's life.",
};

/// Looks for it in every loop: a finding for each thing that a loop slept for.
fn find(analysis: &Analysis<'_>) -> Vec<Finding> {
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
    if is_lingering_close(longest.syscall, category) {
        evidence += " It waited until the peer had acknowledged all data (SO_LINGER).";
    }
    evidence += &others_in_words(analysis, others);
    evidence += &ready_in_words(&stalls.examples);
    Some(Finding {
        key: format!("{} {category:?} {:?}", escaped(&one.thread.name), longest.syscall),
        evidence,
        advice: advice(one, category, longest.syscall),
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
        advice: advice(one, Category::of(hang.wait), hang.wait.syscall),
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
        advice: advice(one, Category::Data, most.syscall),
        count: times,
        seconds: seconds(slept_ns),
        share,
        at: place,
        ..Finding::about(one.process, one.thread, severity)
    })
}

/// How the loop need not wait for that, in the words of the program's language.
fn advice(one: &ThreadAnalysis<'_>, category: Category, syscall: Option<Syscall>) -> String {
    let advice = match category {
        _ if is_lingering_close(syscall, category) => LINGER,
        _ if syscall.is_none() => PAGE,
        Category::Sleep => SLEEP,
        Category::Data => DATA,
        Category::Disk => DISK,
        Category::Handoff | Category::Lock => THREADS,
        Category::Child => CHILD,
        Category::Multiplexer | Category::Other => OTHER,
    };
    advice.for_process(one.process).to_owned()
}

const SLEEP: ByLanguage = ByLanguage {
    python: "Let the loop sleep: `await asyncio.sleep(…)` instead of `time.sleep`.",
    ruby: "Let the loop sleep: a timer of the loop, or `sleep` under a fiber scheduler.",
    node: "Let the loop sleep: `setTimeout` instead of `Atomics.wait`.",
    java: "Let the loop sleep: a timer of the loop, or a ScheduledExecutorService, instead of \
           `Thread.sleep`.",
    rust: "Let the loop sleep: `tokio::time::sleep` instead of `std::thread::sleep`.",
    other: "Let the loop sleep: a timer of the loop, or the time limit of the next epoll_wait(2).",
};

const DATA: ByLanguage = ByLanguage {
    python: "Use a client that belongs to the loop (aiohttp or httpx.AsyncClient instead of \
             requests), or give the call to a pool: `asyncio.to_thread`.",
    ruby: "Use a client that belongs to the loop, or give the call to a thread.",
    node: "Use the asynchronous form of the call, not the one with `Sync` in its name.",
    java: "Use a client that belongs to the loop (java.net.http.HttpClient, Netty), or give the \
           call to an executor.",
    rust: "Use a client that belongs to the loop (tokio::net, reqwest without `blocking`), or give \
           the call to a pool: `tokio::task::spawn_blocking`.",
    other: "Use a client that belongs to the loop, with a non-blocking socket, or give the call to \
            a pool of threads.",
};

const DISK: ByLanguage = ByLanguage {
    python: "Files always block: give the call to a pool (`asyncio.to_thread`). `whywait compare \
             files` shows what each way costs on this machine.",
    ruby: "Files always block: give the call to a thread. `whywait compare files` shows what each \
           way costs on this machine.",
    node: "Use `fs.promises`, which gives the call to a pool, instead of the call with `Sync` in its \
           name. `whywait compare files` shows what each way costs on this machine.",
    java: "Files always block: give the call to an executor. `whywait compare files` shows what \
           each way costs on this machine.",
    rust: "Files always block: give the call to a pool (`tokio::fs`, `spawn_blocking`). `whywait \
           compare files` shows what each way costs on this machine.",
    other: "Files always block: give the call to a pool of threads (`aio threads` of nginx), or use \
            io_uring. `whywait compare files` shows what each way costs on this machine.",
};

const THREADS: ByLanguage = ByLanguage {
    python: "Don't wait in the loop for another thread: `await asyncio.wrap_future(…)` instead of \
             `.result()`. Hold locks that a loop needs only for a moment.",
    rust: "Don't wait in the loop for another thread: await its result, and use locks of the \
           runtime (`tokio::sync::Mutex`) where they are held across an await.",
    node: "Don't wait in the loop for another thread: take its result by a message instead of \
           `Atomics.wait`.",
    java: "Don't wait in the loop for another thread: `CompletableFuture.thenAccept` instead of \
           `get`. Hold locks that a loop needs only for a moment.",
    ..ByLanguage::all(
        "Don't wait in the loop for another thread: let it wake the loop (eventfd(2)) when the \
            result is there. Hold locks that a loop needs only for a moment.",
    )
};

const CHILD: ByLanguage = ByLanguage {
    python: "Start and await child processes through the loop: `asyncio.create_subprocess_exec`.",
    ruby: "Wait for child processes in a thread: `Process.detach`.",
    node: "Start child processes by `child_process.spawn` instead of `spawnSync` or `execSync`.",
    java: "Wait for child processes by `Process.onExit()` instead of `waitFor`.",
    rust: "Start and await child processes through the loop: `tokio::process`.",
    other: "Let the loop wait for child processes: a pidfd (pidfd_open(2)) in epoll.",
};

/// A page that had to be read as it was touched.
const PAGE: ByLanguage = ByLanguage::all(
    "A mapped file was read from the disk where the loop touched it: read it by read(2) in a pool \
     of threads, or have it in memory before (MAP_POPULATE, madvise(2) with MADV_POPULATE_READ).",
);

/// A close(2) that waits for the peer.
const LINGER: ByLanguage = ByLanguage::all(
    "close(2) waits here until the peer has acknowledged all data, which SO_LINGER asks for: \
            leave SO_LINGER off, or shutdown(2) and close when the peer has closed.",
);

const OTHER: ByLanguage = ByLanguage::all(
    "Give the call to another thread. `whywait explain --detail full --timeline` shows when \
            it was made.",
);

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
        let stalls = Stalls { count: 97, waiting_ns: 1164 * MS, longest_ns: 14 * MS };
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
        assert!(finding.advice.contains("client that belongs to the loop"), "{}", finding.advice);
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
        scene.thread().waits.last_mut().expect("just added").control = Control::NonBlocking;
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
    fn a_close_that_lingers_waits_for_the_peer() {
        let mut scene = looping();
        let peer = scene.descriptor(DescriptorKind::Tcp, "10.0.0.1:80");
        scene.slow(call(Sysno::close), Some(peer), SECOND, 300 * MS);
        let finding = find(&scene.analysis()).remove(0);
        for text in [&finding.evidence, &finding.advice] {
            assert!(text.contains("SO_LINGER"), "{finding:?}");
        }
    }

    #[test]
    fn the_end_of_an_aio_context_is_no_stall() {
        let mut scene = looping();
        scene.slow(call(Sysno::io_destroy), None, SECOND, 300 * MS);
        assert_eq!(find(&scene.analysis()), []);
    }

    #[test]
    fn advice_is_for_the_language_of_the_program() {
        for (program, has, lacks) in [
            ("/usr/bin/python3.11", "asyncio", "tokio"),
            ("/usr/bin/node", "setTimeout", "asyncio"),
            ("./server", "epoll_wait", "asyncio"),
        ] {
            let mut scene = looping();
            scene.record.processes[0].command.executable = Some(program.into());
            scene.slow(call(Sysno::clock_nanosleep), None, SECOND, 300 * MS);
            let advice = find(&scene.analysis()).remove(0).advice;
            assert!(advice.contains(has) && !advice.contains(lacks), "{program}: {advice}");
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
