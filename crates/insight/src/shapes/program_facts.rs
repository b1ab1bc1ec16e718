//! Everything that is true of a program as a whole.

use std::collections::{HashMap, HashSet};

use whywait_record::{Category, Waker};
use whywait_report::{Shape, ThreadModel};

use super::program::{Program, effort_ns, work_ns};
use super::stages::Stages;
use super::team::Team;
use crate::ThreadAnalysis;
use crate::analysis::how_many;
use crate::facts as facts_of;
use crate::facts::{Subject, exact, facts, flag, ratio, share};

/// Programs, as the subject of facts and rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfProgram;

impl Subject for OfProgram {
    type Facts<'a> = ProgramFacts;
    type Class = Shape;
    const UNKNOWN: Shape = Shape::Unknown;

    fn name(class: Shape) -> &'static str {
        class.name()
    }
}

/// Everything that is true of a program as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProgramFacts {
    team: TeamFacts,
    loops: LoopFacts,
    threads: LeaderFacts,
    /// The part of the program's effort in processes joined by pipes or local sockets.
    stage_share: f64,
    stages: u64,
    delegates_to_processes: bool,
}

/// Of the processes that do the same at the same time.
#[derive(Clone, Debug, Default)]
struct TeamFacts {
    members: u64,
    /// How many for each that lives at the same time.
    rounds: f64,
    waiting_parent: bool,
    connection_share: f64,
    listening_share: f64,
    loop_share: f64,
    ring_loops: bool,
    pool_share: f64,
    is_fed: bool,
}

/// Of the loops of the leading process.
#[derive(Clone, Debug, Default)]
struct LoopFacts {
    loops: u64,
    iterations: u64,
    share: f64,
    leads: bool,
    has_pool: bool,
    rings: u64,
    ring_iterations: u64,
    aio_loops: u64,
    aio_share: f64,
}

/// Of the threads of the leading process.
#[derive(Clone, Debug, Default)]
struct LeaderFacts {
    threads: u64,
    acceptors: u64,
    connections: u64,
    connection_share: f64,
    workers: u64,
    serving_workers: f64,
    worker_ns: u64,
    connection_ns: u64,
    main_ns: u64,
    spinning_share: f64,
    group: Group,
    group_share: f64,
    /// How long its thread lived that lived longest.
    life_ns: u64,
    has_waiter: bool,
    at_once: f64,
    busiest: Option<ThreadModel>,
}

