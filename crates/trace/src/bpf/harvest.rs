//! The row of a thread in the kernel, with its chunks, as a [`Thread`].
//!
//! Left out on purpose: deciding when a row is read; see `Session`.

use whywait_record::{
    Asking, Breadth, Call, Control, Detail, Histogram, InFlight, Sample, SampledMode, Stalls,
    Switches, Syscall, Thread, ThreadTime, Wait,
};

use super::descriptors::{Descriptors, Seen};
use super::layout;
use super::layout::{
    CALLS_PER_CHUNK, CallCell, DEAD, Key, NO_CALL, OTHER_CALL, RUNNABLE, RUNNING, Row, USER_CODE,
    WAITING, WAITS_PER_CHUNK, WaitCell,
};
use super::tables::{Tables, unreadable};
use crate::Error;

/// What a row says, with all that hangs on it.
#[derive(Debug)]
pub(super) struct Harvest {
    pub(super) row: Row,
    calls: Vec<CallCell>,
    waits: Vec<WaitCell>,
}

impl Harvest {
    /// Reads a row and its chunks out.
    pub(super) fn read(tables: &Tables, slot: u32) -> Result<Self, Error> {
        let failed = |error| unreadable("a thread's account", &error);
        let row = tables.threads.get(&slot, 0).map_err(failed)?;
        let mut calls = Vec::with_capacity(row.calls as usize);
        for chunk in row.chunks_of_calls() {
            calls.extend(tables.call_chunks.get(&chunk, 0).map_err(failed)?.cells);
        }
        let mut waits = Vec::with_capacity(row.waits as usize);
        for chunk in row.chunks_of_waits() {
            waits.extend(tables.wait_chunks.get(&chunk, 0).map_err(failed)?.cells);
        }
        calls.truncate(row.calls as usize);
        waits.truncate(row.waits as usize);
        Ok(Self { row, calls, waits })
    }

    /// Gives the row and its chunks back to the programs in the kernel. Only for a thread that has
    /// ended: nobody writes to its row any more.
    pub(super) fn release(&self, tables: &mut Tables, slot: u32) -> Result<(), Error> {
        let failed = |error| unreadable("a free place", &error);
        for chunk in self.row.chunks_of_calls() {
            tables.free_call_chunks.push(chunk, 0).map_err(failed)?;
        }
        for chunk in self.row.chunks_of_waits() {
            tables.free_wait_chunks.push(chunk, 0).map_err(failed)?;
        }
        // An empty row says to the last look at all of them that this one has been read.
        tables.threads.set(slot, Row::EMPTY, 0).map_err(failed)?;
        tables.free_threads.push(slot, 0).map_err(failed)
    }

    /// The thread, with its time up to `end_ns` if it is alive.
    pub(super) fn thread(&self, moment: &Moment, descriptors: &mut Descriptors) -> Thread {
        let row = self.settled(moment);
        let full = moment.detail == Detail::Full;
        let mut waits: Vec<Wait> = self
            .waits
            .iter()
            .filter(|cell| cell.count > 0)
            .map(|cell| wait(cell, &row, moment, descriptors))
            .collect();
        let in_flight = self.in_flight(moment, descriptors);
        if let Some(unfinished) = self.unfinished_wait(&row, moment, descriptors) {
            waits.push(unfinished);
        }
        let ended = row.state == DEAD;
        let samples = if full { Vec::new() } else { self.samples() };
        Thread {
            created_by: (row.parent_tid != 0).then_some(row.parent_tid),
            io_worker: row.io_worker != 0,
            ended_at_ns: ended.then(|| moment.at(row.ended_ns)),
            lived_ns: row.last_ns.saturating_sub(row.began_ns),
            time: times(&row, moment.detail, &samples),
            sched_cpu_ns: row.exec_last_ns.saturating_sub(row.exec_first_ns),
            switches: Switches { voluntary: row.voluntary, involuntary: row.involuntary },
            threads_created: row.threads_created,
            processes_created: row.processes_created,
            calls: if full { self.full_calls(&row, descriptors) } else { Vec::new() },
            waits,
            in_flight,
            asking: asking(&row, moment),
            samples,
            ..Thread::begun(row.tid, name(&row.comm), moment.at(row.began_ns))
        }
    }

