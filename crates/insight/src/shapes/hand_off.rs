//! The shape of a program in which one thread does the work and another waits for it.
//!
//! Left out on purpose: threads that work at the same time; then waiting for them is no detour.

use whywait_report::{Shape, ThreadModel};

use super::program::{Program, work_ns};

/// Others that did more than this many times the work that the waiting time has room for did it at
/// the same time.
const MOST_AT_ONCE: f64 = 1.25;

pub(super) fn classify(program: &Program<'_, '_>) -> Option<Shape> {
    let waiter =
        program.threads_of(ThreadModel::WaitsOnHelper).max_by_key(|one| one.ledger.handoff_ns)?;
    let others = || {
        program.threads().filter(|one| {
            one.thread.tid != waiter.thread.tid && one.model != ThreadModel::WaitsOnHelper
        })
    };
    let worked_ns = others().map(work_ns).fold(0_u64, u64::saturating_add);
    // A waiter that is woken on a busy machine waits for a CPU while the others go on.
    let room_ns = waiter.ledger.handoff_ns.saturating_add(waiter.ledger.runnable_ns);
    let at_once = worked_ns as f64 / room_ns.max(1) as f64;
    (others().next().is_some() && at_once <= MOST_AT_ONCE).then_some(Shape::HandOffAndWait)
}