facts! {
    OfProgram, PROGRAM_FACTS;

    /// Processes of the group that does most of the work: created by one process, at work at the same time.
    MEMBERS = "members", Count, |f| exact(f.team.members);

    /// Members for each that lives at the same time.
    ROUNDS = "members-per-slot", Ratio, |f| share(f.team.rounds);

    /// The process that created the members only waits for them.
    WAITING_PARENT = "parent-only-waits", Flag, |f| flag(f.team.waiting_parent);

    /// The part of the members that were created for one connection.
    CONNECTION_MEMBERS = "connection-members", Share, |f| share(f.team.connection_share);

    /// A thread that accepts connections creates processes for them.
    DELEGATES_TO_PROCESSES = "delegates-to-processes", Flag, |f| flag(f.delegates_to_processes);

    /// The part of the members that have a listening socket, or accept connections.
    LISTENING_MEMBERS = "listening-members", Share, |f| share(f.team.listening_share);

    /// The part of the members in which an event loop does what the process is about.
    LOOP_MEMBERS = "loop-members", Share, |f| share(f.team.loop_share);

    /// Members have loops over an io_uring.
    RING_MEMBERS = "uring-members", Flag, |f| flag(f.team.ring_loops);

    /// The part of the members that have a pool of threads.
    POOL_MEMBERS = "pool-members", Share, |f| share(f.team.pool_share);

    /// Members read work from a pipe or a local socket that others of the program write to.
    FED_MEMBERS = "members-read-work", Flag, |f| flag(f.team.is_fed);

    /// Processes joined by pipes or local sockets, none of which created the other.
    STAGES = "stages", Count, |f| exact(f.stages);

    /// The part of the program's work in these.
    STAGE_SHARE = "stage-share", Share, |f| share(f.stage_share);

    /// Event loops of the leading process that iterate often.
    LOOPS = "loops", Count, |f| exact(f.loops.loops);

    /// The part of the leading process's work in these.
    LOOP_SHARE = "loop-share", Share, |f| share(f.loops.share);

    /// The busiest loop is the first thread, or does more than that one.
    LOOP_LEADS = "loop-leads", Flag, |f| flag(f.loops.leads);

    /// Threads do work for the busiest loop: they end its waits, or do what would block it.
    LOOP_HAS_POOL = "loop-has-pool", Flag, |f| flag(f.loops.has_pool);

    /// Loops over an io_uring in the leading process.
    RING_LOOPS = "uring-loops", Count, |f| exact(f.loops.rings);

    /// Iterations of the busiest of these for each iteration of the busiest other loop.
    RING_PER_LOOP = "uring-iterations-per-iteration", Ratio, |f| ratio(f.loops.ring_iterations, f.loops.iterations);

    /// Loops over io_getevents(2) in the leading process.
    AIO_LOOPS = "aio-loops", Count, |f| exact(f.loops.aio_loops);

    /// The part of the leading process's work in these.
    AIO_SHARE = "aio-share", Share, |f| share(f.loops.aio_share);

    /// Threads of the leading process.
    THREADS = "threads", Count, |f| exact(f.threads.threads);

    /// Threads of it that accept connections and delegate them.
    ACCEPTORS = "acceptors", Count, |f| exact(f.threads.acceptors);

    /// Threads of it that serve one connection each.
    CONNECTION_THREADS = "connection-threads", Count, |f| exact(f.threads.connections);

    /// The part of the leading process's work in these, not counting who accepts.
    CONNECTION_SHARE = "connection-share", Share, |f| share(f.threads.connection_share);

    /// Threads of it that wait for work that others bring.
    WORKERS = "workers", Count, |f| exact(f.threads.workers);

    /// The part of the workers that slept on accepted connections.
    SERVING_WORKERS = "serving-workers", Share, |f| share(f.threads.serving_workers);

    /// Work of the connection threads for that of the workers.
    CONNECTION_PER_WORKER = "connection-work-per-worker-work", Ratio, |f| ratio(f.threads.connection_ns, f.threads.worker_ns);

    /// Connection threads for each worker.
    CONNECTIONS_PER_WORKER = "connection-threads-per-worker", Ratio, |f| ratio(f.threads.connections, f.threads.workers);

    /// Work of the workers for that of the first thread.
    WORKER_PER_MAIN = "worker-work-per-main-work", Ratio, |f| ratio(f.threads.worker_ns, f.threads.main_ns);

    /// The part of the leading process's work in threads that poll again and again.
    SPINNING_SHARE = "spinner-share", Share, |f| share(f.threads.spinning_share);

    /// Threads beside the first that one thread created and that do the same.
    GROUP = "group", Count, |f| exact(f.threads.group.size);

    /// The part of the leading process's work in these.
    GROUP_SHARE = "group-share", Share, |f| share(f.threads.group_share);

    /// The average life of these, as a part of that of the process.
    GROUP_LIFE = "group-life", Share, |f| share(crate::share(f.threads.group.lived_ns / f.threads.group.size.max(1), f.threads.life_ns));

    /// Files that each of these opened and connections that each made; 0 in light detail.
    GROUP_PIECES = "pieces-each", Count, |f| exact(f.threads.group.pieces / f.threads.group.size.max(1));

    /// A thread waits for others that do its work.
    HAS_WAITER = "waits-on-helper", Flag, |f| flag(f.threads.has_waiter);

    /// How many others worked at the same time while it waited.
    AT_ONCE = "helpers-at-once", Ratio, |f| share(f.threads.at_once);

    /// The thread that works most computes.
    MOSTLY_COMPUTES = "busiest-computes", Flag, |f| flag(f.threads.busiest == Some(ThreadModel::Cpu));

    /// The thread that works most polls again and again.
    MOSTLY_SPINS = "busiest-spins", Flag, |f| flag(f.threads.busiest == Some(ThreadModel::Spinner));

    /// The thread that works most is an event loop.
    MOSTLY_LOOPS = "busiest-is-loop", Flag, |f| flag(f.threads.busiest == Some(ThreadModel::EventLoop));

    /// The thread that works most is a loop over an io_uring.
    MOSTLY_RING = "busiest-is-uring-loop", Flag, |f| flag(f.threads.busiest == Some(ThreadModel::UringLoop));

    /// The thread that works most waits for another.
    MOSTLY_WAITS_ON_HELPER = "busiest-waits-on-helper", Flag, |f| flag(f.threads.busiest == Some(ThreadModel::WaitsOnHelper));

    /// The thread that works most makes blocking calls.
    MOSTLY_BLOCKS = "busiest-blocks", Flag, |f| flag(f.threads.busiest.is_some_and(blocks));

    /// Some thread did something.
    ACTIVE = "active", Flag, |f| flag(f.threads.busiest.is_some());
}

