//! Facts by which several shapes are told apart from others.

use super::program_facts::{
    AIO_LOOPS, AIO_SHARE, AT_ONCE, CONNECTION_MEMBERS, DELEGATES_TO_PROCESSES, GROUP, GROUP_LIFE,
    GROUP_PIECES, GROUP_SHARE, HAS_WAITER, LISTENING_MEMBERS, LOOP_HAS_POOL, LOOP_MEMBERS,
    LOOP_SHARE, MEMBERS, OfProgram, RING_LOOPS, RING_MEMBERS, RING_PER_LOOP, ROUNDS,
    SERVING_WORKERS, SPINNING_SHARE, STAGE_SHARE, STAGES, WAITING_PARENT, WORKER_PER_MAIN, WORKERS,
};
use crate::rules::{Test, at_least, below, is};

type Group = &'static [Test<OfProgram>];

/// Processes share a listening socket.
pub(super) const MEMBERS_LISTEN: Group =
    &[at_least(&MEMBERS, 2.0), at_least(&LISTENING_MEMBERS, 0.5)];

/// Processes work at the same time and share no listening socket.
pub(super) const MEMBERS_WORK: Group = &[at_least(&MEMBERS, 2.0), below(&LISTENING_MEMBERS, 0.5)];

/// Processes have an event loop each and share no listening socket.
pub(super) const MEMBERS_LOOP: Group =
    &[at_least(&MEMBERS, 2.0), below(&LISTENING_MEMBERS, 0.5), at_least(&LOOP_MEMBERS, 0.5)];

/// Processes that share a listening socket serve otherwise than by blocking calls or event loops.
pub(super) const IS_NO_PREFORK: &[Group] = &[DELEGATES, MEMBERS_SERVE, MEMBERS_HAVE_RINGS];

/// Processes that share no listening socket are no pool.
pub(super) const IS_NO_PROCESS_POOL: &[Group] =
    &[DELEGATES, MEMBERS_SERVE, MEMBERS_HAVE_RINGS, IS_TASKS, IS_PIPELINE];

/// Processes loop over an io_uring each.
pub(super) const MEMBERS_HAVE_RINGS: Group = &[is(&RING_MEMBERS)];

/// A thread that accepts connections creates processes for them.
pub(super) const DELEGATES: Group = &[is(&DELEGATES_TO_PROCESSES)];

/// Most processes of the group were created for one connection.
pub(super) const MEMBERS_SERVE: Group = &[at_least(&CONNECTION_MEMBERS, 0.5)];

/// Processes wait for each other on pipes.
pub(super) const IS_PIPELINE: Group = &[at_least(&STAGES, 2.0), at_least(&STAGE_SHARE, 0.5)];

/// Processes follow each other.
pub(super) const IS_TASKS: Group =
    &[at_least(&MEMBERS, 4.0), at_least(&ROUNDS, 2.0), is(&WAITING_PARENT)];

/// Most of the work is polling.
pub(super) const MOSTLY_POLLS: Group = &[at_least(&SPINNING_SHARE, 0.5)];

/// Of a loop's work hardly any is left beside that of the pool that works for it.
pub(super) const POOL_OUTWEIGHS_LOOPS: Group = &[is(&LOOP_HAS_POOL), below(&LOOP_SHARE, 0.22)];

/// The workers serve the connections, and the loop hardly works.
pub(super) const POOL_SERVES: Group =
    &[at_least(&WORKERS, 2.0), at_least(&SERVING_WORKERS, 0.5), below(&LOOP_SHARE, 0.22)];

/// Loops over an io_uring iterate at least as often as others.
pub(super) const HAS_RINGS: Group = &[at_least(&RING_LOOPS, 1.0), at_least(&RING_PER_LOOP, 1.0)];

/// A loop over io_getevents does much of the work.
pub(super) const HAS_AIO: Group = &[at_least(&AIO_LOOPS, 1.0), at_least(&AIO_SHARE, 0.3)];

/// A thread waits for others, of which one works at a time.
pub(super) const HANDS_OFF: Group = &[is(&HAS_WAITER), below(&AT_ONCE, 1.25)];

/// Threads beside the first do much of the work, which others bring.
pub(super) const HAS_POOL: Group = &[at_least(&WORKERS, 2.0), at_least(&WORKER_PER_MAIN, 0.25)];

/// Threads beside the first do the same for as long as the program runs, one piece after another.
pub(super) const TAKES_PIECES: Group =
    &[at_least(&GROUP, 2.0), at_least(&GROUP_LIFE, 0.6), at_least(&GROUP_PIECES, 10.0)];

/// Threads beside the first do the same.
pub(super) const HAS_GROUP: Group = &[at_least(&GROUP, 2.0), at_least(&GROUP_SHARE, 0.1)];
