//! Which waits for another thread are waits for a lock that it holds.
//!
//! A lock and a queue of work are the same call, futex(2), and look alike from one side. They
//! differ in who waits for whom: threads that *contend* wait for each other in turn, and as long
//! as one of them waits another one is active, since somebody holds the lock. A worker that waits
//! for work, or a thread that waits for a result, waits for somebody who does not wait for it in
//! the same way, or waits while nobody does anything.
//!
//! Left out on purpose: which lock it is, since threads with several of them are rare; and single
//! waits, which cannot be told apart.

use std::collections::HashMap;

use syscalls::Sysno;

use crate::{Category, DescriptorKind, Record, Syscall, Thread, Wait, Waker};

/// Which threads of a record contend, and for how much of their waiting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contention {
    /// By thread, the part of its waits for other threads that were for a lock, 0 to 1.
    shares: HashMap<u32, f64>,
}

/// What is known of one thread.
#[derive(Clone, Copy, Default)]
struct Part {
    /// How long it was watched.
    lived_ns: u64,
    /// How long it ran, was ready to run, or waited for something that no thread of the program
    /// brings.
    active_ns: u64,
    /// How long it waited in futex(2) until another watched thread ended that.
    waited_ns: u64,
    /// The part of that which a thread ended that does about as much.
    waited_for_peers_ns: u64,
    /// How long such threads waited so for this one.
    kept_peers_waiting_ns: u64,
}

/// Two lengths are of one order if the shorter one is at least this share of the longer one.
const ONE_ORDER: f64 = 0.1;

/// A lock is held for at least this share of the life of a thread that contends for it, by it or
/// by another.
const LEAST_ACTIVE: f64 = 0.5;

impl Contention {
    /// Finds those who contend.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let parts = parts_of(record);
        let mut shares = HashMap::new();
        let mut by_sleeper: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
        for (sleeper, waker, waited_ns) in futex_wakes(record) {
            by_sleeper.entry(sleeper).or_default().push((waker, waited_ns));
        }
        for (sleeper, wakers) in by_sleeper {
            let Some(part) = parts.get(&sleeper).filter(|part| part.gives_and_takes()) else {
                continue;
            };
            let contenders = || {
                wakers.iter().filter_map(|(waker, waited_ns)| {
                    let other = parts.get(waker).filter(|other| part.contends_with(other))?;
                    Some((other, *waited_ns))
                })
            };
            let active_ns: f64 = contenders().map(|(other, _)| other.active_ns as f64).sum();
            if active_ns + (part.active_ns as f64) < LEAST_ACTIVE * part.lived_ns as f64 {
                continue;
            }
            let contended_ns: f64 = contenders().map(|(_, waited_ns)| waited_ns as f64).sum();
            if contended_ns > 0.0 {
                shares.insert(sleeper, (contended_ns / part.waited_ns as f64).clamp(0.0, 1.0));
            }
        }
        Self { shares }
    }

    /// The part of a wait in futex(2) that was for a lock, in nanoseconds; 0 of any other wait.
    ///
    /// What was handed over and came back is none. The rest is divided as all such waits of the
    /// thread are, since a wait for a lock with a time limit, as that of Python's interpreter, is
    /// ended by its limit over and over before it is ended by the lock's holder.
    #[must_use]
    pub fn lock_ns(&self, thread: &Thread, wait: &Wait) -> u64 {
        if !is_futex(wait.syscall) {
            return 0;
        }
        let share = self.shares.get(&thread.tid).copied().unwrap_or(0.0);
        let left_ns = wait.waiting_ns.saturating_sub(wait.disk_ns.max(wait.handed_over_ns));
        (share * left_ns as f64) as u64
    }

    /// Whether that thread waits for a lock that it gives to others in turn.
    #[must_use]
    pub fn contends(&self, tid: u32) -> bool {
        self.shares.contains_key(&tid)
    }
}

impl Part {
    /// Whether it waits for its peers about as long as they wait for it. Somebody who waits for all
    /// of them to end is no peer.
    fn gives_and_takes(&self) -> bool {
        of_one_order(self.waited_for_peers_ns, self.kept_peers_waiting_ns)
    }

