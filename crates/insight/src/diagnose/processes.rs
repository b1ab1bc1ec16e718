//! The processes and threads of the document.
//!
//! Left out on purpose: putting processes together; each that was seen by itself is shown so.

use std::collections::BTreeMap;

use whywait_record::Process;
use whywait_report::{CallCount, LedgerSeconds, ProcessEntry, SwitchCount, ThreadEntry};

use super::seconds;
use crate::alike::Alike;
use crate::{Ledger, ThreadAnalysis};

pub(super) fn entries(groups: &[(&Process, Vec<Alike<'_, '_>>)]) -> Vec<ProcessEntry> {
    groups
        .iter()
        .map(|(process, threads)| ProcessEntry {
            pid: process.pid,
            parent_pid: process.parent_pid,
            command: process.command.arguments.clone(),
            alike: process.merged_count.max(1),
            threads: threads.iter().map(thread).collect(),
        })
        .collect()
}

fn thread(alike: &Alike<'_, '_>) -> ThreadEntry {
    let mut ledger = Ledger::default();
    let mut switches = SwitchCount::default();
    let mut calls: BTreeMap<String, CallCount> = BTreeMap::new();
    for one in &alike.members {
        ledger.add(&one.ledger);
        let more = one.thread.switches;
        switches.voluntary = switches.voluntary.saturating_add(more.voluntary);
        switches.involuntary = switches.involuntary.saturating_add(more.involuntary);
        for call in &one.thread.calls {
            let sum = calls.entry(call.syscall.name()).or_default();
            sum.count = sum.count.saturating_add(call.count);
            sum.would_block = sum.would_block.saturating_add(call.would_block);
        }
    }
    // The one that is least sure speaks for all, so that no more is said than holds for each.
    let sure = |one: &&&ThreadAnalysis<'_>| (one.doubt.is_none(), one.confidence);
    let first = alike.first();
    let least_sure = alike
        .members
        .iter()
        .min_by(|one, other| {
            let ((one, a), (other, b)) = (sure(one), sure(other));
            one.cmp(&other).then(a.total_cmp(&b))
        })
        .map_or(first, |one| one);
    ThreadEntry {
        tid: first.thread.tid,
        name: alike.name(),
        alike: alike.size(),
        model: first.model,
        confidence: least_sure.confidence,
        doubt: least_sure.doubt(),
        evidence: alike.busiest().evidence.clone(),
        lived_s: seconds(ledger.lived_ns()),
        ledger_s: ledger_seconds(&ledger),
        switches,
        calls,
    }
}

fn ledger_seconds(ledger: &Ledger) -> LedgerSeconds {
    LedgerSeconds {
        cpu_user: seconds(ledger.cpu_user_ns),
        cpu_kernel: seconds(ledger.cpu_kernel_ns),
        spinning: seconds(ledger.spinning_ns),
        runnable: seconds(ledger.runnable_ns),
        data: seconds(ledger.data_ns),
        disk: seconds(ledger.disk_ns),
        multiplexer: seconds(ledger.multiplexer_ns),
        handoff: seconds(ledger.handoff_ns),
        lock: seconds(ledger.lock_ns),
        sleep: seconds(ledger.sleep_ns),
        child: seconds(ledger.child_ns),
        other: seconds(ledger.other_ns),
    }
}
