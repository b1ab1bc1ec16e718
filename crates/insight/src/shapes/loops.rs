//! Shapes of loops within one process.
//!
//! Left out on purpose: a loop in each of several processes; see `processes`.

use std::collections::HashSet;

use whywait_record::{Category, Waker};
use whywait_report::{Shape, ThreadModel};

use super::program::{Program, work_ns};
use crate::ThreadAnalysis;
use crate::analysis::how_many;
use crate::profile;

/// A loop that iterations less often than this share of the busiest one is somebody's helper.
const LEAST_ITERATIONS: f64 = 0.05;

/// Helpers that did less than this share of what the loop did were not needed.
const LEAST_WORK: f64 = 0.05;

/// What was done less often may belong to the beginning and the end, where something else was done
/// more often.
const LEAST_TIMES: u64 = 5;

pub(super) fn classify(program: &Program<'_, '_>) -> Option<Shape> {
    let rings = busy_loops(program, ThreadModel::UringLoop);
    let loops = busy_loops(program, ThreadModel::EventLoop);
    if iterations(&rings) > 0 && iterations(&rings) >= iterations(&loops) {
        return Some(if size(&rings) > 1 { Shape::UringLoops } else { Shape::UringLoop });
    }
    let first = *loops.first()?;
    if size(&loops) > 1 {
        return Some(Shape::EventLoops);
    }
    let leads = first.is_main() || !main_does_more(program, first);
    leads.then(|| if has_pool(program, first) { Shape::EventLoopAndPool } else { Shape::EventLoop })
}

/// The loops of that model, the one that iterations most first, without those that hardly turn.
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

fn size(loops: &[&ThreadAnalysis<'_>]) -> u64 {
    how_many(loops.iter().copied())
}

fn iterations(loops: &[&ThreadAnalysis<'_>]) -> u64 {
    loops.first().map_or(0, |one| one.profile.all_iterations())
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
            && work_ns(one) > work_ns(beside)
    })
}

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
        .filter(|wake| profile::is_multiplexer(wake.syscall))
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
    let blocks = |category| matches!(category, Category::Data | Category::Disk | Category::Sleep);
    let parts = one.ledger.categories().into_iter();
    parts
        .filter(|(category, _)| blocks(*category))
        .map(|(_, waiting_ns)| waiting_ns)
        .fold(0, u64::saturating_add)
}
