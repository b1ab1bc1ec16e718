//! Shapes of several threads that do blocking work at the same time.
//!
//! Left out on purpose: threads that the kernel or a language's runtime makes for itself; they do
//! nothing, or wait for work that never comes.

use std::collections::HashMap;

use whywait_report::{Shape, ThreadModel};

use super::program::{Program, count, work_ns};

pub(super) fn recognise(program: &Program<'_, '_>) -> Option<Shape> {
    let connections = count(program.threads_of(ThreadModel::Connection));
    let accepts = program.threads_of(ThreadModel::Acceptor).next().is_some();
    let workers = count(program.threads_of(ThreadModel::PoolWorker));
    let work_of = |model| program.threads_of(model).map(work_ns).fold(0_u64, u64::saturating_add);
    if connections > 0 && (accepts || connections > 1) && connections >= workers {
        return Some(Shape::ThreadPerConnection);
    }
    let main_ns =
        program.threads().filter(|one| one.is_main()).map(work_ns).fold(0_u64, u64::saturating_add);
    if workers > 0 && (accepts || (workers > 1 && work_of(ThreadModel::PoolWorker) >= main_ns / 4))
    {
        return Some(Shape::ThreadPool);
    }
    (largest_group(program) > 1).then_some(Shape::ThreadPerTask)
}

/// How many threads do the same beside the first one, by who made them and what they are. Threads
/// that only slept count: somebody made them, and waited for them.
fn largest_group(program: &Program<'_, '_>) -> u64 {
    let awaited = program.threads().any(|one| matches!(one.model, ThreadModel::HandsOffAndWaits));
    let mut groups: HashMap<_, u64> = HashMap::new();
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
            let size = groups.entry((one.thread.created_by, one.model)).or_default();
            *size = size.saturating_add(one.thread.stands_for.max(1));
        }
    }
    groups.into_values().max().unwrap_or(0)
}
