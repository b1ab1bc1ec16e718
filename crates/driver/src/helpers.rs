//! Threads that carry out ops for a driver whose worker must not block in them.
//!
//! The driver queues ops and exchanges them, a whole batch under one lock, for the results so
//! far. A helper that finishes an op goes on with the next one without waking the driver while
//! there is enough to do: see [`State::finish`].
//!
//! Left out on purpose: which ops go to a helper (the driver's choice), and the end of an op that
//! a helper is in the middle of: no signal is sent, so an op that blocks for ever (the opening of
//! a FIFO that nobody writes to) keeps its helper, and the drop of the driver, waiting.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::perform::{Attempt, Performer, SocketMode};
use crate::{BufferPool, Completion, Counters, Interruption, Notifier, Op, Table, Token};

/// Most results that wait for the driver while there is more to do: enough to make its wake-up
/// cheap, few enough for it to send the next ops before the helpers run dry.
const BATCH: usize = 64;

/// Helpers only make syscalls; two MiB, the default, would be address space for nothing.
const STACK_BYTES: usize = 256 << 10;

/// The driver's end of a small pool of helper threads.
#[derive(Debug)]
pub(crate) struct Helpers {
    shared: Arc<Shared>,
    pool: BufferPool,
    threads: Vec<JoinHandle<()>>,
    most_threads: usize,
    /// What ends a helper's sleep.
    pub(crate) interruption: Option<Interruption>,
    stack_bytes: usize,
    /// Ops to hand over at the next exchange.
    outgoing: Vec<Job>,
    /// Ops handed over whose results have not been collected.
    outstanding: usize,
    /// Ops that no helper had taken at the last exchange.
    backlog: usize,
    counters: Counters,
}

/// How helpers tell that there are results.
#[derive(Debug)]
pub(crate) enum Announce {
    /// They end the driver's wait.
    Notify(Notifier),
    /// They wake the thread in [`Helpers::wait_for_results`].
    Wake(Condvar),
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
    announce: Announce,
}

#[derive(Debug, Default)]
struct State {
    /// The order in which jobs are taken. A ticket whose job is gone was withdrawn.
    queue: VecDeque<Ticket>,
    /// The jobs that no helper has taken.
    jobs: Table<Job>,
    /// Of each lane that has a job in `queue` or at a helper, the jobs behind it.
    lanes: HashMap<u64, VecDeque<Token>>,
    results: Vec<Completion>,
    counters: Counters,
    /// Whether the driver knows of `results`.
    announced: bool,
    idle: usize,
    closed: bool,
}

#[derive(Debug)]
struct Job {
    token: Token,
    op: Op,
    deadline: Option<Instant>,
    lane: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Ticket {
    token: Token,
    lane: Option<u64>,
}

/// What a helper gives back with a job that it has finished.
struct Finished {
    completion: Completion,
    lane: Option<u64>,
    counters: Counters,
}

impl Helpers {
    /// The longest that a driver should sleep while [`Helpers::has_backlog`]: a slow op must not
    /// hide the finished ones that wait for their batch to fill.
    pub(crate) const BACKLOG_PATIENCE: Duration = Duration::from_millis(1);

    /// A pool of up to `most_threads` helpers, none of them started yet.
    pub(crate) fn new(most_threads: usize, pool: BufferPool, announce: Announce) -> Self {
        let shared = Shared { state: Mutex::default(), work: Condvar::new(), announce };
        Self {
            shared: Arc::new(shared),
            pool,
            threads: Vec::new(),
            most_threads,
            interruption: None,
            stack_bytes: STACK_BYTES,
            outgoing: Vec::new(),
            outstanding: 0,
            backlog: 0,
            counters: Counters::default(),
        }
    }

    /// Queues `op` for the next exchange. Ops in one `lane` are carried out one after another, in
    /// the order in which they were queued.
    pub(crate) fn queue(
        &mut self,
        token: Token,
        op: Op,
        deadline: Option<Instant>,
        lane: Option<u64>,
    ) {
        self.outgoing.push(Job { token, op, deadline, lane });
    }

    /// Ops handed over, or about to be, whose results have not been collected.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding + self.outgoing.len()
    }

