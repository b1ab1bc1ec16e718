//! Every fact that a rule can test.

use whywait_record::{Category, Purpose};

use super::fact::{exact, facts, flag, ratio, share};
use super::{OfThread, Seen, ThreadFacts};

facts! {
    OfThread, FACTS;

    /// The kernel created the thread for io_uring.
    IO_WORKER = "io-worker", Flag, |f| flag(f.thread.io_worker);

    /// The process began with this thread.
    MAIN = "main-thread", Flag, |f| flag(f.is_main());

    /// The process was created by a watched process.
    HAS_PARENT = "watched-parent", Flag, |f| flag(f.process.parent_pid.is_some());

    /// The beginning of the thread was watched, so what it created is known.
    SAW_BEGINNING = "beginning-watched", Flag, |f| flag(f.saw_beginning());

    /// Its creation was watched.
    CREATION_WATCHED = "creation-watched", Flag, |f| flag(f.thread.created_by.is_some());

    /// Threads of the process.
    THREADS_IN_PROCESS = "threads-in-process", Count, |f| exact(f.process.threads.len() as u64);

    /// Every call was counted: full detail.
    FULL = "every-call-counted", Flag, |f| flag(f.is_full());

    /// Calls that ask which of several descriptors are ready, for each thread.
    ITERATIONS = "iterations", Count, |f| f.calls(f.profile.iterations / f.merged_count());

    /// Iterations that slept, for each thread.
    EVENT_WAITS = "event-waits", Count, |f| exact(f.profile.event_waits / f.merged_count());

    /// The part of its sleeping in iterations.
    EVENT_WAIT_SHARE = "event-wait-share", Share, |f| share(f.share_of_waiting(f.profile.event_wait_ns));

    /// Some iterations were epoll_wait(2) or its kin.
    HAS_EPOLL = "epoll", Flag, |f| flag(f.profile.has_epoll);

    /// Blocking calls that slept, for each iteration.
    BLOCKED_PER_ITERATION = "blocked-per-iteration", Ratio, |f| ratio(f.profile.blocked, f.profile.iterations);

    /// Calls of io_uring_enter(2), for each thread.
    RING_ITERATIONS = "ring-iterations", Count, |f| f.calls(f.profile.ring_iterations / f.merged_count());

    /// Time asleep in io_uring_enter(2).
    RING_WAIT = "ring-wait", Time, |f| exact(f.profile.ring_wait_ns);

    /// Iterations of another kind for each call of io_uring_enter(2).
    ITERATIONS_PER_RING_ITERATION = "iterations-per-ring-iteration", Ratio, |f| ratio(f.profile.iterations, f.profile.ring_iterations);

    /// Time asleep in io_uring_enter(2) for each second asleep in other iterations.
    RING_WAIT_PER_EVENT_WAIT = "ring-wait-per-event-wait", Ratio, |f| ratio(f.profile.ring_wait_ns, f.profile.event_wait_ns);

    /// Iterations of either kind.
    ALL_ITERATIONS = "all-iterations", Count, |f| f.calls(f.profile.all_iterations());

    /// Calls of io_getevents(2), for each thread.
    AIO_ITERATIONS = "aio-iterations", Count, |f| f.calls(f.profile.aio_iterations / f.merged_count());

    /// The part of its iterations in io_getevents(2).
    AIO_OF_ITERATIONS = "aio-share-of-iterations", Share, |f| share(crate::share(f.profile.aio_iterations, f.profile.iterations));

    /// Calls that returned without a result: they would have blocked, or had a time limit of 0 and no event.
    EMPTY_POLLS = "empty-polls", Count, |f| f.in_full(f.profile.empty_polls);

    /// The part of its CPU time spent on polling without a result.
    SPINNING_OF_CPU = "polling-share-of-cpu", Share, |f| in_full_share(f, crate::share(f.ledger.spinning_ns, f.ledger.cpu_ns()));

    /// CPU time for each call that returned without a result.
    SPINNING_PER_POLL = "polling-time", Time, |f| f.in_full(f.ledger.spinning_ns / f.profile.empty_polls.max(1));

    /// Iterations that slept, for each call that returned without a result.
    EVENT_WAITS_PER_EMPTY_POLL = "event-waits-per-empty-poll", Ratio, |f| ratio(f.profile.event_waits, f.profile.empty_polls);

    /// Timed sleeps for each call that returned without a result.
    SLEEPS_PER_EMPTY_POLL = "sleeps-per-empty-poll", Ratio, |f| ratio(f.profile.slept, f.profile.empty_polls);

    /// The part of its time in timed sleeps.
    SLEEP_SHARE = "sleep-share", Share, |f| share(f.share(f.ledger.sleep_ns));

    /// Of the calls that were sampled, the part that returns at once; light detail.
    SAMPLED_POLLS = "sampled-polls", Share, |f| sampled(f, f.profile.sampled_at_once);

    /// The part of its CPU time inside system calls.
    KERNEL_OF_CPU = "kernel-share-of-cpu", Share, |f| share(crate::share(f.ledger.cpu_kernel_ns, f.ledger.cpu_ns()));

    /// The part of its time on a CPU.
    CPU_SHARE = "cpu-share", Share, |f| share(f.share(f.ledger.cpu_ns()));

    /// Connections that it accepted; in light detail, sleeps in accept(2).
    ACCEPTED = "accepted", Count, |f| f.calls(f.profile.accepted);

    /// It accepted a connection, or slept in accept(2).
    ACCEPTS = "accepts", Flag, |f| flag(f.profile.accepted > 0 || f.profile.accepting_ns > 0);

    /// The part of its sleeping in accept(2).
    ACCEPTING_SHARE = "accepting-share", Share, |f| share(f.share_of_waiting(f.profile.accepting_ns));

    /// Time asleep on connections for each second asleep in accept(2).
    SOCKET_WAIT_PER_ACCEPT_WAIT = "socket-wait-per-accept-wait", Ratio, |f| ratio(f.profile.socket_ns, f.profile.accepting_ns);

    /// Different accepted connections on which it slept, for each thread.
    CONNECTIONS = "accepted-connections", Count, |f| exact(f.profile.connections.div_ceil(f.merged_count()));

    /// Sleeps on connections, for each accepted connection.
    WAITS_PER_CONNECTION = "waits-per-connection", Ratio, |f| ratio(f.profile.socket_waits, f.profile.connections);

    /// It moved bytes over a socket; in light detail, it slept on one.
    USES_SOCKETS = "uses-sockets", Flag, |f| flag(f.profile.sockets > 0 || f.profile.served > 0);

    /// Calls of epoll_ctl(2) for each accepted connection.
    REGISTERED_PER_ACCEPTED = "registered-per-accepted", Ratio, |f| in_full_ratio(f, f.profile.registered, f.profile.accepted);

    /// When watching began, it and the processes created alike had at most one accepted connection for each thread, some had one, and no epoll watched it.
    ONE_AT_A_TIME = "one-connection-at-a-time", Flag, |f| flag(f.lineage.one_at_a_time);

    /// The process has a listening socket.
    LISTENS = "process-listens", Flag, |f| flag(f.lineage.listens);

    /// The part of its time asleep on connections.
    SOCKET_SHARE = "connection-wait-share", Share, |f| share(f.share(f.profile.socket_ns));

    /// Waits for other threads that watched threads ended, of the threads created alike, for each.
    HANDED_EACH = "work-handed-over-each", Count, |f| exact(f.lineage.kin.handed / f.lineage.alike.max(1));

    /// Iterations of the busiest loop among the other threads of its process.
    PEER_ITERATIONS = "peer-iterations", Count, |f| f.calls(f.lineage.peer_iterations);

    /// Waits of event loops that the threads created alike ended, for each of them.
    ANSWERS_EACH = "answers-each", Count, |f| exact(f.lineage.kin.answers / f.lineage.alike.max(1));

    /// The part of the threads created alike that are pool workers by what they do themselves.
    KIN_WORKERS = "worker-kin", Share, |f| share(f.lineage.kin_workers);

    /// The average life of the threads created alike, as a part of the time of watching.
    KIN_LIFE = "kin-life", Share, |f| share(crate::share(f.lineage.kin.lived_ns / f.lineage.kin.size.max(1), f.wall_ns));

    /// The part of the threads created alike that ended while they were watched.
    ENDED_SHARE = "ended-share", Share, |f| share(crate::share(f.lineage.kin.ended, f.lineage.kin.size));

    /// The part of the samples that found it in epoll_wait(2) or its kin.
    SAMPLED_EVENT_CALLS = "sampled-event-calls", Share, |f| sampled(f, f.profile.sampled_events);

    /// Calls that moved bytes over a socket, for each accepted connection.
    SERVED_PER_ACCEPTED = "transfers-per-accepted", Ratio, |f| in_full_ratio(f, f.profile.served, f.profile.accepted);

    /// Different connections on which it slept, for each thread.
    SOCKETS = "connections", Count, |f| exact(f.profile.sockets.div_ceil(f.merged_count()));

    /// It used no socket, which only full detail can tell.
    NOTHING_TO_SERVE = "no-sockets", Flag, |f| flag(f.is_full() && f.profile.sockets == 0 && f.profile.served == 0);

    /// Threads and processes that it created.
    MADE = "created", Count, |f| exact(made(f));

    /// Processes that it created.
    MADE_PROCESSES = "created-processes", Count, |f| exact(f.thread.processes_created);

    /// Threads that it created.
    MADE_THREADS = "created-threads", Count, |f| exact(f.thread.threads_created);

    /// Threads and processes that it created, for each accepted connection.
    MADE_PER_ACCEPTED = "created-per-accepted", Ratio, |f| ratio(made(f), f.profile.accepted);

    /// Iterations for each accepted connection.
    ITERATIONS_PER_ACCEPTED = "iterations-per-accepted", Ratio, |f| ratio(f.profile.iterations, f.profile.accepted);

    /// Its process was created for one connection.
    SINGLE_CONNECTION_CHILD = "single-connection-child", Flag, |f| flag(f.lineage.is_single_connection_child);

    /// Processes that its process created for one connection each.
    SINGLE_CONNECTION_CHILDREN = "single-connection-children", Count, |f| exact(f.lineage.single_connection_children);

    /// Processes that it created, for each that serves one connection.
    CHILDREN_PER_SINGLE = "created-per-single-connection-child", Ratio, |f| ratio(f.thread.processes_created, f.lineage.single_connection_children);

    /// A thread that accepts connections and delegates them created it.
    MADE_BY_ACCEPTOR = "created-by-acceptor", Flag, |f| flag(f.lineage.made_by_acceptor);

    /// Threads of its process that accept connections.
    ACCEPTORS_IN_PROCESS = "acceptors-in-process", Count, |f| exact(f.lineage.acceptors_in_process);

    /// All that it waits for is other threads.
    RESTS_ON_THREADS = "rests-on-threads", Flag, |f| flag(f.lineage.rests_on_threads);

    /// Threads, or processes of one thread, that were created alike, itself included.
    ALIKE = "created-alike", Count, |f| exact(f.lineage.alike);

    /// Waits of their creator that the threads created alike ended, for each of them.
    RESULTS_EACH = "results-each", Count, |f| exact(f.lineage.kin.results / f.lineage.alike.max(1));

    /// Connections on which the threads created alike slept, for each of them.
    CONNECTIONS_EACH = "connections-each", Count, |f| exact(f.lineage.kin.connections / f.lineage.alike.max(1));

    /// It and other threads wait for each other in turn, for a lock.
    CONTENDS = "contends", Flag, |f| flag(f.contends);

    /// Time waiting for locks for each second waiting for data.
    LOCK_PER_DATA = "lock-wait-per-data-wait", Ratio, |f| ratio(f.ledger.lock_ns, f.ledger.data_ns);

    /// Time waiting for locks for each second waiting for other threads.
    LOCK_PER_HANDOFF = "lock-wait-per-work-wait", Ratio, |f| ratio(f.ledger.lock_ns, f.ledger.handoff_ns);

    /// The part of its time waiting for other threads.
    HANDOFF_SHARE = "work-wait-share", Share, |f| share(f.share(f.ledger.handoff_ns));

    /// The part of its sleeping that waits for other threads.
    HANDOFF_OF_WAITING = "work-wait-share-of-sleep", Share, |f| share(f.share_of_waiting(f.ledger.handoff_ns));

    /// Waits for other threads that watched threads ended.
    HANDED_WORK = "work-handed-over", Count, |f| exact(f.lineage.waited_for.count);

    /// Waits for other threads that threads which it created ended.
    RESULTS = "results", Count, |f| exact(f.lineage.waited_for.by_created);

    /// The part of its waits for other threads that threads which it created ended.
    RESULTS_SHARE = "waits-ended-by-created", Share, |f| share(crate::share(f.lineage.waited_for.by_created, f.lineage.waited_for.count));

    /// Time waiting for other threads that a watched thread ended.
    WOKEN_BY_PEER = "woken-by-peer", Time, |f| exact(f.profile.woken_by_peer_ns);

    /// Iterations for each wait for another thread.
    WAITS_PER_HANDOFF = "iterations-per-work-wait", Ratio, |f| ratio(f.profile.all_iterations(), f.profile.hand_offs);

    /// Blocking reads of a pipe or a local socket.
    IPC_READS = "ipc-reads", Count, |f| f.calls(f.profile.ipc_reads);

    /// The part of its sleeping that waits for children: in wait(2), for their pipes, or for their signals.
    CHILD_WAIT_OF_WAITING = "child-wait-share-of-sleep", Share, |f| share(f.share_of_waiting(child_wait_ns(f)));

    /// The part of its time waiting for children.
    CHILD_WAIT_SHARE = "child-wait-share", Share, |f| share(f.share(child_wait_ns(f)));

    /// It created processes, or waited for one in wait(2).
    HAS_CHILDREN = "children", Flag, |f| flag(f.thread.processes_created > 0 || f.ledger.child_ns > 0);

    /// The part of its time on a CPU, or waiting for a contended lock.
    COMPUTING_SHARE = "computing-share", Share, |f| share(f.share(computing_ns(f)));

    /// CPU time for each thread.
    CPU_EACH = "cpu-each", Time, |f| exact(f.ledger.cpu_ns() / f.merged_count());

    /// Calls that read, write or name something, or that slept for data, a file, a time or a child.
    IO_CALLS = "io-calls", Count, |f| exact(f.profile.transfers.max(f.profile.blocked).max(f.profile.files));

    /// The part of its time asleep in blocking calls.
    BLOCKED_SHARE = "blocked-share", Share, |f| share(f.share(blocked_ns(f)));

    /// Timed sleeps, for each thread.
    TIMED_SLEEPS = "timed-sleeps", Count, |f| exact(f.profile.slept / f.merged_count());

    /// The part of its time in timed sleeps, or waiting for work that no thread brought.
    RESTING_SHARE = "resting-share", Share, |f| share(f.share(resting_ns(f)));

    /// Time waiting for data, files, locks or children, for each second of rest.
    OTHERS_PER_REST = "other-waits-per-rest", Ratio, |f| ratio(for_others_ns(f), resting_ns(f));

    /// Time in which it did not rest, for each thread.
    ACTIVE_EACH = "active-each", Time, |f| exact(f.ledger.lived_ns().saturating_sub(resting_ns(f)) / f.merged_count());
}