    /// Whether the two are alike in what they give, take and do.
    fn contends_with(&self, other: &Self) -> bool {
        other.gives_and_takes() && self.is_peer_of(other)
    }

    /// Whether both do about as much.
    fn is_peer_of(&self, other: &Self) -> bool {
        of_one_order(self.active_ns, other.active_ns)
    }
}

/// Whether neither is nothing beside the other.
fn of_one_order(one: u64, other: u64) -> bool {
    let (less, more) = (one.min(other), one.max(other));
    less > 0 && less as f64 >= ONE_ORDER * more as f64
}

fn parts_of(record: &Record) -> HashMap<u32, Part> {
    let mut parts: HashMap<u32, Part> = record
        .threads()
        .map(|(_, thread)| {
            let part =
                Part { lived_ns: thread.lived_ns, active_ns: active_ns(thread), ..Part::default() };
            (thread.tid, part)
        })
        .collect();
    for (sleeper, waker, waited_ns) in futex_wakes(record) {
        let peers = match (parts.get(&sleeper), parts.get(&waker)) {
            (Some(one), Some(other)) => one.is_peer_of(other),
            _ => false,
        };
        let for_peers_ns = if peers { waited_ns } else { 0 };
        if let Some(part) = parts.get_mut(&sleeper) {
            part.waited_ns = part.waited_ns.saturating_add(waited_ns);
            part.waited_for_peers_ns = part.waited_for_peers_ns.saturating_add(for_peers_ns);
        }
        if let Some(part) = parts.get_mut(&waker) {
            part.kept_peers_waiting_ns = part.kept_peers_waiting_ns.saturating_add(for_peers_ns);
        }
    }
    parts
}

/// Sleepers and wakers among the watched threads, and how long these sleeps in futex(2) were.
fn futex_wakes(record: &Record) -> impl Iterator<Item = (u32, u32, u64)> {
    record.wakes.iter().filter(|wake| is_futex(wake.syscall)).filter_map(|wake| match wake.waker {
        Waker::Thread(waker) if waker != wake.sleeper => {
            Some((wake.sleeper, waker, wake.waited_ns))
        }
        Waker::Thread(_) | Waker::Outside => None,
    })
}

/// How long a thread did something, as against waiting for another thread or for anything at all.
/// A pipe's other end is most often a thread of the program.
fn active_ns(thread: &Thread) -> u64 {
    let waits = thread.waits.iter().map(|wait| match Category::of(wait) {
        Category::Data | Category::Disk | Category::Sleep if wait.kind != DescriptorKind::Pipe => {
            wait.waiting_ns.saturating_sub(wait.by_program_ns)
        }
        _ => 0,
    });
    let running_ns = [thread.time.user_ns, thread.time.kernel_ns, thread.time.runnable_ns];
    running_ns.into_iter().chain(waits).fold(0, u64::saturating_add)
}

fn is_futex(syscall: Option<Syscall>) -> bool {
    let number = syscall.and_then(Syscall::number);
    matches!(number, Some(Sysno::futex | Sysno::futex_wait | Sysno::futex_waitv))
}

#[cfg(test)]
pub(crate) mod tests {
    use syscalls::Sysno;

    use super::Contention;
    use crate::{
        Backend, Breadth, Command, Control, Cost, DescriptorKind, Detail, Histogram, Losses,
        Process, Record, Switches, Syscall, Thread, ThreadTime, Wait, Wake, Waker,
    };

    /// A thread that computes so long and then waits so long in futex(2).
    pub(crate) fn futex_thread(tid: u32, user_ns: u64, waiting_ns: u64) -> Thread {
        let wait = Wait {
            syscall: Some(Syscall::of(Sysno::futex)),
            descriptor: None,
            kind: DescriptorKind::None,
            control: Control::Blocking,
            breadth: Breadth::One,
            count: 1,
            total_ns: waiting_ns,
            waiting_ns,
            runnable_ns: 0,
            kernel_ns: 0,
            disk_ns: 0,
            handed_over_ns: 0,
            by_program_ns: waiting_ns,
            longest_ns: waiting_ns,
            latency: Histogram::default(),
        };
        Thread {
            tid,
            name: "thread".to_owned(),
            stands_for: 1,
            created_by: None,
            io_worker: false,
            began_at_ns: 0,
            ended_at_ns: None,
            lived_ns: user_ns + waiting_ns,
            time: ThreadTime { user_ns, waiting_ns, ..ThreadTime::default() },
            kernel_says_cpu_ns: user_ns,
            switches: Switches::default(),
            threads_created: 0,
            processes_created: 0,
            calls: Vec::new(),
            waits: vec![wait],
            ring_operations: Vec::new(),
            in_flight: None,
            asking: None,
            samples: Vec::new(),
        }
    }

