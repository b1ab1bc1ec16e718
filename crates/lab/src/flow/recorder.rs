//! The order of events in one flow, recorded while it runs.
//!
//! A step that waits for somebody (a sleep, a peer) is *waiting* from when it is asked for, and
//! *copying* from when its first bytes are in the program's hands. That is as much as a caller can
//! know: the kernel's own first bytes may have come earlier, and a blocking call tells nothing
//! before it returns. Steps on files and those that send are *copying* all the time, since neither
//! caller nor driver sees where their wait ends.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use whywait::measure::Moment;
use whywait_plan::Action;
use whywait_report::{EventKind, Lane, LaneEvent};

/// Records what happens to one flow.
pub(super) struct Recorder(Recording);

/// What happened to one flow, in times that all processes of the machine understand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recording {
    /// The kernel's number of the thread that ran it, which is of one thread on the machine.
    thread: i32,
    events: Vec<Event>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Event {
    at: Moment,
    thread_cpu: Duration,
    kind: EventKind,
    step: u32,
    bytes: Option<u64>,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self(Recording { thread: gettid().as_raw_nonzero().get(), events: Vec::new() })
    }

    /// Notes that a step, counted from 0, begins.
    pub(super) fn begin(&mut self, step: usize, action: &Action<'_>) {
        self.note(step, EventKind::Submitted, None);
        self.note(step, first_phase(action), None);
    }

    /// Notes that the first bytes of what a step waited for are there.
    pub(super) fn first_bytes(&mut self) {
        let last = self.0.events.last().map(|event| (event.kind, event.step));
        if let Some((EventKind::Waiting, step)) = last {
            self.push(step, EventKind::Copying, None);
        }
    }

    /// Notes that a step is done and how many bytes it moved.
    pub(super) fn done(&mut self, step: usize, bytes: u64) {
        self.note(step, EventKind::Done, (bytes > 0).then_some(bytes));
    }

    /// Notes that a step failed.
    pub(super) fn failed(&mut self, step: usize) {
        self.note(step, EventKind::Failed, None);
    }

    pub(super) fn into_recording(self) -> Recording {
        self.0
    }

    fn note(&mut self, step: usize, kind: EventKind, bytes: Option<u64>) {
        self.push(u32::try_from(step + 1).unwrap_or(u32::MAX), kind, bytes);
    }

    fn push(&mut self, step: u32, kind: EventKind, bytes: Option<u64>) {
        let event = Event { at: Moment::now(), thread_cpu: thread_cpu(), kind, step, bytes };
        self.0.events.push(event);
    }
}

/// The CPU time that the calling thread has used.
pub(super) fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// What a step does first.
fn first_phase(action: &Action<'_>) -> EventKind {
    match action {
        Action::Cpu(_) => EventKind::Computing,
        Action::Sleep(_)
        | Action::Connect { .. }
        | Action::Accept { .. }
        | Action::Recv { .. }
        | Action::RecvUntil { .. }
        | Action::Get { .. } => EventKind::Waiting,
        _ => EventKind::Copying,
    }
}

/// The lanes of a run that began at `started`, by the flows' numbers.
pub(crate) fn lanes<'a>(
    started: Moment,
    recordings: impl Iterator<Item = (u32, &'a Recording)> + Clone,
) -> Vec<Lane> {
    let workers = workers(recordings.clone());
    let lane = |(flow, recording): (u32, &Recording)| Lane {
        flow: flow.into(),
        worker: workers[&recording.thread],
        events: recording.events.iter().map(|event| event.since(started)).collect(),
    };
    recordings.map(lane).collect()
}

/// The numbers of the threads, from 0 in the order of their first events.
fn workers<'a>(recordings: impl Iterator<Item = (u32, &'a Recording)>) -> BTreeMap<i32, u64> {
    let mut first: BTreeMap<i32, Option<Moment>> = BTreeMap::new();
    for (_, recording) in recordings {
        let begin = recording.events.first().map(|event| event.at);
        let earliest = first.entry(recording.thread).or_insert(begin);
        *earliest = (*earliest).min(begin);
    }
    let mut threads: Vec<_> = first.into_iter().collect();
    threads.sort_by_key(|(_, begin)| *begin);
    threads.into_iter().zip(0..).map(|((thread, _), number)| (thread, number)).collect()
}

impl Event {
    fn since(&self, started: Moment) -> LaneEvent {
        LaneEvent {
            at_s: self.at.since(started).as_secs_f64(),
            kind: self.kind,
            step: self.step.into(),
            worker_cpu_s: self.thread_cpu.as_secs_f64(),
            bytes: self.bytes,
        }
    }
}