    /// The row with the time since its last event added to the state it was in.
    fn settled(&self, moment: &Moment) -> Row {
        let mut row = self.row;
        if row.state == DEAD {
            return row;
        }
        let length_ns = moment.end_ns.saturating_sub(row.last_ns);
        match row.state {
            RUNNING if row.call.entered_ns != 0 => row.kernel_ns += length_ns,
            RUNNING => row.user_ns += length_ns,
            WAITING => {
                let asleep_ns = row.asleep_ns(length_ns);
                row.waiting_ns += asleep_ns;
                row.runnable_ns += length_ns - asleep_ns;
            }
            _ => row.runnable_ns += length_ns,
        }
        row.last_ns += length_ns;
        row
    }

    fn in_flight(&self, moment: &Moment, descriptors: &mut Descriptors) -> Option<InFlight> {
        let row = &self.row;
        let in_call = match moment.detail {
            Detail::Full => row.call.entered_ns != 0,
            Detail::Light => row.state == WAITING,
        };
        if row.state == DEAD || !in_call {
            return None;
        }
        let since_ns = if row.call.entered_ns == 0 { row.last_ns } else { row.call.entered_ns };
        let (key, fd) = row.call_now();
        let seen = Seen { pid: row.tgid, fd, file: row.file_now() };
        Some(InFlight {
            syscall: known_syscall(Key::from(key).nr)?,
            descriptor: descriptors.find_or_look_up(&seen),
            since_at_ns: moment.at(since_ns),
        })
    }

    /// The sleep in which a thread is, with what its call slept before, as a wait like those that
    /// have ended. Of a thread that was ended within a call, it is not known on what that worked.
    fn unfinished_wait(
        &self,
        settled: &Row,
        moment: &Moment,
        descriptors: &mut Descriptors,
    ) -> Option<Wait> {
        let row = &self.row;
        let tail_ns = settled.last_ns - row.last_ns;
        let mut sleeps = row.sleeps;
        match row.state {
            WAITING => {
                let asleep_ns = row.asleep_ns(tail_ns);
                sleeps.waiting_ns += asleep_ns;
                sleeps.runnable_ns += tail_ns - asleep_ns;
                sleeps.disk_ns += if row.in_iowait == 0 { 0 } else { asleep_ns };
                sleeps.happened += 1;
            }
            RUNNABLE => sleeps.runnable_ns += tail_ns,
            _ => {}
        }
        if sleeps.happened == 0 {
            return None;
        }
        let since_ns = if row.call.entered_ns == 0 { row.last_ns } else { row.call.entered_ns };
        let in_call = row.call.entered_ns != 0 || moment.detail == Detail::Light;
        let mut latency = [0; Histogram::BUCKETS];
        let total_ns = settled.last_ns.saturating_sub(since_ns);
        latency[Histogram::bucket_of(total_ns)] = 1;
        let (key, fd) = if in_call { row.call_now() } else { (u32::from(NO_CALL), -1) };
        let cell = WaitCell {
            key,
            fd,
            file: row.file_now().unwrap_or(0),
            count: 1,
            total_ns,
            waiting_ns: sleeps.waiting_ns,
            runnable_ns: sleeps.runnable_ns,
            disk_ns: sleeps.disk_ns,
            handed_over_ns: sleeps.handed_over_ns,
            by_program_ns: sleeps.by_program_ns,
            longest_ns: total_ns,
            latency,
            ..WaitCell::EMPTY
        };
        Some(wait(&cell, row, moment, descriptors))
    }

    fn full_calls(&self, row: &Row, descriptors: &mut Descriptors) -> Vec<Call> {
        self.calls.iter().map(|cell| call(cell, row.tgid, descriptors)).collect()
    }

    fn samples(&self) -> Vec<Sample> {
        let mut samples: Vec<Sample> = Vec::new();
        for cell in &self.calls {
            let key = Key::from(cell.key);
            let mode = match known_syscall(key.nr) {
                None => SampledMode::User,
                Some(syscall) => SampledMode::Call { syscall, returns_at_once: key.at_once },
            };
            match samples.iter_mut().find(|sample| sample.mode == mode) {
                Some(sample) => sample.count += cell.count,
                None => samples.push(Sample { mode, count: cell.count }),
            }
        }
        samples
    }
}

