//! Processes that do the same at the same time.
//!
//! Left out on purpose: processes that follow one another, such as the commands of a script.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use whywait_record::Process;
use whywait_report::ThreadModel;

use super::program::Program;
use crate::ThreadAnalysis;

/// Processes that one process made, that run the same program, and that live at the same time.
pub(super) struct Team<'s, 'a> {
    /// Who made them.
    pub(super) parent: u32,
    /// They themselves.
    pub(super) members: Vec<&'a Process>,
    /// The threads of those that did anything.
    pub(super) threads: Vec<&'s ThreadAnalysis<'a>>,
    /// How many of them lived at the same time, on average.
    pub(super) at_once: f64,
}

/// From this many on, on average, processes live at the same time.
const LEAST_AT_ONCE: f64 = 1.5;

impl<'s, 'a> Team<'s, 'a> {
    /// The team that does most of a program's work; none if there is none, or if the process that
    /// made it does more itself.
    pub(super) fn of(program: &Program<'s, 'a>) -> Option<Self> {
        let mut groups: BTreeMap<(u32, &str), Vec<&'a Process>> = BTreeMap::new();
        for process in &program.analysis.record.processes {
            if let Some(parent) = process.parent_pid.filter(|parent| *parent != process.pid) {
                groups
                    .entry((parent, process.command.program().unwrap_or_default()))
                    .or_default()
                    .push(process);
            }
        }
        let (work_ns, parent, members) = groups
            .into_iter()
            .filter(|(_, members)| at_once(members) >= LEAST_AT_ONCE)
            .filter(|(_, members)| members.iter().any(|member| !program.rests(member.pid)))
            .map(|((parent, _), members)| {
                let work_ns = members.iter().fold(0_u64, |sum, member| {
                    sum.saturating_add(program.work_below_ns(member.pid))
                });
                (work_ns, parent, members)
            })
            // Of two that do as much, the one that began first: never by a name, which may be redacted.
            .max_by_key(|(work_ns, _, members)| (*work_ns, Reverse(members[0].pid)))?;
        let waits = program.only_waits(parent);
        if !waits && work_ns < program.work_ns(parent) {
            return None;
        }
        let threads = members
            .iter()
            .flat_map(|member| program.threads_in(member.pid))
            .filter(|one| !matches!(one.model, ThreadModel::Idle | ThreadModel::Unknown))
            .collect();
        let at_once = at_once(&members);
        Some(Self { parent, members, threads, at_once })
    }

    /// For how many processes its members stand.
    pub(super) fn size(&self) -> u64 {
        self.members.iter().fold(0, |sum, one| sum.saturating_add(one.merged_count.max(1)))
    }
}

/// How many of them lived at the same time, on average from the first's beginning to
/// the last's end.
fn at_once(members: &[&Process]) -> f64 {
    let stand_for =
        members.iter().fold(0_u64, |sum, one| sum.saturating_add(one.merged_count.max(1)));
    if stand_for < 2 {
        return 0.0;
    }
    let mut lived_ns = 0.0;
    let (mut from_ns, mut to_ns) = (u64::MAX, 0);
    for member in members {
        let Some(main) = member.threads.iter().find(|thread| thread.tid == member.pid) else {
            continue;
        };
        lived_ns += main.lived_ns as f64;
        let until_ns = member.began_at_ns.saturating_add(main.lived_ns);
        from_ns = from_ns.min(member.began_at_ns);
        to_ns = to_ns.max(member.ended_at_ns.unwrap_or(until_ns));
    }
    let window_ns = to_ns.saturating_sub(from_ns);
    if window_ns == 0 { 0.0 } else { lived_ns / window_ns as f64 }
}