    /// A record of one process with these threads, and who waited so long in futex(2) until whom
    /// ended it: waker, sleeper, length.
    pub(crate) fn record_of(threads: Vec<Thread>, wakes: &[(u32, u32, u64)]) -> Record {
        let process = Process {
            pid: 1,
            parent_pid: None,
            stands_for: 1,
            command: Command::default(),
            execs: 0,
            began_at_ns: 0,
            ended_at_ns: None,
            ending: None,
            threads,
        };
        let wakes = wakes.iter().map(|&(waker, sleeper, waited_ns)| Wake {
            waker: Waker::Thread(waker),
            sleeper,
            syscall: Some(Syscall::of(Sysno::futex)),
            count: 1,
            waited_ns,
        });
        Record {
            detail: Detail::Full,
            backend: Backend::Bpf,
            wall_ns: 1000,
            root_pid: 1,
            ending: None,
            processes: vec![process],
            descriptors: Vec::new(),
            wakes: wakes.collect(),
            slow_calls: Vec::new(),
            slow_call_ns: 1000,
            timeline: None,
            cost: Cost::default(),
            losses: Losses::default(),
        }
    }

    fn lock_ns(record: &Record, tid: u32) -> u64 {
        let thread = record.thread(tid).expect("it is there");
        Contention::of(record).lock_ns(thread, &thread.waits[0])
    }

    #[test]
    fn those_who_take_turns_contend_though_not_in_pairs() {
        let threads = (1..=4).map(|tid| futex_thread(tid, 250, 750)).collect();
        let ring = record_of(threads, &[(1, 2, 750), (2, 3, 750), (3, 4, 750), (4, 1, 750)]);
        for tid in 1..=4 {
            assert_eq!(lock_ns(&ring, tid), 750, "{tid}");
        }
    }

    #[test]
    fn whoever_waits_for_their_end_does_not_hide_that_they_contend() {
        let threads =
            vec![futex_thread(1, 10, 990), futex_thread(2, 500, 500), futex_thread(3, 500, 500)];
        let record = record_of(threads, &[(2, 3, 5), (3, 2, 5), (2, 1, 500), (3, 1, 490)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (0, 500));
    }

    #[test]
    fn who_brings_work_and_who_waits_for_it_do_not_contend() {
        let threads = vec![futex_thread(1, 900, 100), futex_thread(2, 100, 900)];
        let one_way = record_of(threads.clone(), &[(1, 2, 900)]);
        assert_eq!(lock_ns(&one_way, 2), 0);
        let hardly = record_of(threads, &[(1, 2, 900), (2, 1, 10)]);
        assert_eq!(lock_ns(&hardly, 2), 0);
    }

    #[test]
    fn who_hands_over_and_does_nothing_itself_does_not_contend() {
        let threads = vec![futex_thread(1, 20, 980), futex_thread(2, 700, 300)];
        let record = record_of(threads, &[(1, 2, 300), (2, 1, 980)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (0, 0));
    }

    #[test]
    fn workers_that_wake_each_other_now_and_then_do_not_contend() {
        let threads = vec![futex_thread(1, 10, 990), futex_thread(2, 10, 990)];
        let record = record_of(threads, &[(1, 2, 990), (2, 1, 990)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (0, 0));
    }

    #[test]
    fn what_was_handed_over_and_came_back_is_no_lock() {
        let mut threads = vec![futex_thread(1, 500, 500), futex_thread(2, 500, 500)];
        threads[0].waits[0].handed_over_ns = 450;
        let record = record_of(threads, &[(1, 2, 500), (2, 1, 500)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (50, 500));
    }
}
