//! The loop of one load process: every connection over one edge-triggered epoll.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use super::connection::{Arrived, Connection};
use super::pattern::Pattern;
use super::request::LoadShare;
use super::schedule::Schedule;
use super::source::source_for;
use super::tally::Tally;
use super::{LoadResult, LoadWork};

/// Events that one wait takes: few enough that the clock is looked at every millisecond or so.
const EVENTS: usize = 256;

/// Bytes that one receive takes.
const SCRATCH_BYTES: usize = 64 << 10;

/// Connections that are opened at once: far below any listener's backlog.
const OPENED_AT_ONCE: usize = 128;

/// How long the server may take to end connections that the load has ended.
const CLOSING: Duration = Duration::from_secs(2);

/// All connections of one load process, and what happens on them.
pub(super) struct Generator {
    share: LoadShare,
    pattern: Pattern,
    epoll: OwnedFd,
    events: Vec<Event>,
    scratch: Vec<u8>,
    /// By position; none once it has failed or ended.
    connections: Vec<Option<Connection>>,
    /// Answers that are waited for; at the close, ends of connections.
    awaited: usize,
    /// What comes after an answer.
    then: Then,
    tally: Tally,
    digests: Vec<Option<blake3::Hash>>,
}

/// What comes after an answer.
enum Then {
    /// Nothing.
    Rest,
    /// The next message.
    Repeat,
    /// The next message, if it is due.
    Due(Schedule),
    /// The connection's end.
    Close,
}

impl Generator {
    pub(super) fn new(share: LoadShare) -> io::Result<Self> {
        let request = &share.request;
        Ok(Self {
            pattern: Pattern::new(request.message_bytes),
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(EVENTS),
            scratch: vec![0; SCRATCH_BYTES],
            connections: Vec::with_capacity(request.connections),
            awaited: 0,
            then: Then::Rest,
            tally: Tally::new(),
            digests: Vec::new(),
            share,
        })
    }

    /// Opens all connections, a batch at a time, and has a message answered on each. False if
    /// one failed: then there is nothing to time.
    pub(super) fn open_all(&mut self) -> io::Result<bool> {
        let wanted = self.share.request.connections;
        let patience = self.share.request.patience;
        let mut progress = (0, Instant::now());
        while self.tally.round_trips() < wanted as u64 {
            while self.awaited < OPENED_AT_ONCE && self.connections.len() < wanted {
                self.open_next()?;
            }
            self.turn(progress.1 + patience)?;
            let answered = self.tally.round_trips();
            if answered > progress.0 {
                progress = (answered, Instant::now());
            } else if progress.1.elapsed() >= patience {
                self.give_up_on_all();
            }
            if self.tally.has_failed() {
                break;
            }
        }
        self.tally.connected();
        Ok(!self.tally.has_failed())
    }

    fn open_next(&mut self) -> io::Result<()> {
        let position = self.connections.len();
        let number = self.share.first_connection + position;
        let addresses = &self.share.request.addresses;
        let server = addresses[number % addresses.len()];
        let source = source_for(server, position);
        let opened = Connection::open(number, server, source).and_then(|connection| {
            let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
            let data = EventData::new_u64(position as u64);
            epoll::add(&self.epoll, &connection, data, flags)?;
            Ok(connection)
        });
        let mut connection = opened.map_err(|error| {
            let what = format!("cannot open connection {number} to {server}: {error}");
            io::Error::new(error.kind(), what)
        })?;
        if self.share.request.work == LoadWork::Verify {
            connection.start_digest();
        }
        // It goes out when the connection is there and says that it can be written to.
        connection.begin(Instant::now());
        self.awaited += 1;
        self.connections.push(Some(connection));
        Ok(())
    }

    /// The positions of the active connections, spread evenly.
    fn active(&self) -> Vec<usize> {
        let (all, active) = (self.connections.len(), self.share.request.active);
        (0..active).map(|number| number * all / active).collect()
    }

    /// Messages for the active connections in turn.
    pub(super) fn schedule(&self, start: Instant, rate_per_s: f64, time: Duration) -> Schedule {
        Schedule::new(start, rate_per_s, time, self.active(), self.connections.len())
    }

    /// Keeps the active connections busy from now on.
    pub(super) fn start_closed_loop(&mut self) {
        self.then = Then::Repeat;
        for position in self.active() {
            self.begin(position, Instant::now());
        }
    }