fn blocks(model: ThreadModel) -> bool {
    matches!(
        model,
        ThreadModel::Blocking
            | ThreadModel::Connection
            | ThreadModel::PoolWorker
            | ThreadModel::Acceptor
            | ThreadModel::WaitsForChildren
    )
}

impl ProgramFacts {
    pub(super) fn of(program: &Program<'_, '_>) -> Self {
        let stages = Stages::of(program);
        let makes_processes =
            |one: &ThreadAnalysis<'_>| one.thread.processes_created > one.thread.threads_created;
        let delegates_to_processes =
            program.analysis.threads_of(ThreadModel::Acceptor).any(makes_processes);
        Self {
            team: program
                .team
                .as_ref()
                .map_or_else(TeamFacts::default, |team| TeamFacts::of(program, team)),
            loops: LoopFacts::of(program),
            threads: LeaderFacts::of(program),
            stage_share: stages.share,
            stages: stages.count,
            delegates_to_processes,
        }
    }
}

/// A pool that did less of its process's work is not what that is about.
const LEAST_POOL_WORK: f64 = 0.3;

impl TeamFacts {
    fn of(program: &Program<'_, '_>, team: &Team<'_, '_>) -> Self {
        let members = team.size();
        if members < 2 {
            return Self::default();
        }
        let network = program.analysis.network;
        let record = program.analysis.record;
        let active: Vec<u32> = team
            .members
            .iter()
            .map(|member| member.pid)
            .filter(|&pid| team.threads.iter().any(|one| one.process.pid == pid))
            .collect();
        let part = |holds: &dyn Fn(u32) -> bool| {
            crate::share(
                active.iter().filter(|&&pid| holds(pid)).count() as u64,
                active.len() as u64,
            )
        };
        let threads_of = |pid: u32| program.threads_in(pid);
        let has_loop = |pid: u32, model: ThreadModel| {
            threads_of(pid).any(|one| one.model == model && program.is_about(one))
        };
        let mains = || team.threads.iter().filter(|one| one.is_main());
        let serving = mains().filter(|one| one.model == ThreadModel::Connection).count() as u64;
        Self {
            members,
            rounds: members as f64 / team.at_once.max(1.0),
            waiting_parent: program.only_waits(team.parent),
            connection_share: crate::share(serving, mains().count() as u64),
            listening_share: part(&|pid| {
                network.listens(pid)
                    || threads_of(pid).any(|one| facts_of::accepts(record, network, one.thread))
            }),
            loop_share: part(&|pid| has_loop(pid, ThreadModel::EventLoop)),
            ring_loops: active.iter().any(|&pid| has_loop(pid, ThreadModel::UringLoop)),
            pool_share: part(&|pid| has_own_pool(program, pid)),
            is_fed: team
                .threads
                .iter()
                .any(|one| one.is_main() && one.profile.ipc_read_wait_ns > 0),
        }
    }
}

/// Whether several threads beside the first do a good part of a process's work, one thing after
/// another.
fn has_own_pool(program: &Program<'_, '_>, pid: u32) -> bool {
    let workers = || {
        let beside = program.threads_in(pid).filter(|one| !one.is_main());
        beside.filter(|one| {
            matches!(
                one.model,
                ThreadModel::PoolWorker | ThreadModel::Connection | ThreadModel::Blocking
            )
        })
    };
    let did_ns = workers().map(effort_ns).fold(0_u64, u64::saturating_add);
    let all_ns = program.effort_ns(pid);
    how_many(workers()) > 1 && crate::share(did_ns, all_ns) >= LEAST_POOL_WORK
}

/// A loop that iterates less often than this share of the busiest one is a helper.
const LEAST_ITERATIONS: f64 = 0.05;

/// What was done less often may belong to the beginning and the end, where something else was done
/// more often.
const LEAST_TIMES: u64 = 5;

