//! Which waits for another thread are waits for a lock that it holds.
//!
//! A lock and a queue of work are the same call, futex(2), and look alike from one side. They
//! differ in who waits for whom: threads that *contend* wait for each other in turn, and as long
//! as one of them waits another one is active, since somebody holds the lock. A worker that waits
//! for work, or a thread that waits for a result, waits for somebody who does not wait for it as
//! often, or waits while nobody does anything.
//!
//! One pair looks the same in both: a thread that computes, and one that it made, to which it gives
//! work. There only waits with a time limit are for a lock, that of an interpreter, which is waited
//! for so. The same holds where one of the two asks for events: such threads are of a runtime that
//! lets them rest when there is nothing to do.
//!
//! Left out on purpose: which lock it is, since threads with several of them are rare; and single
//! waits, which cannot be told apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use whywait_record::{
    Breadth, Category, DescriptorKind, Purpose, Record, Syscall, Thread, Wait, Wake, Waker,
};

/// Which threads of a record contend, and for how much of their waiting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contention {
    /// By thread, which parts of its waits for other threads were for a lock.
    shares: HashMap<u32, Shares>,
}

/// Which parts of a thread's waits for other threads were for a lock, 0 to 1 each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Shares {
    /// Of those with a time limit.
    timed: f64,
    /// Of those without one.
    untimed: f64,
}

/// What is known of one thread.
#[derive(Clone, Copy, Default)]
struct Part {
    /// How long it was watched.
    lived_ns: u64,
    /// How long it did something itself: ran, or waited for something that no thread of the program
    /// brings.
    active_ns: u64,
    /// The same, and how long it was ready to run. Somebody who holds a lock may be that too.
    ready_ns: u64,
    /// How long it waited in futex(2) until another watched thread ended that.
    waited_ns: u64,
    /// Who made it, if that was watched.
    made_by: Option<u32>,
    /// Whether it asks which of several descriptors are ready.
    asks: bool,
}

/// Waits of one thread in futex(2) that another one ended, where both do about as much.
struct Turn {
    sleeper: u32,
    waker: u32,
    count: u64,
    waited_ns: u64,
    /// Whether the two may give each other work.
    may_give_work: bool,
}

/// Two numbers are of one order if the lesser one is at least this share of the greater one.
const ONE_ORDER: f64 = 0.1;

/// A lock is held for at least this share of the life of a thread that contends for it, by it or
/// by another.
const LEAST_ACTIVE: f64 = 0.5;

impl Contention {
    /// Finds those who contend.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let parts = parts_of(record);
        let turns = turns_of(record, &parts);
        let contenders = contenders(&turns);
        let mut ended: HashMap<u32, Vec<&Turn>> = HashMap::new();
        for turn in &turns {
            if contenders.contains(&turn.sleeper) && contenders.contains(&turn.waker) {
                ended.entry(turn.sleeper).or_default().push(turn);
            }
        }
        let mut shares = HashMap::new();
        for (sleeper, turns) in ended {
            let part = parts[&sleeper];
            let others_ns: f64 = turns.iter().map(|turn| parts[&turn.waker].ready_ns as f64).sum();
            if others_ns + (part.ready_ns as f64) < LEAST_ACTIVE * part.lived_ns as f64 {
                continue;
            }
            let share = |counts: fn(&Turn) -> bool| {
                let counted = turns.iter().filter(|turn| counts(turn));
                let contended_ns: f64 = counted.map(|turn| turn.waited_ns as f64).sum();
                (contended_ns / part.waited_ns as f64).clamp(0.0, 1.0)
            };
            let shares_of_it =
                Shares { timed: share(|_| true), untimed: share(|turn| !turn.may_give_work) };
            shares.insert(sleeper, shares_of_it);
        }
        Self { shares }
    }

    /// The part of a wait in futex(2) that was for a lock, in nanoseconds; 0 of any other wait.
    ///
    /// What was handed over and came back is none. The rest is divided as all such waits of the
    /// thread are: a wait for the lock of an interpreter is ended by its time limit over and over
    /// before it is ended by the lock's holder. A single wait that is longer than all others is a
    /// rest, such as that of a worker until its pool ends.
    #[must_use]
    pub fn lock_ns(&self, thread: &Thread, wait: &Wait) -> u64 {
        if !is_futex(wait.syscall) {
            return 0;
        }
        let shares = self.shares.get(&thread.tid).copied().unwrap_or_default();
        let share = if wait.breadth == Breadth::Many { shares.timed } else { shares.untimed };
        let left_ns = wait.waiting_ns.saturating_sub(wait.disk_ns.max(wait.handed_over_ns));
        let may_be_lock_ns = left_ns.saturating_sub(rest_ns(wait));
        // A float of such a length may be more than it is.
        ((share * may_be_lock_ns as f64) as u64).min(may_be_lock_ns)
    }

    /// Whether that thread waits for a lock that it gives to others in turn.
    #[must_use]
    pub fn contends(&self, tid: u32) -> bool {
        self.shares.contains_key(&tid)
    }
}

