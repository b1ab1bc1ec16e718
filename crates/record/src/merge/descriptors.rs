//! The descriptors of several records: which of them match, and which numbers all get.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Descriptor, DescriptorId, DescriptorKind, Record};

/// What a descriptor has in common with those that match it. Its order is that of the new numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    pid: u32,
    kind: DescriptorKind,
    /// Path, peer and own end.
    names: [Option<String>; 3],
    /// Its number, where it has no name.
    fd: Option<i32>,
    /// How many equal ones its record has before it.
    equal: usize,
}

/// New numbers for the descriptors of each record, in its order. Their processes have theirs.
pub(super) fn numbers(records: &[Record]) -> Vec<Vec<DescriptorId>> {
    let keys: Vec<Vec<Key>> = records.iter().map(|record| keys_of(&record.descriptors)).collect();
    let sorted: BTreeSet<&Key> = keys.iter().flatten().collect();
    let number = |number| DescriptorId(u32::try_from(number).unwrap_or(u32::MAX));
    let numbers: BTreeMap<&Key, DescriptorId> =
        sorted.into_iter().enumerate().map(|(place, key)| (key, number(place))).collect();
    keys.iter().map(|keys| keys.iter().map(|key| numbers[key]).collect()).collect()
}

fn keys_of(descriptors: &[Descriptor]) -> Vec<Key> {
    let mut equal: HashMap<Key, usize> = HashMap::new();
    let keys = descriptors.iter().map(|descriptor| {
        let Descriptor { pid, fd, kind, path, peer, local } = descriptor;
        let names = [path.clone(), peer.clone(), local.clone()];
        let fd = if names.iter().all(Option::is_none) { *fd } else { None };
        let key = Key { pid: *pid, kind: *kind, names, fd, equal: 0 };
        let count = equal.entry(key.clone()).or_default();
        let equal = *count;
        *count += 1;
        Key { equal, ..key }
    });
    keys.collect()
}