    /// Goes on until `end`, or until all connections have failed.
    pub(super) fn go_on_until(&mut self, end: Instant) -> io::Result<()> {
        while Instant::now() < end && self.awaited > 0 {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Sends messages at their times to the schedule's end, and waits for their answers at most
    /// until `last`.
    pub(super) fn open_loop(&mut self, schedule: Schedule, last: Instant) -> io::Result<()> {
        self.then = Then::Due(schedule);
        loop {
            let now = Instant::now();
            while let Then::Due(schedule) = &mut self.then
                && let Some(position) = schedule.fall_due(now)
            {
                self.begin_if_due(position);
            }
            let Then::Due(schedule) = &self.then else { return Ok(()) };
            let all_due = schedule.due == schedule.total;
            let next = match (all_due, self.awaited) {
                (false, _) => schedule.time_of(schedule.due),
                // Not before: the last message is due an interval earlier, and a window that ended
                // with its answer would make the rate too high.
                (true, 0) => schedule.end,
                (true, _) => last,
            };
            let next = next.min(last);
            if now >= last || (all_due && self.awaited == 0 && now >= next) {
                break;
            }
            self.turn(next)?;
        }
        self.note_unanswered();
        Ok(())
    }

    /// Counts the messages of the open loop that have no answer, and how long they have waited.
    fn note_unanswered(&mut self) {
        let Then::Due(schedule) = std::mem::replace(&mut self.then, Then::Rest) else { return };
        let now = Instant::now();
        self.tally.unanswered(schedule.total - self.tally.round_trips());
        for position in schedule.turn() {
            let Some(connection) = &self.connections[*position] else { continue };
            for due in connection.busy_since().into_iter().chain(schedule.waiting(*position)) {
                self.tally.note_latency(now.saturating_duration_since(due));
            }
        }
    }

    /// Waits for the answers to what is in flight; what does not come has failed.
    pub(super) fn rest(&mut self) -> io::Result<()> {
        self.then = Then::Rest;
        self.go_on_until(Instant::now() + self.share.request.patience)?;
        self.give_up_on_all();
        Ok(())
    }

    /// Ends all connections, and gives what was seen.
    pub(super) fn close(mut self) -> io::Result<LoadResult> {
        self.then = Then::Close;
        // What is still busy has failed before the work began, and ends at once.
        self.connections.iter_mut().for_each(|slot| drop(slot.take_if(|one| one.is_busy())));
        self.awaited = self.connections.iter().flatten().inspect(|one| one.end()).count();
        self.go_on_until(Instant::now() + CLOSING)?;
        Ok(self.tally.into_result(digest_of(&self.digests)))
    }

    pub(super) fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Waits once, at most until `end`, and deals with what happened.
    fn turn(&mut self, end: Instant) -> io::Result<()> {
        let wait = end.saturating_duration_since(Instant::now());
        let timeout =
            Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for index in 0..self.events.len() {
            let event = self.events[index];
            let position = { event.data }.u64() as usize;
            if let Err(failure) = self.on_event(position, event.flags) {
                self.fail(position, failure);
            }
        }
        Ok(())
    }

    fn on_event(&mut self, position: usize, flags: EventFlags) -> Result<(), String> {
        // It may have failed in this very batch.
        let Some(connection) = &mut self.connections[position] else { return Ok(()) };
        let ends = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        // First what makes room at the server, so that neither waits for the other for ever.
        while ends || flags.contains(EventFlags::IN) {
            match connection.receive(&self.pattern, &mut self.scratch)? {
                Arrived::Part(bytes) => {
                    self.tally.received(bytes);
                    // An end that came with bytes is no edge of its own.
                    if bytes == 0 || !ends {
                        break;
                    }
                }
                Arrived::Whole(bytes, since) => {
                    self.tally.received(bytes);
                    self.on_answer(position, since)?;
                    return if ends { self.on_end(position) } else { Ok(()) };
                }
                Arrived::End => return self.on_end(position),
            }
        }
        if connection.has_unsent(&self.pattern) && flags.contains(EventFlags::OUT) {
            self.tally.sent(connection.send(&self.pattern)?);
        }
        Ok(())
    }

    fn on_answer(&mut self, position: usize, since: Instant) -> Result<(), String> {
        let now = Instant::now();
        self.tally.answered(now.saturating_duration_since(since));
        self.awaited -= 1;
        let next = match &mut self.then {
            Then::Repeat => Some(now),
            Then::Due(schedule) => schedule.take(position),
            Then::Rest | Then::Close => None,
        };
        if let Some(connection) = &mut self.connections[position]
            && let Some(digest) = connection.take_digest()
        {
            self.digests.resize(self.share.request.connections, None);
            self.digests[position] = Some(digest);
        }
        match next {
            Some(since) => self.send(position, since),
            None => Ok(()),
        }
    }

    fn begin_if_due(&mut self, position: usize) {
        let idle = self.connections[position].as_ref().is_some_and(|one| !one.is_busy());
        if idle
            && let Then::Due(schedule) = &mut self.then
            && let Some(since) = schedule.take(position)
        {
            self.begin(position, since);
        }
    }

    fn begin(&mut self, position: usize, since: Instant) {
        if let Err(failure) = self.send(position, since) {
            self.fail(position, failure);
        }
    }

    fn send(&mut self, position: usize, since: Instant) -> Result<(), String> {
        let Some(connection) = &mut self.connections[position] else { return Ok(()) };
        connection.begin(since);
        self.awaited += 1;
        self.tally.sent(connection.send(&self.pattern)?);
        Ok(())
    }

    /// Takes note that the server ended a connection on which nothing was in flight.
    fn on_end(&mut self, position: usize) -> Result<(), String> {
        if matches!(self.then, Then::Close) {
            self.connections[position] = None;
            self.awaited -= 1;
            return Ok(());
        }
        let number = self.share.first_connection + position;
        Err(format!("connection {number}, between two messages: the server closed the connection"))
    }

    fn fail(&mut self, position: usize, failure: String) {
        let Some(connection) = self.connections[position].take() else { return };
        let awaited = connection.is_busy() || matches!(self.then, Then::Close);
        self.awaited -= usize::from(awaited);
        self.tally.failed(failure);
    }

    /// Whatever is waited for has failed.
    fn give_up_on_all(&mut self) {
        let patience = self.share.request.patience;
        for position in 0..self.connections.len() {
            if let Some(connection) = &self.connections[position]
                && connection.is_busy()
            {
                let what = format!("no answer within {patience:?}");
                let failure = connection.failure(&self.pattern, &what);
                self.fail(position, failure);
            }
        }
    }
}

/// One digest of what came back on all connections, if it did on each.
fn digest_of(digests: &[Option<blake3::Hash>]) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    for digest in digests {
        hasher.update(digest.as_ref()?.as_bytes());
    }
    (!digests.is_empty()).then(|| hasher.finalize().to_hex().to_string())
}
