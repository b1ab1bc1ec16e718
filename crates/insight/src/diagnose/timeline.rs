//! The recording of the document.
//!
//! Left out on purpose: any bound of its own; watching had one.

use whywait_record::{Descriptor, IntervalState, Record, Timeline};
use whywait_report::{TimelineCutOff, TimelineEdge, TimelineInterval, TimelineState};

use super::seconds;

pub(super) fn intervals(record: &Record, timeline: &Timeline) -> Vec<TimelineInterval> {
    timeline
        .intervals
        .iter()
        .map(|interval| {
            let descriptor = interval.descriptor.and_then(|id| record.descriptor(id));
            TimelineInterval {
                tid: interval.tid,
                state: match interval.state {
                    IntervalState::Waiting => TimelineState::Waiting,
                    IntervalState::Runnable => TimelineState::Runnable,
                },
                syscall: interval.syscall.map(|syscall| syscall.name()),
                descriptor: descriptor.and_then(|known| known.fd),
                on: descriptor.and_then(name_of),
                from_at_s: seconds(interval.from_at_ns),
                to_at_s: seconds(interval.to_at_ns),
            }
        })
        .collect()
}

pub(super) fn edges(timeline: &Timeline) -> Vec<TimelineEdge> {
    timeline
        .edges
        .iter()
        .map(|edge| TimelineEdge {
            at_s: seconds(edge.at_ns),
            waker: edge.waker,
            sleeper: edge.sleeper,
        })
        .collect()
}

pub(super) fn cut_off(timeline: &Timeline) -> Option<TimelineCutOff> {
    let at_ns = timeline.cut_off_at_ns?;
    Some(TimelineCutOff { at_s: seconds(at_ns), entries: timeline.cut_off })
}

/// What a descriptor is called: its path, else with whom it speaks, else its own end.
fn name_of(descriptor: &Descriptor) -> Option<String> {
    let names = [&descriptor.path, &descriptor.peer, &descriptor.local];
    names.into_iter().flatten().next().cloned()
}
