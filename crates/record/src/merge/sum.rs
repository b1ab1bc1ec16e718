//! Sums records in which what matches has the same number.
//!
//! Whatever is done to two values here is associative and commutative: a sum, the smallest, the
//! greatest, or what both have.

use std::mem::take;

use crate::absorb::add_to;
use crate::{
    Call, Capture, Command, Cost, Descriptor, DescriptorId, Ending, Frame, Losses, Process, Record,
    RingOperations, Sample, SlowCall, Thread, Wait, Wake,
};

/// The sum of the records, whose descriptors have these numbers; none if there are no records.
pub(super) fn sum(records: Vec<Record>, ids: Vec<Vec<DescriptorId>>) -> Option<Record> {
    let mut descriptors: Vec<(DescriptorId, Descriptor)> = Vec::new();
    let mut records = records.into_iter().zip(ids).map(|(mut record, ids)| {
        descriptors.extend(ids.into_iter().zip(take(&mut record.descriptors)));
        record
    });
    let mut sum = records.next()?;
    records.for_each(|record| add_record(&mut sum, record));
    collapse(&mut descriptors, |(id, _)| *id, add_descriptor);
    sum.descriptors = descriptors.into_iter().map(|(_, descriptor)| descriptor).collect();
    collapse(&mut sum.processes, |process| process.pid, add_process);
    sum.processes.iter_mut().for_each(collapse_process);
    collapse(&mut sum.wakes, |wake| (wake.waker, wake.sleeper, wake.syscall), add_wake);
    sum.slow_calls.sort_by(|one, other| order(one).cmp(&order(other)));
    sum.not_watched.sort_by_key(|feature| feature.name());
    sum.not_watched.dedup();
    Some(sum)
}

/// Sorts a list and adds up those that have the same key.
fn collapse<T, K: Ord>(list: &mut Vec<T>, key: impl Fn(&T) -> K, add: impl Fn(&mut T, T)) {
    list.sort_by_key(&key);
    let mut sums: Vec<T> = Vec::with_capacity(list.len());
    for one in list.drain(..) {
        match sums.last_mut() {
            Some(sum) if key(sum) == key(&one) => add(sum, one),
            _ => sums.push(one),
        }
    }
    *list = sums;
}

/// Puts the lists of two records one behind the other, and adds up all else.
fn add_record(sum: &mut Record, record: Record) {
    let Record {
        capture,
        detail: _,
        backend: _,
        wall_ns,
        root_pid,
        ending,
        processes,
        descriptors,
        wakes,
        slow_calls,
        slow_call_ns: _,
        timeline: _,
        cost,
        losses,
        not_watched,
    } = record;
    add_capture(&mut sum.capture, capture);
    add_to(&mut sum.wall_ns, wall_ns);
    sum.root_pid = sum.root_pid.max(root_pid);
    sum.ending = worst(sum.ending, ending);
    sum.processes.extend(processes);
    sum.descriptors.extend(descriptors);
    sum.wakes.extend(wakes);
    sum.slow_calls.extend(slow_calls);
    add_cost(&mut sum.cost, cost);
    add_losses(&mut sum.losses, losses);
    sum.not_watched.extend(not_watched);
}

/// Of what differs: the first by order, and no machine.
fn add_capture(sum: &mut Capture, capture: Capture) {
    let Capture { whywait, command, began_unix_s, host, redacted, further_records } = capture;
    sum.redacted &= redacted;
    add_to(&mut sum.further_records, further_records.saturating_add(1));
    if whywait < sum.whywait {
        sum.whywait = whywait;
    }
    if command < sum.command {
        sum.command = command;
    }
    // 0 is not known.
    let began = [sum.began_unix_s, began_unix_s].into_iter().filter(|began| *began > 0);
    sum.began_unix_s = began.min().unwrap_or(0);
    if sum.host != host {
        sum.host = None;
    }
}

fn add_cost(sum: &mut Cost, cost: Cost) {
    let Cost { own_cpu_ns, kernel_cpu_ns, per_foreign_call_ns, memory_bytes } = cost;
    add_to(&mut sum.own_cpu_ns, own_cpu_ns);
    let both = sum.kernel_cpu_ns.zip(kernel_cpu_ns);
    sum.kernel_cpu_ns = both.map(|(one, other)| one.saturating_add(other));
    let known = [sum.per_foreign_call_ns, per_foreign_call_ns].into_iter().flatten();
    sum.per_foreign_call_ns = known.max_by(f64::total_cmp);
    add_to(&mut sum.memory_bytes, memory_bytes);
}

