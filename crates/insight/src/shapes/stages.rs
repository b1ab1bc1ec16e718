//! Processes that are joined by pipes or local sockets, so that each does a part of the work.

use std::collections::{BTreeSet, HashMap};

use whywait_record::{Category, Waker};

use super::program::Program;
use crate::facts;

/// Processes that are joined by pipes or local sockets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stages {
    /// How many there are.
    pub(super) count: u64,
    /// The part of the program's work that they and the processes below them do.
    pub(super) share: f64,
}

/// How long siblings let a process wait for data, and which ones.
type Waited = (u64, BTreeSet<u32>);

impl Stages {
    /// Those of which one ends another's reads or writes. None of them created the other: a worker
    /// that reads its work from who created it is no stage.
    pub(super) fn of(program: &Program<'_, '_>) -> Self {
        // That one ends a wait of another may also be an interrupt that came just then.
        let is_joined = |sleeper: u32, waited_ns: u64| {
            let all_ns = ipc_wait_ns(program, sleeper);
            all_ns > 0 && waited_ns > all_ns / 2
        };
        let mut stages = BTreeSet::new();
        for (sleeper, (waited_ns, siblings)) in waits_for_siblings(program) {
            if is_joined(sleeper, waited_ns) {
                stages.insert(sleeper);
                stages.extend(siblings);
            }
        }
        let did_ns =
            stages.iter().fold(0_u64, |sum, pid| sum.saturating_add(program.effort_below_ns(*pid)));
        Self { count: stages.len() as u64, share: crate::share(did_ns, program.all_effort_ns()) }
    }
}

/// By process, how long others with the same parent let it wait for data.
fn waits_for_siblings(program: &Program<'_, '_>) -> HashMap<u32, Waited> {
    let record = program.analysis.record;
    let process_of: HashMap<u32, (u32, Option<u32>)> = record
        .threads()
        .map(|(process, thread)| (thread.tid, (process.pid, process.parent_pid)))
        .collect();
    let mut waited: HashMap<u32, Waited> = HashMap::new();
    for wake in record.wakes.iter().filter(|wake| facts::moves_data(wake.syscall)) {
        let Waker::Thread(waker) = wake.waker else { continue };
        let ends = (process_of.get(&wake.sleeper), process_of.get(&waker));
        let (Some(&(sleeper, parent)), Some(&(other, others_parent))) = ends else { continue };
        if sleeper != other && parent.is_some() && parent == others_parent {
            let (waited_ns, siblings) = waited.entry(sleeper).or_default();
            *waited_ns = waited_ns.saturating_add(wake.waited_ns);
            siblings.insert(other);
        }
    }
    waited
}

/// How long the threads of a process waited on pipes and local sockets.
fn ipc_wait_ns(program: &Program<'_, '_>, pid: u32) -> u64 {
    let waits = program.threads_in(pid).flat_map(|one| &one.thread.waits);
    waits
        .filter(|wait| Category::of(wait) == Category::Data && facts::is_ipc(wait.kind))
        .fold(0, |sum, wait| sum.saturating_add(wait.waiting_ns))
}
