//! The threads of several records: which of them match, and which numbers all get.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Process, Record};

/// What a thread has in common with those that match it. Its order is that of the new numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The place of its process.
    process: usize,
    /// Whether it is not the thread with which its process began.
    is_further: bool,
    /// Whether the kernel made it for io_uring.
    io_worker: bool,
    /// Its name; empty for the first thread, of which a process has one, whatever its name is.
    name: String,
    /// How many equal ones its record has before it.
    equal: usize,
}

/// The new numbers of processes and threads.
#[derive(Debug)]
pub(super) struct Numbers {
    pids: Vec<u32>,
    tids: BTreeMap<Key, u32>,
}

impl Numbers {
    /// From 1 on, by place; `places` has that of each process of each of the records.
    pub(super) fn of(records: &[Record], places: &[Vec<usize>]) -> Self {
        let mut keys = BTreeSet::new();
        for (record, places) in records.iter().zip(places) {
            for (process, place) in record.processes.iter().zip(places) {
                keys.extend(keys_of(process, *place));
            }
        }
        let count = places.iter().flatten().max().map_or(0, |last| last + 1);
        let mut numbers = Self { pids: Vec::with_capacity(count), tids: BTreeMap::new() };
        let mut keys = keys.into_iter().peekable();
        let mut next = 1_u32;
        for place in 0..count {
            let pid = next;
            numbers.pids.push(pid);
            next = next.saturating_add(1);
            while let Some(key) = keys.next_if(|key| key.process == place) {
                let tid = if key.is_further { next } else { pid };
                next = next.saturating_add(u32::from(key.is_further));
                numbers.tids.insert(key, tid);
            }
        }
        numbers
    }

    /// The number of the process at that place.
    pub(super) fn pid(&self, place: usize) -> u32 {
        self.pids.get(place).copied().unwrap_or(0)
    }

    /// The numbers of the threads of a process at that place, in its order.
    pub(super) fn tids(&self, process: &Process, place: usize) -> Vec<u32> {
        let tids = keys_of(process, place).into_iter().map(|key| self.tids.get(&key));
        tids.map(|tid| tid.copied().unwrap_or(0)).collect()
    }
}

fn keys_of(process: &Process, place: usize) -> Vec<Key> {
    let mut equal: HashMap<(bool, &str), usize> = HashMap::new();
    let first = process.threads.iter().position(|thread| thread.tid == process.pid);
    let keys = process.threads.iter().enumerate().map(|(index, thread)| {
        if Some(index) == first {
            let (io_worker, name) = (false, String::new());
            return Key { process: place, is_further: false, io_worker, name, equal: 0 };
        }
        let count = equal.entry((thread.io_worker, &thread.name)).or_default();
        let equal = *count;
        *count += 1;
        Key {
            process: place,
            is_further: true,
            io_worker: thread.io_worker,
            name: thread.name.clone(),
            equal,
        }
    });
    keys.collect()
}