impl LoopFacts {
    fn of(program: &Program<'_, '_>) -> Self {
        let loops = busy_loops(program, ThreadModel::EventLoop);
        let rings = busy_loops(program, ThreadModel::UringLoop);
        let aio = busy_loops(program, ThreadModel::AioLoop);
        let iterations = |loops: &[&ThreadAnalysis<'_>]| {
            loops.first().map_or(0, |one| one.profile.all_iterations())
        };
        let share_of = |loops: &[&ThreadAnalysis<'_>]| {
            let did_ns = loops.iter().map(|one| effort_ns(one)).fold(0_u64, u64::saturating_add);
            crate::share(did_ns, program.active_effort_ns())
        };
        let first = loops.first();
        Self {
            loops: how_many(loops.iter().copied()),
            iterations: iterations(&loops),
            share: share_of(&loops),
            leads: first.is_some_and(|first| first.is_main() || !main_does_more(program, first)),
            has_pool: first.is_some_and(|first| has_pool(program, first)),
            rings: how_many(rings.iter().copied()),
            ring_iterations: iterations(&rings),
            aio_loops: how_many(aio.iter().copied()),
            aio_share: share_of(&aio),
        }
    }
}

/// The loops of that model, the one that iterates most first, without those that hardly do.
fn busy_loops<'s, 'a>(
    program: &Program<'s, 'a>,
    model: ThreadModel,
) -> Vec<&'s ThreadAnalysis<'a>> {
    let mut loops: Vec<_> = program
        .threads_of(model)
        .filter(|one| program.is_about(one))
        .map(|one| (one.profile.all_iterations(), one))
        .collect();
    loops.sort_by_key(|(iterations, _)| std::cmp::Reverse(*iterations));
    let most = loops.first().map_or(0, |(iterations, _)| *iterations);
    let counts = |iterations: u64| iterations >= LEAST_TIMES.min(most);
    loops.retain(|(iterations, _)| {
        counts(*iterations) && *iterations as f64 >= LEAST_ITERATIONS * most as f64
    });
    loops.into_iter().map(|(_, one)| one).collect()
}

/// Whether the first thread does work of its own, more than a loop beside it.
fn main_does_more(program: &Program<'_, '_>, beside: &ThreadAnalysis<'_>) -> bool {
    program.threads().any(|one| {
        one.is_main()
            && !matches!(
                one.model,
                ThreadModel::Idle
                    | ThreadModel::Unknown
                    | ThreadModel::WaitsOnHelper
                    | ThreadModel::WaitsForChildren
            )
            && effort_ns(one) > effort_ns(beside)
    })
}

/// Helpers that did less than this share of what the loop did were not needed.
const LEAST_WORK: f64 = 0.05;

/// Whether threads do work for the loop: they end its waits for events, or do files and the like
/// that would block it. Threads that a language's runtime makes for itself do neither.
fn has_pool(program: &Program<'_, '_>, loop_thread: &ThreadAnalysis<'_>) -> bool {
    let record = program.analysis.record;
    let helpers: Vec<_> = program
        .threads_of(ThreadModel::PoolWorker)
        .filter(|one| one.thread.tid != loop_thread.thread.tid && !one.is_main())
        .collect();
    let tids: HashSet<Waker> = helpers.iter().map(|one| Waker::Thread(one.thread.tid)).collect();
    let answers = record
        .wakes
        .iter()
        .filter(|wake| wake.sleeper == loop_thread.thread.tid && tids.contains(&wake.waker))
        .filter(|wake| facts_of::is_multiplexer(wake.syscall))
        .fold(0_u64, |sum, wake| sum.saturating_add(wake.count));
    let sum = |part: fn(&ThreadAnalysis<'_>) -> u64| {
        helpers.iter().fold(0_u64, |sum, one| sum.saturating_add(part(one)))
    };
    let iterations = &loop_thread.profile;
    let is_some = |did: u64, of: u64| did as f64 >= LEAST_WORK * of as f64;
    let is_often = |did: u64, of: u64| did >= LEAST_TIMES && is_some(did, of);
    let blocked_ns = sum(blocked_ns);
    is_often(answers, iterations.event_waits)
        || is_often(sum(|one| one.profile.transfers), iterations.all_iterations())
        || (blocked_ns > 0 && is_some(blocked_ns, work_ns(loop_thread)))
}

/// How long a thread waited for what would have stalled the loop.
fn blocked_ns(one: &ThreadAnalysis<'_>) -> u64 {
    one.ledger.asleep_for(&[Category::Data, Category::Disk, Category::Sleep])
}