/// A share that only full detail has.
fn in_full_share(f: &ThreadFacts<'_>, share: f64) -> Seen {
    if f.is_full() { Seen::Exact(share) } else { Seen::Unseen }
}

/// A share that only light detail has.
fn sampled(f: &ThreadFacts<'_>, share: f64) -> Seen {
    if f.is_full() { Seen::Unseen } else { Seen::Sampled(share) }
}

fn in_full_ratio(f: &ThreadFacts<'_>, one: u64, other: u64) -> Seen {
    if f.is_full() { ratio(one, other) } else { Seen::Unseen }
}

fn made(f: &ThreadFacts<'_>) -> u64 {
    f.thread.threads_created.saturating_add(f.thread.processes_created)
}

/// A parent that reads its children's pipes in at most so many iterations waits for them; more are
/// a loop.
const MOST_PIPE_ITERATIONS: u64 = 16;

/// A parent that asks for its children so often does nothing else meanwhile.
const LEAST_CHILD_POLLS: u64 = 10;

/// In wait(2), for the pipes of children, and in the sleeps of a parent that a signal ends.
pub(crate) fn child_wait_ns(f: &ThreadFacts<'_>) -> u64 {
    let made = f.thread.processes_created;
    let reads_pipes = made > 0 && f.profile.iterations <= MOST_PIPE_ITERATIONS;
    let pipes_ns = if reads_pipes && !f.profile.has_epoll { f.profile.event_wait_ns } else { 0 };
    let calls = f.thread.calls.iter();
    let polls = calls.filter(|call| call.syscall.purpose() == Purpose::WaitsForChild);
    let polls = polls.fold(0_u64, |sum, call| sum.saturating_add(call.count));
    let by_signals = made > 1 || (made > 0 && polls >= LEAST_CHILD_POLLS);
    let signals_ns = if by_signals { f.ledger.sleep_ns } else { 0 };
    let ipc_ns = if made > 0 { f.profile.ipc_read_wait_ns } else { 0 };
    [f.ledger.child_ns, pipes_ns, signals_ns, ipc_ns].into_iter().fold(0, u64::saturating_add)
}

/// A thread that waits for the lock of an interpreter would compute.
fn computing_ns(f: &ThreadFacts<'_>) -> u64 {
    let lock_ns = if f.contends { f.ledger.lock_ns } else { 0 };
    f.ledger.cpu_ns().saturating_add(lock_ns)
}

pub(crate) fn blocked_ns(f: &ThreadFacts<'_>) -> u64 {
    f.ledger.asleep_for(&[Category::Data, Category::Disk, Category::Sleep, Category::Child])
}

fn for_others_ns(f: &ThreadFacts<'_>) -> u64 {
    f.ledger.asleep_for(&[Category::Data, Category::Disk, Category::Lock, Category::Child])
}

/// Waits for work that no thread ended brought none. Those of several threads created alike are
/// waits of workers.
pub(crate) fn resting_ns(f: &ThreadFacts<'_>) -> u64 {
    let alone = f.lineage.waited_for.count == 0 && (f.is_main() || f.lineage.alike < 2);
    let idle_ns = if alone { f.ledger.handoff_ns } else { 0 };
    f.ledger.sleep_ns.saturating_add(idle_ns).saturating_add(f.ledger.other_ns)
}
