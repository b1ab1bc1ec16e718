//! Which field of a record holds which kind of text.
//!
//! Structs are taken apart without `..`, and fields without text are passed to [`no_text`], which
//! takes only types that cannot own any: a new field does not compile before it has its place here.

use super::Redactor;
use crate::{
    Call, Capture, Command, Descriptor, DescriptorKind, Frame, Histogram, Host, OpenDescriptor,
    Place, Process, Record, SlowCall, Thread, Timeline, Wait,
};

/// Says that a field holds no text, which the compiler checks: a type that is `Copy` owns none.
fn no_text<T: Copy + 'static>(_: T) {}

/// The same of all that are in a list.
fn no_texts<T: Copy + 'static>(_: &[T]) {}

impl Redactor {
    /// Every text of a record.
    pub(super) fn record(&mut self, record: &mut Record) {
        let Record {
            capture,
            detail,
            backend,
            wall_ns,
            root_pid,
            ending,
            processes,
            descriptors,
            wakes,
            slow_calls,
            slow_call_ns,
            timeline,
            cost,
            losses,
            not_watched,
        } = record;
        no_text((*detail, *backend, *wall_ns, *root_pid, *ending, *slow_call_ns));
        no_text((*cost, *losses));
        no_texts(wakes);
        no_texts(not_watched);
        self.capture(capture);
        processes.iter_mut().for_each(|process| self.process(process));
        descriptors.iter_mut().for_each(|descriptor| self.descriptor(descriptor));
        slow_calls.iter_mut().for_each(|call| self.slow_call(call));
        if let Some(Timeline { intervals, edges, cut_off, cut_off_at_ns }) = timeline {
            no_texts(intervals);
            no_texts(edges);
            no_text((*cut_off, *cut_off_at_ns));
        }
    }

    fn capture(&mut self, capture: &mut Capture) {
        let Capture { whywait, command, began_unix_s, host, redacted, further_records } = capture;
        no_text((*began_unix_s, *further_records));
        *redacted = true;
        *whywait = self.machine(whywait);
        self.arguments(command);
        if let Some(Host { kernel, cpus, cpu_model, memory_bytes }) = host {
            no_text((*cpus, *memory_bytes));
            *kernel = self.machine(kernel);
            replace(cpu_model, |name| self.machine(name));
        }
    }

    fn process(&mut self, process: &mut Process) {
        let Process {
            pid,
            parent_pid,
            merged_count,
            command: Command { arguments, executable },
            execs,
            began_at_ns,
            ended_at_ns,
            ending,
            session_pid,
            age_ns,
            descriptors,
            descriptors_left_out,
            threads,
        } = process;
        no_text((*pid, *parent_pid, *merged_count, *execs, *began_at_ns, *ended_at_ns, *ending));
        no_text((*session_pid, *age_ns, *descriptors_left_out));
        descriptors.iter().for_each(open_descriptor);
        self.arguments(arguments);
        replace(executable, |path| self.file_path(path));
        threads.iter_mut().for_each(|thread| self.thread(thread));
    }

    fn thread(&mut self, thread: &mut Thread) {
        let Thread {
            tid,
            name,
            merged_count,
            created_by,
            io_worker,
            began_at_ns,
            ended_at_ns,
            lived_ns,
            time,
            sched_cpu_ns,
            switches,
            threads_created,
            processes_created,
            calls,
            waits,
            ring_operations,
            in_flight,
            asking,
            samples,
        } = thread;
        no_text((*tid, *merged_count, *created_by, *io_worker, *began_at_ns, *ended_at_ns));
        no_text((*lived_ns, *time, *sched_cpu_ns, *switches, *threads_created));
        no_text((*processes_created, *in_flight, *asking));
        no_texts(ring_operations);
        no_texts(samples);
        calls.iter().for_each(call);
        waits.iter().for_each(wait);
        *name = self.thread_name(name);
    }

    fn descriptor(&mut self, descriptor: &mut Descriptor) {
        let Descriptor { pid, fd, kind, path, peer, local } = descriptor;
        no_text((*pid, *fd, *kind));
        replace(path, |path| match kind {
            DescriptorKind::Directory => self.directory_path(path),
            // Insight takes the path of a socket for its peer where it has none.
            kind if kind.is_socket() => self.endpoint(path),
            _ => self.file_path(path),
        });
        replace(peer, |peer| self.endpoint(peer));
        replace(local, |local| self.endpoint(local));
    }

    fn slow_call(&mut self, call: &mut SlowCall) {
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
        no_text((*pid, *tid, *syscall, *descriptor, *control, *began_at_ns, *total_ns));
        no_text((*waiting_ns, *runnable_ns, *returned, *waker, *events_pending_after));
        stack.iter_mut().for_each(|frame| self.frame(frame));
    }

    fn frame(&mut self, frame: &mut Frame) {
        let Frame { address, object, function, place } = frame;
        no_text(*address);
        replace(object, |path| self.stack_path(path));
        replace(function, |name| self.stack_function(name));
        if let Some(Place { file, line }) = place {
            no_text(*line);
            *file = self.stack_path(file);
        }
    }
}

fn replace(text: &mut Option<String>, redacted: impl FnOnce(&str) -> String) {
    if let Some(text) = text {
        *text = redacted(text);
    }
}

/// Calls hold no text.
fn call(call: &Call) {
    let Call {
        syscall,
        kind,
        control,
        breadth,
        count,
        would_block,
        failed,
        empty,
        slept,
        returned,
        tiny,
        total_ns,
        latency: Histogram { buckets },
        example,
    } = call;
    no_text((*syscall, *kind, *control, *breadth, *count, *would_block, *failed, *empty));
    no_text((*slept, *returned, *tiny, *total_ns, *example));
    no_texts(buckets);
}

/// Waits hold no text.
fn wait(wait: &Wait) {
    let Wait {
        syscall,
        descriptor,
        kind,
        control,
        breadth,
        count,
        total_ns,
        waiting_ns,
        runnable_ns,
        kernel_ns,
        disk_ns,
        handed_over_ns,
        by_program_ns,
        longest_ns,
        stalls,
        latency: Histogram { buckets },
    } = wait;
    no_text((*syscall, *descriptor, *kind, *control, *breadth, *count, *total_ns));
    no_text((*waiting_ns, *runnable_ns, *kernel_ns, *disk_ns, *handed_over_ns));
    no_text((*by_program_ns, *longest_ns, *stalls));
    no_texts(buckets);
}

/// What a process had open holds no text: its names are those of the descriptor.
fn open_descriptor(open: &OpenDescriptor) {
    let OpenDescriptor { fd, descriptor, listening, watches } = open;
    no_text((*fd, *descriptor, *listening));
    no_texts(watches);
}
