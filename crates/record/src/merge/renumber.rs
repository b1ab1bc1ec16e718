//! Gives processes, threads and descriptors of several records numbers that match.

use std::collections::HashMap;

use super::descriptors;
use super::forest::{Forest, Node, Parent};
use super::threads::Numbers;
use crate::absorb::add_to;
use crate::{DescriptorId, Record, SlowCall, Thread, Waker};

/// The number of a process or thread that the record does not have.
const UNKNOWN: u32 = 0;

/// Renumbers the records, so that what matches has the same number. The new numbers of the
/// descriptors of each record, in its order.
pub(super) fn renumber(records: &mut [Record]) -> Vec<Vec<DescriptorId>> {
    let mut forest = Forest::default();
    let nodes: Vec<Vec<Node>> = records.iter().map(|record| forest.add(record)).collect();
    let order = forest.places();
    let places: Vec<Vec<usize>> =
        nodes.iter().map(|nodes| nodes.iter().map(|node| order[*node]).collect()).collect();
    let numbers = Numbers::of(records, &places);
    for ((record, nodes), places) in records.iter_mut().zip(&nodes).zip(&places) {
        let names = OldNames::of(record, &numbers, places);
        renumber_processes(record, &numbers, places, &names);
        for (process, node) in record.processes.iter_mut().zip(nodes) {
            // A cycle among parents is broken.
            match forest.parent(*node) {
                Some(Parent::None) => process.parent_pid = None,
                Some(Parent::Unknown) => process.parent_pid = Some(UNKNOWN),
                Some(Parent::Node(_)) | None => {}
            }
        }
        renumber_rest(record, &names);
    }
    let ids = descriptors::numbers(records);
    for (record, ids) in records.iter_mut().zip(&ids) {
        renumber_descriptors(record, ids);
    }
    ids
}

/// The new numbers by the old ones. Where a record has an old one twice, it is the first.
struct OldNames {
    pids: HashMap<u32, u32>,
    tids: HashMap<u32, u32>,
    /// By process and thread: the new numbers of both.
    threads: HashMap<(u32, u32), (u32, u32)>,
    /// The new number of the process of each thread, by its old number.
    owners: HashMap<u32, u32>,
}

impl OldNames {
    fn of(record: &Record, numbers: &Numbers, places: &[usize]) -> Self {
        let (pids, tids) = (HashMap::new(), HashMap::new());
        let mut names = Self { pids, tids, threads: HashMap::new(), owners: HashMap::new() };
        for (process, place) in record.processes.iter().zip(places) {
            let pid = numbers.pid(*place);
            names.pids.entry(process.pid).or_insert(pid);
            for (thread, tid) in process.threads.iter().zip(numbers.tids(process, *place)) {
                names.tids.entry(thread.tid).or_insert(tid);
                names.owners.entry(thread.tid).or_insert(pid);
                names.threads.entry((process.pid, thread.tid)).or_insert((pid, tid));
            }
        }
        names
    }

    fn pid(&self, old: u32) -> u32 {
        self.pids.get(&old).copied().unwrap_or(UNKNOWN)
    }

    fn tid(&self, old: u32) -> u32 {
        self.tids.get(&old).copied().unwrap_or(UNKNOWN)
    }

    /// Process and thread of a slow call.
    fn thread(&self, call: &SlowCall) -> (u32, u32) {
        let found = self.threads.get(&(call.pid, call.tid)).copied();
        let by_tid = || Some((*self.owners.get(&call.tid)?, self.tid(call.tid)));
        found.or_else(by_tid).unwrap_or_else(|| (self.pid(call.pid), UNKNOWN))
    }

    fn waker(&self, waker: Waker) -> Waker {
        match waker {
            Waker::Thread(tid) => Waker::Thread(self.tid(tid)),
            Waker::Outside => Waker::Outside,
        }
    }
}

fn renumber_processes(record: &mut Record, numbers: &Numbers, places: &[usize], names: &OldNames) {
    for (process, place) in record.processes.iter_mut().zip(places) {
        let tids = numbers.tids(process, *place);
        process.pid = numbers.pid(*place);
        process.parent_pid = process.parent_pid.map(|pid| names.pid(pid));
        process.session_pid = process.session_pid.map(|pid| names.pid(pid));
        for (thread, tid) in process.threads.iter_mut().zip(tids) {
            thread.tid = tid;
            thread.created_by = thread.created_by.map(|tid| names.tid(tid));
        }
    }
}

fn renumber_rest(record: &mut Record, names: &OldNames) {
    record.root_pid = names.pid(record.root_pid);
    for descriptor in &mut record.descriptors {
        descriptor.pid = names.pid(descriptor.pid);
    }
    for wake in &mut record.wakes {
        wake.waker = names.waker(wake.waker);
        wake.sleeper = names.tid(wake.sleeper);
    }
    for call in &mut record.slow_calls {
        (call.pid, call.tid) = names.thread(call);
        call.waker = call.waker.map(|waker| names.waker(waker));
    }
    // Its times count from another moment than those of the other records.
    record.timeline = None;
}

/// Renumbers every mention of a descriptor. One that the record does not have is no longer named.
fn renumber_descriptors(record: &mut Record, ids: &[DescriptorId]) {
    let renumber = |id: &mut Option<DescriptorId>| {
        *id = id.and_then(|id| ids.get(id.0 as usize).copied());
    };
    for process in &mut record.processes {
        process.descriptors.retain_mut(|open| match ids.get(open.descriptor.0 as usize) {
            Some(id) => {
                open.descriptor = *id;
                true
            }
            None => {
                add_to(&mut process.descriptors_left_out, 1);
                false
            }
        });
    }
    let threads = record.processes.iter_mut().flat_map(|process| &mut process.threads);
    for Thread { calls, waits, in_flight, .. } in threads {
        calls.iter_mut().for_each(|call| renumber(&mut call.example));
        waits.iter_mut().for_each(|wait| renumber(&mut wait.descriptor));
        in_flight.iter_mut().for_each(|call| renumber(&mut call.descriptor));
    }
    record.slow_calls.iter_mut().for_each(|call| renumber(&mut call.descriptor));
}
