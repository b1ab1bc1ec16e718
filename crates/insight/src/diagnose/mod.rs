//! From a record to the document that says what it means.

mod processes;
mod timeline;
mod waits;
mod why;

use std::borrow::Cow;

use whywait_record::{Backend, Detail, Ending, Record, Syscall};
use whywait_report::{
    Diagnosis, DiagnosisSchema, Host, Program, WatchBackend, WatchCost, WatchDetail, WatchLosses,
};

use crate::alike::Alike;
use crate::findings::findings;
use crate::words::count;
use crate::{Analysis, RecordFacts, RuleSet, verdict};

pub use why::Explain;

/// Says what a record means. A sum of records is judged as their average.
#[must_use]
pub fn diagnose(record: &Record) -> Diagnosis {
    diagnose_with(record, &RuleSet::all(), None)
}

/// The same by the rules of a set, with why what is asked for is called what it is.
#[must_use]
pub fn diagnose_with(record: &Record, rules: &RuleSet, explain: Option<Explain>) -> Diagnosis {
    let record = &*average(record);
    let facts = RecordFacts::of(record);
    let analysis = Analysis::with(record, &facts, rules);
    let why = explain.map(|explain| why::why(&analysis, rules, explain));
    Diagnosis { why, ..document(&analysis) }
}

/// The average of a sum of records; a record that is no sum as it is.
#[must_use]
pub fn average(record: &Record) -> Cow<'_, Record> {
    match record.summed_records() {
        0 | 1 => Cow::Borrowed(record),
        _ => Cow::Owned(record.clone().average()),
    }
}

/// The document that says what an analysis came to.
#[must_use]
pub fn document(analysis: &Analysis<'_>) -> Diagnosis {
    let record = analysis.record;
    let groups = groups_of(analysis);
    let findings = findings(analysis);
    let timeline = record.timeline.as_ref();
    Diagnosis {
        schema: DiagnosisSchema::Explain1,
        whywait_version: env!("CARGO_PKG_VERSION").to_owned(),
        command: record.capture.command.clone(),
        machine: record.capture.host.as_ref().map(host),
        verdict: verdict::of(analysis, &findings),
        shape: analysis.shape,
        quadrant: analysis.quadrant,
        detail: match record.detail {
            Detail::Full => WatchDetail::Full,
            Detail::Light => WatchDetail::Light,
        },
        backend: match record.backend {
            Backend::Bpf => WatchBackend::Bpf,
        },
        wall_s: seconds(record.wall_ns),
        program: program_of(record),
        processes: processes::entries(&groups),
        waits: waits::entries(record, &groups),
        findings,
        cost: cost_of(record),
        timeline: timeline.map_or_else(Vec::new, |all| timeline::intervals(record, all)),
        edges: timeline.map_or_else(Vec::new, timeline::edges),
        timeline_cut_off: timeline.and_then(timeline::cut_off),
        not_watched: not_watched(record),
        why: None,
    }
}

/// What the report does not have, or has otherwise.
fn not_watched(record: &Record) -> Vec<String> {
    let records = record.summed_records();
    let average = format!("All numbers are averages over the {records} records.");
    let average = (records > 1).then_some(average);
    let lacks = record.not_watched.iter().filter_map(|lack| lack.missing()).map(str::to_owned);
    average.into_iter().chain(lacks).chain(calls_of_32_bit_code(record)).collect()
}

/// What becomes of calls whose numbers are not those of the table of system calls.
fn calls_of_32_bit_code(record: &Record) -> Option<String> {
    let calls = record.threads().flat_map(|(_, thread)| &thread.calls);
    let others = calls
        .filter(|call| call.syscall == Syscall::OTHER)
        .fold(0_u64, |sum, call| sum.saturating_add(call.count));
    // The cheapest kinds of a thread that makes too many are among them too.
    let foreign = others.saturating_sub(record.losses.calls);
    (foreign > 0).then(|| {
        format!(
            "{} of 32-bit code were counted without their kinds: what they do is not judged.",
            count(foreign, "system call")
        )
    })
}

/// The threads of each process in groups of alike ones, in the order of the record.
fn groups_of<'s, 'a>(
    analysis: &'s Analysis<'a>,
) -> Vec<(&'a whywait_record::Process, Vec<Alike<'s, 'a>>)> {
    let mut left = analysis.threads.as_slice();
    analysis
        .record
        .processes
        .iter()
        .map(|process| {
            let (mine, others) = left.split_at(process.threads.len().min(left.len()));
            left = others;
            (process, Alike::among(mine.iter()))
        })
        .collect()
}

fn host(host: &whywait_record::Host) -> Host {
    let whywait_record::Host { kernel, cpus, cpu_model, memory_bytes } = host.clone();
    Host { kernel, cpus, cpu_model, memory_bytes }
}

fn program_of(record: &Record) -> Program {
    let (exit_status, signal) = match record.ending {
        Some(Ending::Exited(status)) => (Some(status), None),
        Some(Ending::Signalled(signal)) => (None, Some(signal)),
        None => (None, None),
    };
    Program {
        pid: record.root_pid,
        command: record.root().map_or_else(Vec::new, |root| root.command.arguments.clone()),
        exit_status,
        signal,
    }
}

fn cost_of(record: &Record) -> WatchCost {
    let (cost, losses) = (&record.cost, &record.losses);
    WatchCost {
        cpu_s: seconds(cost.own_cpu_ns),
        kernel_cpu_s: cost.kernel_cpu_ns.map(seconds),
        per_foreign_call_ns: cost.per_foreign_call_ns.filter(|length_ns| length_ns.is_finite()),
        memory_bytes: cost.memory_bytes,
        lost_events: losses.total(),
        losses: WatchLosses {
            events: losses.events,
            threads: losses.threads,
            calls: losses.calls,
            waits: losses.waits,
            merged_waits: losses.merged_waits,
            wakes: losses.wakes,
            slow_calls: losses.slow_calls,
            names: losses.names,
        },
    }
}

/// Nanoseconds as seconds.
fn seconds(length_ns: u64) -> f64 {
    length_ns as f64 / 1e9
}
