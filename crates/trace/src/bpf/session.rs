//! Watching in progress: the programs are hooked in, and what they send is taken in.
//!
//! Left out on purpose: deciding when it is over; see `watch`.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use aya::maps::{MapData, RingBuf};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::{ClockId, Timespec, clock_gettime};
use whywait_record::{Backend, Capture, Ending, Losses, Record, RingOperations, Thread};

use super::descriptors::Descriptors;
use super::gathering::Gathering;
use super::harvest::{Harvest, Moment};
use super::layout::{
    DescriptorEvent, EVENT_BEGAN, EVENT_DESCRIPTOR, EVENT_ENDED, EVENT_EXECUTED, EVENT_SLOW_CALL,
    EVENT_THEN_READY, LifeEvent, MAX_THREADS, ReadyEvent, SleptEvent, SlowEvent, read_event,
};
use super::own_cost::OwnCost;
use super::programs::Programs;
use super::slow_calls::SlowCalls;
use super::tables::Tables;
use super::task_storage::Mark;
use super::timeline::Recording;
use super::wakings::Wakings;
use crate::{Error, Options, proc};

/// Watching in progress. Dropping it ends it, without a record.
pub(crate) struct Session {
    /// None once they have been taken out of the kernel.
    programs: Option<Programs>,
    tables: Tables,
    options: Options,
    moment: Moment,
    gathering: Gathering,
    descriptors: Descriptors,
    slow_calls: SlowCalls,
    wakings: Wakings,
    recording: Option<Recording>,
    losses: Losses,
    own_cost: OwnCost,
}

impl Session {
    /// Loads the programs and hooks them in. Nobody is watched yet.
    ///
    /// # Errors
    /// What the kernel refuses: [`Error::NoPermission`], [`Error::NoBtf`], [`Error::Unsupported`].
    pub(crate) fn open(options: &Options) -> Result<Self, Error> {
        let mut own_cost = OwnCost::begin(options.detail);
        let mut programs = Programs::load(options)?;
        let tables = Tables::of(&mut programs);
        programs.attach()?;
        own_cost.attached();
        let now_ns = now_ns();
        Ok(Self {
            programs: Some(programs),
            tables,
            options: options.clone(),
            moment: Moment { began_ns: now_ns, end_ns: now_ns, detail: options.detail },
            gathering: Gathering::default(),
            descriptors: Descriptors::new(),
            slow_calls: SlowCalls::default(),
            wakings: Wakings::default(),
            recording: options.timeline.map(Recording::new),
            losses: Losses::default(),
            own_cost,
        })
    }

    /// Watches that process and its children from when it next executes a program.
    ///
    /// # Errors
    /// [`Error::NoSuchProcess`], and lack of memory.
    pub(crate) fn watch_from_exec(&mut self, pid: u32) -> Result<(), Error> {
        self.mark(pid, Mark::AtExec)?;
        self.look_at_all()?;
        self.moment.began_ns = now_ns();
        Ok(())
    }

