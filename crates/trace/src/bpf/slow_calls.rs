//! The single calls that took long, with where in the program they were made.
//!
//! Left out on purpose: naming addresses while watching goes on; that takes long, and is done at
//! the end. Only the files are looked up at once, since the process may be gone soon.

use std::collections::HashMap;
use whywait_record::{SlowCall, Waker};

use super::descriptors::{Descriptors, Seen};
use super::harvest::{Moment, control, known_syscall};
use super::layout::{Key, ReadyEvent, SlowEvent};
use crate::symbols::{LocatedStack, RawStack, Symbols};

/// How many slow calls are kept of all threads together, and of each; others are only counted. The
/// former leaves room for threads that begin late.
const MOST: usize = 8192;
const MOST_OF_EACH: usize = 512;

/// The slow calls that were seen.
#[derive(Debug, Default)]
pub(super) struct SlowCalls {
    list: Vec<Pending>,
    /// The last one of each thread, to which the events that waited for it are added.
    last: HashMap<u32, Last>,
    /// How many were not kept.
    pub(super) skipped: u64,
    symbols: Symbols,
}

/// The last slow call of a thread, and how many of its slow calls are kept.
#[derive(Clone, Copy, Debug)]
struct Last {
    index: usize,
    kept: usize,
}

#[derive(Debug)]
struct Pending {
    event: SlowEvent,
    events_pending_after: Option<u32>,
    stack: LocatedStack,
}

impl SlowCalls {
    /// Takes in a call that took long.
    pub(super) fn take(&mut self, event: &SlowEvent) {
        let kept = self.last.get(&event.tid).map_or(0, |last| last.kept);
        if self.list.len() >= MOST || kept >= MOST_OF_EACH {
            self.skipped += 1;
            return;
        }
        let stack = self.symbols.locate(&raw_stack(event));
        self.last.insert(event.tid, Last { index: self.list.len(), kept: kept + 1 });
        self.list.push(Pending { event: *event, events_pending_after: None, stack });
    }

    /// Takes in how many events had to wait for a call.
    pub(super) fn take_ready(&mut self, event: &ReadyEvent) {
        if let Some(&Last { index, .. }) = self.last.get(&event.tid)
            && let Some(pending) = self.list.get_mut(index)
            && pending.event.began_ns == event.began_ns
        {
            pending.events_pending_after = u32::try_from(event.ready).ok();
        }
    }

    /// A process runs another program now, or has ended.
    pub(super) fn forget(&mut self, pid: u32) {
        self.symbols.forget(pid);
    }

    /// All of them, in the order in which they ended.
    pub(super) fn finish(
        mut self,
        moment: &Moment,
        descriptors: &mut Descriptors,
    ) -> Vec<SlowCall> {
        let (events, stacks): (Vec<_>, Vec<_>) = self
            .list
            .into_iter()
            .map(|pending| ((pending.event, pending.events_pending_after), pending.stack))
            .unzip();
        let frames = self.symbols.frames(&stacks);
        events
            .into_iter()
            .zip(frames)
            .map(|((event, events_pending_after), stack)| SlowCall {
                stack,
                events_pending_after,
                ..slow_call(&event, moment, descriptors)
            })
            .collect()
    }
}

fn slow_call(event: &SlowEvent, moment: &Moment, descriptors: &mut Descriptors) -> SlowCall {
    let key = Key::from(event.key);
    let file = (event.file != 0).then_some(event.file);
    SlowCall {
        pid: event.tgid,
        tid: event.tid,
        syscall: known_syscall(key.nr),
        descriptor: descriptors.find_or_look_up(&Seen { pid: event.tgid, fd: event.fd, file }),
        control: control(key),
        began_at_ns: moment.at(event.began_ns),
        total_ns: event.total_ns,
        waiting_ns: event.waiting_ns,
        runnable_ns: event.runnable_ns,
        returned: event.returned,
        waker: (event.waiting_ns > 0).then(|| waker(event.waker)),
        events_pending_after: None,
        stack: Vec::new(),
    }
}

/// A waker as the kernel's side writes it.
pub(super) fn waker(tid: u32) -> Waker {
    if tid == 0 { Waker::Outside } else { Waker::Thread(tid) }
}

fn raw_stack(event: &SlowEvent) -> RawStack {
    let frames = (event.frames_bytes as usize / size_of::<u64>()).min(event.frames.len());
    let words = (event.words as usize).min(event.stack.len());
    RawStack {
        pid: event.tgid,
        instruction: event.instruction,
        stack_pointer: event.stack_pointer,
        frame_pointer: event.frame_pointer,
        frames: event.frames[..frames].to_vec(),
        words: event.stack[..words].to_vec(),
    }
}
