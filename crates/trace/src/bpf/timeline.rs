//! The recording of every sleep, as far as its bound goes.
//!
//! Left out on purpose: time on a CPU, which is all the rest.

use whywait_record::{Edge, Interval, IntervalState, Timeline};

use super::descriptors::{Descriptors, Seen};
use super::harvest::{Moment, known_syscall};
use super::layout::{Key, SleptEvent};

/// A recording in progress.
#[derive(Debug)]
pub(super) struct Recording {
    timeline: Timeline,
    most: usize,
}

impl Recording {
    pub(super) fn new(most: usize) -> Self {
        Self { timeline: Timeline::default(), most }
    }

    /// Takes in a sleep, or a time for which a thread was put aside.
    pub(super) fn take(&mut self, event: &SleptEvent, moment: &Moment, descriptors: &Descriptors) {
        let key = Key::from(event.key);
        let seen =
            Seen { pid: event.tgid, fd: event.fd, file: (event.file != 0).then_some(event.file) };
        let interval = |state, from_ns, to_ns, descriptor| Interval {
            tid: event.tid,
            state,
            syscall: known_syscall(key.nr),
            descriptor,
            from_at_ns: moment.at(from_ns),
            to_at_ns: moment.at(to_ns),
        };
        if event.woken_ns > event.out_ns {
            let descriptor = descriptors.find(&seen);
            let waiting =
                interval(IntervalState::Waiting, event.out_ns, event.woken_ns, descriptor);
            self.keep(event, |timeline| timeline.intervals.push(waiting), moment);
        }
        if event.in_ns > event.woken_ns {
            let from_ns = event.woken_ns.max(event.out_ns);
            let runnable = interval(IntervalState::Runnable, from_ns, event.in_ns, None);
            self.keep(event, |timeline| timeline.intervals.push(runnable), moment);
        }
        if event.waker != 0 {
            let edge =
                Edge { at_ns: moment.at(event.woken_ns), waker: event.waker, sleeper: event.tid };
            self.keep(event, |timeline| timeline.edges.push(edge), moment);
        }
    }

    fn keep(&mut self, event: &SleptEvent, add: impl FnOnce(&mut Timeline), moment: &Moment) {
        if self.timeline.intervals.len() + self.timeline.edges.len() < self.most {
            add(&mut self.timeline);
        } else {
            self.timeline.cut_off += 1;
            self.timeline.cut_off_at_ns.get_or_insert(moment.at(event.out_ns));
        }
    }

    /// The recording, with what its ring in the kernel had no room for.
    pub(super) fn finish(mut self, lost: u64) -> Timeline {
        self.timeline.cut_off += lost;
        self.timeline
    }
}