    /// Watches a process that runs, with those that it made, from now on.
    ///
    /// # Errors
    /// As [`Session::watch_from_exec`].
    pub(crate) fn watch_running(&mut self, pid: u32) -> Result<(), Error> {
        /// A program that makes processes faster than they can be listed never stops to have new
        /// ones; by then those are made by watched ones, and are watched without being looked for.
        const MOST_LOOKS: usize = 8;
        self.moment.began_ns = now_ns();
        let mut new = vec![pid];
        let mut known = HashSet::new();
        for look in 0..MOST_LOOKS {
            for pid in &new {
                match self.mark(*pid, Mark::AtSeed) {
                    Err(Error::NoSuchProcess { .. }) if look > 0 => {}
                    result => result?,
                }
            }
            // Twice, for a thread that was made by one which the first time had not reached yet.
            self.look_at_all()?;
            self.look_at_all()?;
            // One may have been made before its parent was watched, and after those were listed.
            known.extend(new);
            new = proc::descendants(pid).into_iter().filter(|pid| !known.contains(pid)).collect();
            if new.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn mark(&mut self, pid: u32, mark: Mark) -> Result<(), Error> {
        self.tables.slots.mark(pid, mark).map_err(|source| match source.raw_os_error() {
            Some(libc::ESRCH) => Error::NoSuchProcess { pid },
            _ => Error::Io { tried: format!("mark process {pid}"), source },
        })
    }

    fn look_at_all(&mut self) -> Result<(), Error> {
        self.programs.as_mut().map_or(Ok(()), Programs::seed)
    }

    /// Takes in what the programs have sent since the last time, up to a bound: programs that send
    /// faster than this can take in must not keep whoever watches from noticing that it is over.
    pub(crate) fn drain(&mut self) -> Result<Drained, Error> {
        const MOST_AT_ONCE: usize = 16_384;
        let mut drained = Drained::Some;
        for _ in 0..MOST_AT_ONCE {
            match next(&mut self.tables.events) {
                Some(event) => self.take(&event)?,
                None => {
                    drained = Drained::All;
                    break;
                }
            }
        }
        // Last, since sleeps name descriptors that came with the events.
        for _ in 0..MOST_AT_ONCE {
            if !self.take_sleep() {
                return Ok(drained);
            }
        }
        Ok(Drained::Some)
    }

    /// Waits until the ring fills up, `other` is readable, or the time is over. Whether `other` is
    /// readable.
    pub(crate) fn wait(&self, other: BorrowedFd<'_>, until: Instant) -> Result<bool, Error> {
        let left = until.saturating_duration_since(Instant::now());
        // A time that does not fit is as good as none; whoever waits asks again.
        let timeout = Timespec::try_from(left).ok();
        let ring = self.tables.events.as_fd();
        let mut ready = [PollFd::new(&other, PollFlags::IN), PollFd::new(&ring, PollFlags::IN)];
        match poll(&mut ready, timeout.as_ref()) {
            Ok(_) => Ok(!ready[0].revents().is_empty()),
            Err(Errno::INTR) => Ok(false),
            Err(errno) => {
                Err(Error::Io { tried: "wait for the program".into(), source: errno.into() })
            }
        }
    }

    /// Takes in the next sleep for the timeline, if there is one.
    fn take_sleep(&mut self) -> bool {
        let Some(recording) = &mut self.recording else { return false };
        let Some(event) = self.tables.sleeps_recorded.next() else { return false };
        if let Some(event) = read_event::<SleptEvent>(&event) {
            recording.take(&event, &self.moment, &self.descriptors);
        }
        true
    }

    fn take(&mut self, event: &Event) -> Result<(), Error> {
        match event {
            Event::Began(life) => {
                if self.gathering.begin(life, self.moment.at(life.at_ns)) {
                    let (open, left_out) = self.descriptors.read_open(life.tgid);
                    self.gathering.set_open(life.tgid, open, left_out);
                }
            }
            Event::Executed(life) => {
                self.slow_calls.forget(life.tgid);
                self.gathering.execute(life, self.moment.at(life.at_ns));
            }
            Event::Ended(life) => self.harvest_ended(life)?,
            Event::Descriptor(descriptor) => self.descriptors.take(descriptor),
            Event::SlowCall(call) => self.slow_calls.take(call),
            Event::ThenReady(ready) => self.slow_calls.take_ready(ready),
        }
        Ok(())
    }

    fn harvest_ended(&mut self, life: &LifeEvent) -> Result<(), Error> {
        let harvest = Harvest::read(&self.tables, life.slot)?;
        let thread = self.account_of(&harvest);
        harvest.release(&mut self.tables, life.slot)?;
        let at_ns = self.moment.at(life.at_ns);
        self.gathering.end(life, thread, at_ns);
        self.inherit_wakings();
        if !self.gathering.is_alive(life.tgid) {
            self.slow_calls.forget(life.tgid);
        }
        Ok(())
    }

    fn inherit_wakings(&mut self) {
        let merge_targets = self.gathering.take_put_together();
        if !merge_targets.is_empty() {
            self.wakings.inherit(&mut self.tables.wakes, merge_targets);
        }
    }

    /// What a thread did, with what was lost of it counted.
    fn account_of(&mut self, harvest: &Harvest) -> Thread {
        self.losses.calls += harvest.row.lost_calls;
        self.losses.waits += harvest.row.lost_waits;
        self.losses.merged_waits += harvest.row.merged_waits;
        harvest.thread(&self.moment, &mut self.descriptors)
    }

    /// Whether any thread of the first process is alive, as far as has been taken in.
    pub(crate) fn root_is_alive(&self) -> bool {
        self.gathering.is_alive(self.gathering.root_pid())
    }

    /// Ends watching: takes the programs out of the kernel, and reads what is left in its tables.
    pub(crate) fn finish(mut self, ending: Option<Ending>) -> Result<Record, Error> {
        let mut not_watched = Vec::new();
        if let Some(mut programs) = self.programs.take() {
            not_watched.extend_from_slice(programs.lacks());
            programs.settle()?;
            programs.take_out();
            self.moment.end_ns = now_ns();
        }
        while self.drain()? == Drained::Some {}
        self.harvest_rest()?;
        let counters = self.tables.counters()?;
        let mut operations = self.ring_operations();
        self.inherit_wakings();
        let wakes = self.wakings.finish(&self.tables.wakes);
        let skipped = self.slow_calls.skipped;
        let slow_calls = self.slow_calls.finish(&self.moment, &mut self.descriptors);
        let root_pid = self.gathering.root_pid();
        let mut processes = self.gathering.finish();
        for thread in processes.iter_mut().flat_map(|process| &mut process.threads) {
            thread.ring_operations = operations.remove(&thread.tid).unwrap_or_default();
        }
        let losses = Losses {
            events: counters.lost_events,
            threads: counters.lost_threads,
            calls: self.losses.calls + counters.lost_chunks,
            waits: self.losses.waits,
            merged_waits: self.losses.merged_waits,
            wakes: counters.lost_wakes,
            slow_calls: counters.skipped_slow_calls + skipped,
            names: self.descriptors.unnamed,
        };
        Ok(Record {
            capture: Capture::default(),
            detail: self.options.detail,
            backend: Backend::Bpf,
            wall_ns: self.moment.end_ns - self.moment.began_ns,
            root_pid,
            ending,
            processes,
            descriptors: self.descriptors.into_list(),
            wakes,
            slow_calls,
            slow_call_ns: u64::try_from(self.options.slow_call.as_nanos()).unwrap_or(u64::MAX),
            timeline: self.recording.map(|recording| recording.finish(counters.lost_timeline)),
            cost: self.own_cost.finish(),
            losses,
            not_watched,
        })
    }

    /// Reads the rows of threads that are alive, and of those whose ending was lost.
    fn harvest_rest(&mut self) -> Result<(), Error> {
        let used = self.tables.counters()?.next_thread.min(u64::from(MAX_THREADS)) as u32;
        for slot in 0..used {
            let harvest = Harvest::read(&self.tables, slot)?;
            if harvest.row.tid == 0 {
                continue;
            }
            let thread = self.account_of(&harvest);
            self.gathering.add(&harvest.row, thread, &self.moment);
        }
        Ok(())
    }

    fn ring_operations(&self) -> HashMap<u32, Vec<RingOperations>> {
        let mut by_thread: HashMap<u32, Vec<RingOperations>> = HashMap::new();
        for (key, value) in self.tables.ring_operations.iter().filter_map(Result::ok) {
            by_thread.entry(key.tid).or_default().push(RingOperations {
                opcode: u8::try_from(key.opcode).unwrap_or(u8::MAX),
                submitted: value.submitted,
                punted: value.punted,
            });
        }
        for operations in by_thread.values_mut() {
            operations.sort_unstable_by_key(|operations| operations.opcode);
        }
        by_thread
    }
}

/// How much was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// All that there was.
    All,
    /// As much as is taken in at once; there is more.
    Some,
}

/// What the programs send through the ring.
#[derive(Debug)]
enum Event {
    Began(LifeEvent),
    Executed(LifeEvent),
    Ended(LifeEvent),
    Descriptor(Box<DescriptorEvent>),
    SlowCall(Box<SlowEvent>),
    ThenReady(ReadyEvent),
}

impl Event {
    /// The event that those bytes hold; none if they hold none that this version knows.
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(match read_event::<u32>(bytes)? {
            EVENT_BEGAN => Self::Began(read_event(bytes)?),
            EVENT_EXECUTED => Self::Executed(read_event(bytes)?),
            EVENT_ENDED => Self::Ended(read_event(bytes)?),
            EVENT_DESCRIPTOR => Self::Descriptor(Box::new(read_event(bytes)?)),
            EVENT_SLOW_CALL => Self::SlowCall(Box::new(read_event(bytes)?)),
            EVENT_THEN_READY => Self::ThenReady(read_event(bytes)?),
            _ => return None,
        })
    }
}

/// The next event in the ring; none if it is empty.
fn next(events: &mut RingBuf<MapData>) -> Option<Event> {
    loop {
        let item = events.next()?;
        if let Some(event) = Event::read(&item) {
            return Some(event);
        }
    }
}

/// The clock by which the programs in the kernel go.
fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}