    /// Hands over what was queued and appends to `results` what is done.
    pub(crate) fn exchange(&mut self, results: &mut Vec<Completion>) {
        if self.outgoing.is_empty() && self.outstanding == 0 {
            return;
        }
        if let Err(refusal) = self.start_threads() {
            let refused = self.outgoing.drain(..);
            results.extend(refused.map(|job| without_helper(job, &refusal)));
            return;
        }
        let handed_over = self.outgoing.len();
        self.outstanding += handed_over;
        self.counters.handed_off += handed_over as u64;
        let mut state = self.shared.lock();
        for job in self.outgoing.drain(..) {
            state.push(job);
        }
        let woken = state.idle.min(handed_over);
        self.backlog = state.jobs.len();
        let collected = state.collect(results, &mut self.counters);
        drop(state);
        self.outstanding -= collected;
        for _ in 0..woken {
            self.shared.work.notify_one();
        }
    }

    /// Blocks until there are results, and appends them to `results`.
    ///
    /// Only with [`Announce::Wake`], and with an op handed over.
    pub(crate) fn wait_for_results(&mut self, results: &mut Vec<Completion>) {
        let Announce::Wake(finished) = &self.shared.announce else { return };
        self.counters.waits += 1;
        let state = self.shared.lock();
        let waited = finished.wait_while(state, |state| state.results.is_empty());
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        self.outstanding -= state.collect(results, &mut self.counters);
    }

    /// Takes an op back that no helper has begun.
    pub(crate) fn withdraw(&mut self, token: Token) -> Option<Op> {
        let job = self.shared.lock().jobs.remove(token)?;
        self.outstanding -= 1;
        Some(job.op)
    }

    /// Whether ops waited for a helper at the last exchange. Helpers then keep small batches of
    /// results back, so the driver must look by itself within [`Helpers::BACKLOG_PATIENCE`].
    pub(crate) fn has_backlog(&self) -> bool {
        self.backlog > 0
    }

    /// What the helpers did, up to the results that were collected.
    pub(crate) fn counters(&self) -> Counters {
        self.counters
    }

    /// The pool that the helpers take buffers from.
    pub(crate) fn pool(&self) -> &BufferPool {
        &self.pool
    }

