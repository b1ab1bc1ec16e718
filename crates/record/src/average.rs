//! The average of the records of a sum, which is judged as each of them would be.

use crate::{
    Call, Cost, Histogram, Losses, Process, Record, RingOperations, Sample, Stalls, Switches,
    Thread, ThreadTime, Wait, Wake,
};

impl Record {
    /// Of how many records this is the sum; 1 of a record that is no sum.
    #[must_use]
    pub fn summed_records(&self) -> u64 {
        self.capture.further_records.saturating_add(1)
    }

    /// The average of the records of which this is the sum: lengths are divided by their number;
    /// counts are too, but nothing that happened in one of them becomes 0. Moments, maxima, single
    /// slow calls and descriptors stay as they are.
    #[must_use]
    pub fn average(mut self) -> Self {
        let parts = Parts(self.summed_records());
        // Without `..`, so that a new field is not forgotten.
        let Self {
            capture: _,
            detail: _,
            backend: _,
            wall_ns,
            root_pid: _,
            ending: _,
            processes,
            descriptors: _,
            wakes,
            slow_calls: _,
            slow_call_ns: _,
            timeline: _,
            cost: Cost { own_cpu_ns, kernel_cpu_ns, per_foreign_call_ns: _, memory_bytes },
            losses,
            not_watched: _,
        } = &mut self;
        parts.lengths([wall_ns, own_cpu_ns, memory_bytes]);
        parts.lengths(kernel_cpu_ns);
        processes.iter_mut().for_each(|process| parts.process(process));
        for Wake { waker: _, sleeper: _, syscall: _, count, waited_ns } in wakes {
            parts.counts([count]);
            parts.lengths([waited_ns]);
        }
        let Losses { events, threads, calls, waits, merged_waits, wakes, slow_calls, names } =
            losses;
        parts.counts([events, threads, calls, waits, merged_waits, wakes, slow_calls, names]);
        self
    }
}

/// Into how many parts numbers are divided.
struct Parts(u64);

impl Parts {
    fn counts<'n>(&self, numbers: impl IntoIterator<Item = &'n mut u64>) {
        numbers.into_iter().for_each(|number| *number = number.div_ceil(self.0));
    }

    fn lengths<'n>(&self, numbers: impl IntoIterator<Item = &'n mut u64>) {
        numbers.into_iter().for_each(|number| *number /= self.0);
    }

    fn process(&self, process: &mut Process) {
        let Process {
            pid: _,
            parent_pid: _,
            merged_count,
            command: _,
            execs,
            began_at_ns: _,
            ended_at_ns: _,
            ending: _,
            session_pid: _,
            age_ns: _,
            descriptors: _,
            descriptors_left_out: _,
            threads,
        } = process;
        self.counts([merged_count, execs]);
        threads.iter_mut().for_each(|thread| self.thread(thread));
    }

    fn thread(&self, thread: &mut Thread) {
        let Thread {
            tid: _,
            name: _,
            merged_count,
            created_by: _,
            io_worker: _,
            began_at_ns: _,
            ended_at_ns: _,
            lived_ns,
            time: ThreadTime { user_ns, kernel_ns, spinning_ns, runnable_ns, waiting_ns },
            sched_cpu_ns,
            switches: Switches { voluntary, involuntary },
            threads_created,
            processes_created,
            calls,
            waits,
            ring_operations,
            in_flight: _,
            asking: _,
            samples,
        } = thread;
        self.lengths([lived_ns, user_ns, kernel_ns, spinning_ns, runnable_ns, waiting_ns]);
        self.lengths([sched_cpu_ns]);
        self.counts([merged_count, voluntary, involuntary, threads_created, processes_created]);
        calls.iter_mut().for_each(|call| self.call(call));
        waits.iter_mut().for_each(|wait| self.wait(wait));
        for RingOperations { opcode: _, submitted, punted } in ring_operations {
            self.counts([submitted, punted]);
        }
        for Sample { mode: _, count } in samples {
            self.counts([count]);
        }
    }

    fn call(&self, call: &mut Call) {
        let Call {
            syscall: _,
            kind: _,
            control: _,
            breadth: _,
            count,
            would_block,
            failed,
            empty,
            slept,
            returned,
            tiny,
            total_ns,
            latency: Histogram { buckets },
            example: _,
        } = call;
        self.counts([count, would_block, failed, empty, slept, returned, tiny]);
        self.counts(buckets);
        self.lengths([total_ns]);
    }

    fn wait(&self, wait: &mut Wait) {
        let Wait {
            syscall: _,
            descriptor: _,
            kind: _,
            control: _,
            breadth: _,
            count,
            total_ns,
            waiting_ns,
            runnable_ns,
            kernel_ns,
            disk_ns,
            handed_over_ns,
            by_program_ns,
            longest_ns: _,
            stalls: Stalls { count: stalls, waiting_ns: stalled_ns, longest_ns: _ },
            latency: Histogram { buckets },
        } = wait;
        self.counts([count, stalls]);
        self.counts(buckets);
        self.lengths([total_ns, waiting_ns, runnable_ns, kernel_ns, disk_ns]);
        self.lengths([handed_over_ns, by_program_ns, stalled_ns]);
    }
}

#[cfg(test)]
mod tests {
    use crate::example::everything;
    use crate::merge;

    #[test]
    fn the_average_of_equal_records_has_the_numbers_of_each() {
        let mut one = everything();
        one.timeline = None;
        let sum = merge([one.clone(), one.clone(), one.clone()]).expect("one program").record;
        assert_eq!(sum.summed_records(), 3);
        let average = sum.average();
        let numbers = |record: &crate::Record| {
            let threads = record.threads().map(|(_, thread)| {
                let calls = thread.calls.iter().map(|call| (call.count, call.total_ns));
                let waits = thread.waits.iter().map(|wait| (wait.count, wait.waiting_ns));
                (thread.merged_count, thread.time, calls.chain(waits).collect::<Vec<_>>())
            });
            (record.wall_ns, record.losses, threads.collect::<Vec<_>>())
        };
        assert_eq!(numbers(&average), numbers(&one));
    }
}