impl LeaderFacts {
    fn of(program: &Program<'_, '_>) -> Self {
        let effort_of =
            |model| program.threads_of(model).map(effort_ns).fold(0, u64::saturating_add);
        let all_ns = program.threads().map(effort_ns).fold(0, u64::saturating_add);
        let mains = program.threads().filter(|one| one.is_main());
        let group = Group::greatest(program);
        let (has_waiter, at_once) = waiter(program);
        let active = |one: &&ThreadAnalysis<'_>| {
            !matches!(one.model, ThreadModel::Unknown | ThreadModel::Idle)
        };
        let busiest = program.threads().filter(active).max_by_key(|one| effort_ns(one));
        let serves = |one: &&ThreadAnalysis<'_>| one.profile.connections > 0;
        let connection_ns = effort_of(ThreadModel::Connection);
        let accepting_ns = effort_of(ThreadModel::Acceptor);
        let serving_ns = program.active_effort_ns().saturating_sub(accepting_ns);
        Self {
            threads: program.threads().count() as u64,
            acceptors: how_many(program.threads_of(ThreadModel::Acceptor)),
            connections: how_many(program.threads_of(ThreadModel::Connection)),
            connection_share: crate::share(connection_ns, serving_ns),
            workers: how_many(program.threads_of(ThreadModel::PoolWorker)),
            serving_workers: crate::share(
                how_many(program.threads_of(ThreadModel::PoolWorker).filter(serves)),
                how_many(program.threads_of(ThreadModel::PoolWorker)),
            ),
            worker_ns: effort_of(ThreadModel::PoolWorker),
            connection_ns,
            main_ns: mains.map(effort_ns).fold(0, u64::saturating_add),
            spinning_share: crate::share(effort_of(ThreadModel::Spinner), all_ns),
            group_share: part(group.did_ns, all_ns),
            group,
            life_ns: program.threads().map(|one| one.thread.lived_ns).max().unwrap_or(0),
            has_waiter,
            at_once,
            busiest: busiest.map(|one| one.model),
        }
    }
}

/// The thread that waits longest for helpers, if there are any: how many of them worked at once.
fn waiter(program: &Program<'_, '_>) -> (bool, f64) {
    let waiters = program.threads_of(ThreadModel::WaitsOnHelper);
    let Some(waiter) = waiters.max_by_key(|one| one.ledger.handoff_ns) else {
        return (false, 0.0);
    };
    let beside = |one: &&ThreadAnalysis<'_>| {
        one.thread.tid != waiter.thread.tid && one.model != ThreadModel::WaitsOnHelper
    };
    let is_own = |one: &&ThreadAnalysis<'_>| one.thread.created_by == Some(waiter.thread.tid);
    let has_own = program.threads().any(|one| is_own(&one));
    let others = || program.threads().filter(beside).filter(|one| !has_own || is_own(one));
    let worked_ns = others().map(work_ns).fold(0_u64, u64::saturating_add);
    // A waiter that is woken on a busy machine waits for a CPU while the others go on.
    let room_ns = waiter.ledger.handoff_ns.saturating_add(waiter.ledger.runnable_ns);
    (others().next().is_some(), worked_ns as f64 / room_ns.max(1) as f64)
}

/// Threads beside the first one that one thread created and that do the same.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    size: u64,
    did_ns: u64,
    lived_ns: u64,
    /// Files that they opened and connections that they made, as far as calls were counted.
    pieces: u64,
}

impl Group {
    /// The one that did most, of those with several threads. Threads that only slept count where
    /// another thread waited for them.
    fn greatest(program: &Program<'_, '_>) -> Self {
        let awaited = program.threads().any(|one| one.model == ThreadModel::WaitsOnHelper);
        let mut groups: HashMap<_, Self> = HashMap::new();
        for one in program.threads().filter(|one| !one.is_main()) {
            let works = match one.model {
                ThreadModel::Blocking
                | ThreadModel::Cpu
                | ThreadModel::Connection
                | ThreadModel::PoolWorker
                | ThreadModel::WaitsForChildren => true,
                ThreadModel::Idle => awaited && one.thread.ended_at_ns.is_some(),
                _ => false,
            };
            if works {
                groups.entry((one.thread.created_by, one.model)).or_default().add(one);
            }
        }
        let several = groups.into_values().filter(|group| group.size > 1);
        several.max_by_key(|group| (group.did_ns, group.size)).unwrap_or_default()
    }

    fn add(&mut self, one: &ThreadAnalysis<'_>) {
        self.size = self.size.saturating_add(one.thread.merged_count.max(1));
        self.did_ns = self.did_ns.saturating_add(effort_ns(one));
        self.lived_ns = self.lived_ns.saturating_add(one.thread.lived_ns);
        self.pieces = self.pieces.saturating_add(one.profile.opened);
    }
}

/// A part of all; all of nothing.
fn part(did_ns: u64, all_ns: u64) -> f64 {
    if all_ns == 0 { 1.0 } else { crate::share(did_ns, all_ns) }
}