/// What all threads that are read at one time have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// When watching began.
    pub(super) began_ns: u64,
    /// Up to when live threads are accounted for.
    pub(super) end_ns: u64,
    pub(super) detail: Detail,
}

impl Moment {
    /// A time of the kernel's, counted from the beginning of watching.
    pub(super) fn at(&self, time_ns: u64) -> u64 {
        time_ns.saturating_sub(self.began_ns)
    }
}

impl Row {
    /// The kind of the call in which a thread is at the end, and its descriptor. A thread that has
    /// ended, or entered a call after the last look at all of them, left only the call's number.
    fn call_now(&self) -> (u32, i32) {
        let is_known = self.state != DEAD && u32::from(Key::from(self.call.key).nr) == self.call.nr;
        if is_known { (self.call.key, self.call.fd) } else { (key_of_ended(self.call.nr), -1) }
    }

    fn file_now(&self) -> Option<u64> {
        (self.state != DEAD && self.call.file != 0).then_some(self.call.file)
    }

    /// How much of the time since a thread fell asleep it slept; the rest it was awake, and waited
    /// for a CPU.
    fn asleep_ns(&self, since_ns: u64) -> u64 {
        if self.woken_ns < self.last_ns {
            since_ns
        } else {
            (self.woken_ns - self.last_ns).min(since_ns)
        }
    }

    /// Whether the thread is asking for events. Of one descriptor such a call is no question for
    /// events, but what a client may wait by.
    fn asks_now(&self) -> bool {
        let of_one = breadth(Key::from(self.call_now().0)) == Breadth::One;
        self.state == WAITING && asks(self.call.nr) && !of_one
    }

    fn chunks_of_calls(&self) -> impl Iterator<Item = u32> + use<> {
        let used = (self.calls as usize).div_ceil(CALLS_PER_CHUNK);
        self.call_chunks.into_iter().take(used)
    }

    fn chunks_of_waits(&self) -> impl Iterator<Item = u32> + use<> {
        let used = (self.waits as usize).div_ceil(WAITS_PER_CHUNK);
        self.wait_chunks.into_iter().take(used)
    }
}

fn name(comm: &[u8; 16]) -> String {
    let end = comm.iter().position(|&byte| byte == 0).unwrap_or(comm.len());
    String::from_utf8_lossy(&comm[..end]).into_owned()
}

/// In light detail the kernel's side does not know of calls, and their share of the CPU time is found
/// by samples. A worker of io_uring runs in the kernel alone.
fn times(row: &Row, detail: Detail, samples: &[Sample]) -> ThreadTime {
    let mut time = ThreadTime {
        user_ns: row.user_ns,
        kernel_ns: row.kernel_ns,
        spinning_ns: row.spinning_ns,
        runnable_ns: row.runnable_ns,
        waiting_ns: row.waiting_ns,
    };
    let cpu_ns = row.user_ns + row.kernel_ns;
    if row.io_worker != 0 {
        time.kernel_ns = cpu_ns;
    } else if detail == Detail::Light {
        time.kernel_ns = (cpu_ns as f64 * share_in_kernel(row, samples)) as u64;
    }
    time.user_ns = cpu_ns - time.kernel_ns;
    time
}

/// Which part of its time on a CPU a thread was in calls, by samples, or where there are none by the
/// kernel's own, which it takes as its clock ticks. Those go astray where the clock's tick is what
/// ends the thread's turns: it then seldom has the CPU as the next one comes.
fn share_in_kernel(row: &Row, samples: &[Sample]) -> f64 {
    let sampled = |in_call: bool| -> u64 {
        let of_it = samples.iter().filter(|sample| (sample.mode != SampledMode::User) == in_call);
        of_it.map(|sample| sample.count).sum()
    };
    let (mut user, mut kernel) = (sampled(false), sampled(true));
    if user + kernel == 0 {
        user = row.utime_last_ns.saturating_sub(row.utime_first_ns);
        kernel = row.stime_last_ns.saturating_sub(row.stime_first_ns);
    }
    if user + kernel == 0 { 0.0 } else { kernel as f64 / (user + kernel) as f64 }
}