fn add_losses(sum: &mut Losses, losses: Losses) {
    let Losses { events, threads, calls, waits, merged_waits, wakes, slow_calls, names } = losses;
    add_to(&mut sum.events, events);
    add_to(&mut sum.threads, threads);
    add_to(&mut sum.calls, calls);
    add_to(&mut sum.waits, waits);
    add_to(&mut sum.merged_waits, merged_waits);
    add_to(&mut sum.wakes, wakes);
    add_to(&mut sum.slow_calls, slow_calls);
    add_to(&mut sum.names, names);
}

/// Adds a descriptor of the same name. Its number stays if both have the same.
fn add_descriptor((_, sum): &mut (DescriptorId, Descriptor), (_, one): (DescriptorId, Descriptor)) {
    sum.fd = sum.fd.filter(|fd| one.fd == Some(*fd));
}

fn add_process(sum: &mut Process, mut process: Process) {
    sum.threads.append(&mut process.threads);
    sum.descriptors.append(&mut process.descriptors);
    let session_pid = known(sum.session_pid, process.session_pid);
    sum.parent_pid = known(sum.parent_pid, process.parent_pid);
    sum.ending = worst(sum.ending, process.ending);
    // Only those of the root may differ.
    if key_of(&process.command) < key_of(&sum.command) {
        sum.command = take(&mut process.command);
    }
    sum.absorb(process);
    sum.session_pid = session_pid;
}

fn key_of(command: &Command) -> (&Option<String>, &[String]) {
    (&command.executable, &command.arguments)
}

/// Adds up threads that match, and what each has of the same kind.
fn collapse_process(process: &mut Process) {
    collapse(&mut process.threads, |thread| thread.tid, add_thread);
    process.descriptors.sort();
    process.descriptors.dedup();
    for thread in &mut process.threads {
        collapse(&mut thread.calls, call_key, add_call);
        collapse(&mut thread.waits, wait_key, Wait::absorb);
        collapse(&mut thread.ring_operations, |one| one.opcode, RingOperations::absorb);
        collapse(&mut thread.samples, |sample| sample.mode, Sample::absorb);
    }
}

fn add_thread(sum: &mut Thread, mut thread: Thread) {
    sum.calls.append(&mut thread.calls);
    sum.waits.append(&mut thread.waits);
    sum.ring_operations.append(&mut thread.ring_operations);
    sum.samples.append(&mut thread.samples);
    sum.created_by = known(sum.created_by, thread.created_by);
    // Only those of first threads may differ.
    if thread.name < sum.name {
        sum.name = take(&mut thread.name);
    }
    sum.io_worker |= thread.io_worker;
    sum.absorb(thread);
}

fn call_key(call: &Call) -> impl Ord + use<> {
    (call.syscall, call.kind, call.control, call.breadth)
}

fn add_call(sum: &mut Call, call: Call) {
    let examples = [sum.example, call.example];
    sum.example = examples.into_iter().flatten().min();
    sum.absorb(call);
}

fn wait_key(wait: &Wait) -> impl Ord + use<> {
    (wait.syscall, wait.kind, wait.control, wait.breadth, wait.descriptor)
}

fn add_wake(sum: &mut Wake, wake: Wake) {
    let Wake { waker: _, sleeper: _, syscall: _, count, waited_ns } = wake;
    add_to(&mut sum.count, count);
    add_to(&mut sum.waited_ns, waited_ns);
}

/// A process or thread that one of two records has: the first of those that are known, or else 0,
/// which is one that is not.
fn known(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    let both = [one, other].into_iter().flatten();
    both.min_by_key(|number| (*number == 0, *number))
}

/// How a process ended, of two: not at all, by a signal, with a high status, with a low one.
fn worst(one: Option<Ending>, other: Option<Ending>) -> Option<Ending> {
    let rank = |ending: &Ending| match *ending {
        Ending::Exited(status) => (0, status),
        Ending::Signalled(signal) => (1, signal),
    };
    let (one, other) = one.zip(other)?;
    [one, other].into_iter().max_by_key(rank)
}

/// Of slow calls: by their end, then by all that they have.
fn order(call: &SlowCall) -> impl Ord + '_ {
    let SlowCall {
        pid,
        tid,
        syscall,
        descriptor,
        control,
        began_at_ns,
        total_ns,
        waiting_ns,
        runnable_ns,
        returned,
        waker,
        events_pending_after,
        stack,
    } = call;
    let when = (began_at_ns.saturating_add(*total_ns), began_at_ns);
    let what = (pid, tid, syscall, descriptor, control);
    let how = (waiting_ns, runnable_ns, returned, waker, events_pending_after);
    (when, what, how, stack.iter().map(frame_order).collect::<Vec<_>>())
}

fn frame_order(frame: &Frame) -> impl Ord + '_ {
    let Frame { address, object, function, place } = frame;
    (address, object, function, place.as_ref().map(|place| (&place.file, place.line)))
}