/// A wait among others that is longer than all of them together; 0 if there is none.
fn rest_ns(wait: &Wait) -> u64 {
    if wait.longest_ns > wait.waiting_ns / 2 { wait.longest_ns } else { 0 }
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
            let active_ns = active_ns(thread);
            let part = Part {
                lived_ns: thread.lived_ns,
                active_ns,
                ready_ns: active_ns.saturating_add(thread.time.runnable_ns),
                waited_ns: 0,
                made_by: thread.created_by,
                asks: thread.waits.iter().any(|wait| Category::of(wait) == Category::Multiplexer),
            };
            (thread.tid, part)
        })
        .collect();
    for (_, wake) in futex_wakes(record) {
        if let Some(part) = parts.get_mut(&wake.sleeper) {
            part.waited_ns = part.waited_ns.saturating_add(wake.waited_ns);
        }
    }
    parts
}

/// Waits for another thread, of threads that do about as much as each other. Somebody who does
/// nothing but wait does not contend.
fn turns_of(record: &Record, parts: &HashMap<u32, Part>) -> Vec<Turn> {
    futex_wakes(record)
        .filter_map(|(waker, wake)| {
            let (one, other) = (parts.get(&wake.sleeper)?, parts.get(&waker)?);
            let counts = wake.waited_ns > 0 && of_one_order(one.active_ns, other.active_ns);
            let made = one.made_by == Some(waker) || other.made_by == Some(wake.sleeper);
            counts.then_some(Turn {
                sleeper: wake.sleeper,
                waker,
                count: wake.count,
                waited_ns: wake.waited_ns,
                may_give_work: made || one.asks || other.asks,
            })
        })
        .collect()
}

/// Threads each of which waits for the others about as often as they wait for it. Whoever gives much
/// more than it takes is left out, or the other way round, the most uneven one first: a thread that
/// waits for all others must not hide that they contend.
fn contenders(turns: &[Turn]) -> HashSet<u32> {
    let mut taken_given: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for turn in turns {
        let taken = &mut taken_given.entry(turn.sleeper).or_default().0;
        *taken = taken.saturating_add(turn.count);
        let given = &mut taken_given.entry(turn.waker).or_default().1;
        *given = given.saturating_add(turn.count);
    }
    let mut touching: HashMap<u32, Vec<&Turn>> = HashMap::new();
    for turn in turns {
        touching.entry(turn.sleeper).or_default().push(turn);
        touching.entry(turn.waker).or_default().push(turn);
    }
    let evenness =
        |(taken, given): (u64, u64)| taken.min(given) as f64 / taken.max(given).max(1) as f64;
    loop {
        let most_uneven = taken_given
            .iter()
            .map(|(tid, both)| (evenness(*both), *tid))
            .min_by(|one, other| one.0.total_cmp(&other.0));
        let Some((_, tid)) = most_uneven.filter(|(least, _)| *least < ONE_ORDER) else { break };
        taken_given.remove(&tid);
        for turn in &touching[&tid] {
            if let Some((taken, _)) = taken_given.get_mut(&turn.sleeper) {
                *taken = taken.saturating_sub(turn.count);
            }
            if let Some((_, given)) = taken_given.get_mut(&turn.waker) {
                *given = given.saturating_sub(turn.count);
            }
        }
    }
    taken_given.into_keys().collect()
}