    /// Starts as many helpers as there is work for. With one that runs, others that cannot be
    /// started are done without; with none it is an error.
    fn start_threads(&mut self) -> io::Result<()> {
        let wanted = (self.outstanding + self.outgoing.len()).min(self.most_threads.max(1));
        while self.threads.len() < wanted {
            let shared = Arc::clone(&self.shared);
            let mut performer = Performer::new(SocketMode::Blocking, self.pool.clone());
            performer.interruption.clone_from(&self.interruption);
            let builder = Builder::new().name("whywait-helper".into());
            match builder.stack_size(self.stack_bytes).spawn(move || shared.help(performer)) {
                Ok(thread) => self.threads.push(thread),
                Err(refusal) if self.threads.is_empty() => return Err(refusal),
                Err(_) => self.most_threads = self.threads.len(),
            }
            if self.threads.len() >= self.most_threads {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        let withdrawn = {
            let mut state = self.shared.lock();
            state.closed = true;
            std::mem::take(&mut state.jobs)
        };
        self.shared.work.notify_all();
        drop(withdrawn);
        for thread in self.threads.drain(..) {
            // A helper that panicked has said so on stderr; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A helper's life.
    fn help(&self, mut performer: Performer) {
        let mut finished = None;
        while let Some(Job { token, op, deadline, lane }) = self.next(finished.take()) {
            let completion = match performer.attempt(token, op, deadline) {
                Attempt::Completed(completion) => completion,
                Attempt::WouldBlock(op) => unreachable!("{} in blocking mode", op.name()),
            };
            let counters = std::mem::take(&mut performer.counters);
            finished = Some(Finished { completion, lane, counters });
        }
    }

    /// Gives back a finished job and takes the next one, under one lock; none ends the helper.
    fn next(&self, finished: Option<Finished>) -> Option<Job> {
        let mut state = self.lock();
        if finished.is_some_and(|finished| state.finish(finished)) {
            state.counters.syscalls += u64::from(matches!(self.announce, Announce::Notify(_)));
            drop(state);
            match &self.announce {
                Announce::Notify(notifier) => notifier.notify(),
                Announce::Wake(waiter) => waiter.notify_one(),
            }
            state = self.lock();
        }
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.pop() {
                return Some(job);
            }
            state.idle += 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

impl State {
    fn push(&mut self, job: Job) {
        let ticket = Ticket { token: job.token, lane: job.lane };
        self.jobs.insert(job.token, job);
        if let Some(lane) = ticket.lane {
            if let Some(behind) = self.lanes.get_mut(&lane) {
                behind.push_back(ticket.token);
                return;
            }
            self.lanes.insert(lane, VecDeque::new());
        }
        self.queue.push_back(ticket);
    }

    fn pop(&mut self) -> Option<Job> {
        while let Some(ticket) = self.queue.pop_front() {
            let job = self.jobs.remove(ticket.token);
            if job.is_some() {
                return job;
            }
            self.advance(ticket.lane);
        }
        None
    }

    /// Lets the next job of a lane go, in front of what came after the one that ended.
    fn advance(&mut self, lane: Option<u64>) {
        let Some(lane) = lane else { return };
        match self.lanes.get_mut(&lane).and_then(VecDeque::pop_front) {
            Some(token) => self.queue.push_front(Ticket { token, lane: Some(lane) }),
            None => {
                self.lanes.remove(&lane);
            }
        }
    }

    /// Notes a result; says whether to tell the driver now.
    ///
    /// At once when nothing is queued: the driver may be the only one who can give more work.
    /// Else when there are as many results as jobs left, so that a driver which answers each
    /// result with a new op does so before the helpers run dry, and at [`BATCH`] results.
    fn finish(&mut self, finished: Finished) -> bool {
        self.results.push(finished.completion);
        self.counters += finished.counters;
        self.advance(finished.lane);
        let due = self.results.len() >= self.jobs.len().min(BATCH);
        due && !std::mem::replace(&mut self.announced, true)
    }

    fn collect(&mut self, results: &mut Vec<Completion>, counters: &mut Counters) -> usize {
        let collected = self.results.len();
        results.append(&mut self.results);
        *counters += std::mem::take(&mut self.counters);
        self.announced = false;
        collected
    }
}

fn without_helper(job: Job, refusal: &io::Error) -> Completion {
    let message = format!(
        "no helper thread could be started to carry out {} ({refusal}); raise the limit on \
         threads (ulimit -u, or pids.max of the control group), or use a driver without helper \
         threads, such as `blocking`",
        job.op.name()
    );
    job.op.complete(job.token, Err(io::Error::new(refusal.kind(), message)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Handle, TokenAllocator};
    use std::io::Read;
    use std::os::fd::OwnedFd;

    fn collect(helpers: &mut Helpers, count: usize) -> Vec<Completion> {
        let mut results = Vec::new();
        helpers.exchange(&mut results);
        while results.len() < count {
            helpers.wait_for_results(&mut results);
        }
        results
    }

    fn helpers(threads: usize) -> Helpers {
        Helpers::new(threads, BufferPool::new(4096), Announce::Wake(Condvar::new()))
    }

    #[test]
    fn a_lane_keeps_its_order_with_several_helpers() {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let handle = Handle::new(OwnedFd::from(writer));
        let mut helpers = helpers(4);
        let mut tokens = TokenAllocator::default();
        for number in 0..2000u16 {
            let data = bytes::Bytes::copy_from_slice(&number.to_le_bytes());
            let op = Op::Write { handle: handle.clone(), data };
            helpers.queue(tokens.allocate(), op, None, Some(handle.id()));
        }
        drop(handle);
        drop(collect(&mut helpers, 2000));
        let mut written = Vec::new();
        reader.read_to_end(&mut written).expect("the pipe is readable");
        let expected: Vec<u8> = (0..2000u16).flat_map(u16::to_le_bytes).collect();
        assert!(written == expected, "writes overtook one another");
    }

    /// How many ops of `total` are finished, one by one, when the driver is first told.
    fn told_after(total: u32) -> usize {
        let mut state = State::default();
        for index in 0..total {
            let token = Token { index, generation: 0 };
            state.push(Job {
                token,
                op: Op::Stat { path: c"/".into() },
                deadline: None,
                lane: None,
            });
        }
        loop {
            let job = state.pop().expect("the last op is announced at the latest");
            let completion = job.op.cancelled(job.token);
            if state.finish(Finished { completion, lane: None, counters: Counters::default() }) {
                return state.results.len();
            }
        }
    }

    #[test]
    fn the_driver_is_told_by_the_batch_and_before_helpers_run_dry() {
        assert_eq!([1, 2, 16, 2000].map(told_after), [1, 1, 8, BATCH]);
    }

    #[test]
    fn without_a_single_thread_an_op_fails_and_says_why() {
        let mut helpers = helpers(2);
        helpers.stack_bytes = usize::MAX / 2;
        let token = TokenAllocator::default().allocate();
        helpers.queue(token, Op::Stat { path: c"/".into() }, None, None);
        let mut results = Vec::new();
        helpers.exchange(&mut results);
        let error = results[0].result.as_ref().expect_err("no thread has such a stack");
        assert!(error.to_string().contains("no helper thread could be started"), "{error}");
    }
}
