//! Shapes of several threads that do blocking work at the same time.
//!
//! Left out on purpose: threads that the kernel or a language's runtime makes for itself; they do
//! nothing, or wait for work that never comes.

use std::collections::HashMap;

use whywait_report::{Shape, ThreadModel};

use super::program::{Program, work_ns};
use crate::analysis::how_many;

/// Threads that did less than this share of the work do not name the program.
const LEAST_WORK: f64 = 0.1;

pub(super) fn classify(program: &Program<'_, '_>) -> Option<Shape> {
    let connections = how_many(program.threads_of(ThreadModel::Connection));
    let accepts = program.threads_of(ThreadModel::Acceptor).next().is_some();
    let workers = how_many(program.threads_of(ThreadModel::PoolWorker));
    let work_of = |model| program.threads_of(model).map(work_ns).fold(0_u64, u64::saturating_add);
    // A runtime may have more threads for itself than there are connections.
    let outweigh = connections >= workers
        || work_of(ThreadModel::Connection) >= work_of(ThreadModel::PoolWorker);
    if connections > 0 && (accepts || connections > 1) && outweigh {
        return Some(Shape::ThreadPerConnection);
    }
    let main_ns =
        program.threads().filter(|one| one.is_main()).map(work_ns).fold(0_u64, u64::saturating_add);
    if workers > 0 && (accepts || (workers > 1 && work_of(ThreadModel::PoolWorker) >= main_ns / 4))
    {
        return Some(Shape::ThreadPool);
    }
    works_in_a_group(program).then_some(Shape::ThreadPerTask)
}

/// Whether several threads beside the first one do the same and a good part of the work, by who
/// made them and what they are. Threads that only slept count where somebody made them and waited
/// for them.
fn works_in_a_group(program: &Program<'_, '_>) -> bool {
    let awaited = program.threads().any(|one| matches!(one.model, ThreadModel::WaitsOnHelper));
    let mut groups: HashMap<_, (u64, u64)> = HashMap::new();
    let mut all_ns = 0_u64;
    for one in program.threads() {
        all_ns = all_ns.saturating_add(work_ns(one));
        let works = match one.model {
            ThreadModel::Blocking
            | ThreadModel::Cpu
            | ThreadModel::Connection
            | ThreadModel::PoolWorker
            | ThreadModel::WaitsForChildren => true,
            ThreadModel::Idle => awaited && one.thread.ended_at_ns.is_some(),
            _ => false,
        };
        if works && !one.is_main() {
            let (size, did_ns) = groups.entry((one.thread.created_by, one.model)).or_default();
            *size = size.saturating_add(one.thread.merged_count.max(1));
            *did_ns = did_ns.saturating_add(work_ns(one));
        }
    }
    let is_some = |did_ns: u64| did_ns as f64 >= LEAST_WORK * all_ns as f64;
    groups.into_values().any(|(size, did_ns)| size > 1 && is_some(did_ns))
}