/// What is known of a call of which only the number is: those that ask for events do so of many.
fn key_of_ended(nr: u32) -> u32 {
    nr | if asks(nr) { 3 << 14 } else { 0 }
}

fn asks(nr: u32) -> bool {
    u16::try_from(nr).is_ok_and(|nr| Syscall(nr).purpose().asks())
}

fn asking(row: &Row, moment: &Moment) -> Option<Asking> {
    let asks_now = row.asks_now();
    let first_ns = if row.asked_first_ns == 0 {
        row.call.entered_ns.max(row.began_ns)
    } else {
        row.asked_first_ns
    };
    (row.asked_first_ns != 0 || asks_now).then(|| Asking {
        first_at_ns: moment.at(first_ns),
        last_at_ns: moment.at(if asks_now { moment.end_ns } else { row.asked_last_ns }),
    })
}

fn call(cell: &CallCell, pid: u32, descriptors: &mut Descriptors) -> Call {
    let key = Key::from(cell.key);
    let seen = Seen { pid, fd: cell.example_fd, file: Some(cell.example_file) };
    let example = if cell.example_fd < 0 { None } else { descriptors.find(&seen) };
    Call {
        syscall: Syscall(key.nr),
        kind: descriptors.kind(example, key.class),
        control: control(key),
        breadth: breadth(key),
        count: cell.count,
        would_block: cell.would_block,
        failed: cell.failed,
        empty: cell.empty,
        slept: cell.slept,
        returned: cell.returned,
        tiny: cell.tiny,
        total_ns: cell.total_ns,
        latency: histogram(&cell.latency),
        example,
    }
}

fn wait(cell: &WaitCell, row: &Row, moment: &Moment, descriptors: &mut Descriptors) -> Wait {
    let key = Key::from(cell.key);
    let file = (cell.file != 0).then_some(cell.file);
    let seen = Seen { pid: row.tgid, fd: cell.fd, file };
    let descriptor = descriptors.find_or_look_up(&seen);
    let asleep_ns = cell.waiting_ns + cell.runnable_ns;
    let kernel_ns = match moment.detail {
        Detail::Full => cell.total_ns.saturating_sub(asleep_ns),
        Detail::Light => 0,
    };
    Wait {
        syscall: known_syscall(key.nr),
        descriptor,
        kind: descriptors.kind(descriptor, key.class),
        control: control(key),
        breadth: breadth(key),
        count: cell.count,
        total_ns: asleep_ns + kernel_ns,
        waiting_ns: cell.waiting_ns,
        runnable_ns: cell.runnable_ns,
        kernel_ns,
        disk_ns: cell.disk_ns,
        handed_over_ns: cell.handed_over_ns,
        by_program_ns: cell.by_program_ns,
        longest_ns: cell.longest_ns,
        stalls: stalls(cell, row),
        latency: histogram(&cell.latency),
    }
}

/// The stalls of those waits. A sleep after the last question for events is none.
fn stalls(cell: &WaitCell, row: &Row) -> Stalls {
    let read = |stalls: &layout::Stalls| Stalls {
        count: stalls.count,
        waiting_ns: stalls.waiting_ns,
        longest_ns: stalls.longest_ns,
    };
    let mut stalls = read(&cell.stalls);
    if row.asks_now() || row.asked_last_ns != cell.tail_asked_ns {
        stalls.merge(read(&cell.tail));
    }
    stalls
}

/// The system call of that number; none for what stands for no call.
pub(super) fn known_syscall(nr: u16) -> Option<Syscall> {
    (!matches!(nr, NO_CALL | OTHER_CALL | USER_CODE)).then_some(Syscall(nr))
}

pub(super) fn control(key: Key) -> Control {
    if key.at_once { Control::NonBlocking } else { Control::Blocking }
}

fn breadth(key: Key) -> Breadth {
    match key.breadth {
        0 => Breadth::NotApplicable,
        1 => Breadth::Zero,
        2 => Breadth::One,
        _ => Breadth::Many,
    }
}

fn histogram(latency: &[u32; Histogram::BUCKETS]) -> Histogram {
    Histogram { buckets: latency.map(u64::from) }
}