/// Sleeps in futex(2) that one watched thread ended of another, with who did.
fn futex_wakes(record: &Record) -> impl Iterator<Item = (u32, &Wake)> {
    record.wakes.iter().filter(|wake| is_futex(wake.syscall)).filter_map(|wake| match wake.waker {
        Waker::Thread(waker) if waker != wake.sleeper => Some((waker, wake)),
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
    let running_ns = [thread.time.user_ns, thread.time.kernel_ns];
    running_ns.into_iter().chain(waits).fold(0, u64::saturating_add)
}

fn is_futex(syscall: Option<Syscall>) -> bool {
    Purpose::of(syscall) == Purpose::WaitsForThread
}

#[cfg(test)]
pub(crate) mod tests {
    use syscalls::Sysno;

    use super::Contention;
    use whywait_record::{
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
            count: 10,
            total_ns: waiting_ns,
            waiting_ns,
            runnable_ns: 0,
            kernel_ns: 0,
            disk_ns: 0,
            handed_over_ns: 0,
            by_program_ns: waiting_ns,
            longest_ns: waiting_ns / 10,
            stalls: whywait_record::Stalls::default(),
            latency: Histogram::default(),
        };
        Thread {
            tid,
            name: "thread".to_owned(),
            merged_count: 1,
            created_by: None,
            io_worker: false,
            began_at_ns: 0,
            ended_at_ns: None,
            lived_ns: user_ns + waiting_ns,
            time: ThreadTime { user_ns, waiting_ns, ..ThreadTime::default() },
            sched_cpu_ns: user_ns,
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
    /// ended it: waker, sleeper, length; one time for each length of 5.
    pub(crate) fn record_of(threads: Vec<Thread>, wakes: &[(u32, u32, u64)]) -> Record {
        let process = Process { threads, ..Process::begun(1, Command::default(), 0) };
        let wakes = wakes.iter().map(|&(waker, sleeper, waited_ns)| Wake {
            waker: Waker::Thread(waker),
            sleeper,
            syscall: Some(Syscall::of(Sysno::futex)),
            count: waited_ns.div_ceil(5),
            waited_ns,
        });
        Record {
            capture: whywait_record::Capture::default(),
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
            not_watched: Vec::new(),
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
    fn a_wait_that_is_longer_than_all_others_is_a_rest() {
        let mut threads = vec![futex_thread(1, 500, 500), futex_thread(2, 500, 500)];
        threads[0].waits[0].longest_ns = 450;
        threads[1].waits[0].longest_ns = 250;
        let record = record_of(threads, &[(1, 2, 500), (2, 1, 500)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (50, 500));
    }

    #[test]
    fn no_more_of_a_wait_than_all_of_it_is_for_a_lock() {
        const LONG_NS: u64 = (1 << 53) + 3; // the next float is greater
        let mut threads: Vec<_> = (1..=2).map(|tid| futex_thread(tid, LONG_NS, LONG_NS)).collect();
        for thread in &mut threads {
            thread.lived_ns = 2 * LONG_NS;
        }
        let record = record_of(threads, &[(1, 2, LONG_NS), (2, 1, LONG_NS)]);
        assert_eq!(lock_ns(&record, 1), LONG_NS);
    }

    #[test]
    fn whoever_waits_for_their_end_does_not_hide_that_they_contend() {
        let threads =
            vec![futex_thread(1, 10, 990), futex_thread(2, 500, 500), futex_thread(3, 500, 500)];
        let record = record_of(threads, &[(2, 3, 5), (3, 2, 5), (2, 1, 500), (3, 1, 490)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (0, 500));
    }

    #[test]
    fn of_maker_and_made_only_waits_with_a_limit_are_for_a_lock() {
        let mut threads = vec![futex_thread(1, 500, 500), futex_thread(2, 500, 500)];
        threads[1].created_by = Some(1);
        let mut timed = threads[0].waits[0].clone();
        timed.breadth = Breadth::Many;
        threads[0].waits.push(timed);
        let record = record_of(threads, &[(1, 2, 500), (2, 1, 500)]);
        let contention = Contention::of(&record);
        let thread = record.thread(1).expect("it is there");
        let locks = thread.waits.iter().map(|wait| contention.lock_ns(thread, wait));
        assert_eq!(locks.collect::<Vec<_>>(), [0, 500]);
    }

    #[test]
    fn threads_that_ask_for_events_too_let_each_other_rest() {
        let mut threads = vec![futex_thread(1, 500, 500), futex_thread(2, 500, 500)];
        let mut turn = threads[0].waits[0].clone();
        turn.syscall = Some(Syscall::of(Sysno::epoll_wait));
        threads[0].waits.push(turn);
        let record = record_of(threads, &[(1, 2, 500), (2, 1, 500)]);
        assert_eq!((lock_ns(&record, 1), lock_ns(&record, 2)), (0, 0));
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
