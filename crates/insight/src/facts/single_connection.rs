//! Processes that were created for one connection each.
//!
//! What tells them from workers that share a listening socket is that they neither have it nor
//! accept from it: another process did that for them.

use std::collections::{HashMap, HashSet};

use whywait_record::{Process, Record};

use super::Network;
use super::record_facts::Profiles;

/// From this many processes on that have one connection each, that is what they are made for.
const SEVERAL: usize = 2;

/// Where it is not seen that their parent listens.
const SEVERAL_WITHOUT_LISTENER: usize = 3;

/// What shows that a process is for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// It has one that was accepted.
    Connection,
    /// It moves bytes over sockets and accepts none; a thread of its parent accepts some.
    Serves,
    /// It began while it was watched, and does not listen; its parent does.
    Begun,
}

/// Processes that were created for one connection each, with the process that created them.
pub(super) fn children<'a>(
    record: &'a Record,
    network: &Network,
    profiles: &Profiles,
    delegating: &HashSet<u32>,
) -> Vec<(u32, &'a Process)> {
    let mut groups: HashMap<(u32, &str), Vec<(Evidence, &'a Process)>> = HashMap::new();
    for process in &record.processes {
        let Some(parent) = process.parent_pid else { continue };
        let Some(evidence) = evidence_of(record, network, profiles, delegating, process) else {
            continue;
        };
        let program = process.command.program().unwrap_or_default();
        groups.entry((parent, program)).or_default().push((evidence, process));
    }
    let mut children = Vec::new();
    for ((parent, _), group) in groups {
        // A parent that accepts and creates processes meanwhile creates them for connections.
        let creates = delegating.contains(&parent);
        let shows = |evidence: Evidence| creates || evidence != Evidence::Begun;
        let shown = group.iter().filter(|(evidence, _)| shows(*evidence)).count();
        let accepts = network.listens(parent) || delegating.contains(&parent);
        let least = if accepts { SEVERAL } else { SEVERAL_WITHOUT_LISTENER };
        if shown >= least {
            children.extend(group.into_iter().map(|(_, process)| (parent, process)));
        }
    }
    children.sort_by_key(|(_, process)| process.pid);
    children
}

fn evidence_of(
    record: &Record,
    network: &Network,
    profiles: &Profiles,
    delegating: &HashSet<u32>,
    process: &Process,
) -> Option<Evidence> {
    let parent = process.parent_pid?;
    let of_threads = || process.threads.iter().filter_map(|thread| profiles.get(&thread.tid));
    let accepts = of_threads().any(|one| one.accepted > 0 || one.accepting_ns > 0);
    if network.listens(process.pid) || accepts {
        return None;
    }
    let has_begun = process.began_at_ns > 0 && !network.has_table(process.pid);
    let parent_listens = network.listens(parent);
    // Each record of a sum has its own, and so has each of several processes that were merged.
    let each = network.connections(process.pid).div_ceil(record.summed_records());
    let is_one = (1..=process.merged_count.max(1)).contains(&each);
    // Workers of a listener that is not seen wait for several descriptors at once.
    let waits_for_many = || of_threads().any(|one| one.iterations > 0);
    if is_one && (parent_listens || (has_begun && !waits_for_many())) {
        return Some(Evidence::Connection);
    }
    let main = profiles.get(&process.pid);
    if each <= 1 && delegating.contains(&parent) && main.is_some_and(|main| main.served > 0) {
        return Some(Evidence::Serves);
    }
    (each == 0 && has_begun && parent_listens).then_some(Evidence::Begun)
}
