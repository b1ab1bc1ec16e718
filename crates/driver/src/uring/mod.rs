//! The driver that hands the work to the kernel: `io_uring(7)`.
//!
//! Of an operation's two phases, waiting and copying, both are the kernel's. Ops are collected
//! until [`wait`](Driver::wait), which submits all of them and waits in one
//! `io_uring_enter(2)`.
//!
//! - `ring`: the two shared queues; `tag`: what a completion is about.
//! - `starting`: ops on their way in. The driver's own queue holds tokens, and the shared queue is
//!   filled from it just before each enter, so that nothing is lost when that is full and an op
//!   that is cancelled in time never reaches the kernel.
//! - `ending`: completions on their way out.
//! - `entry`: ops that are one submission; `chain` and `window`: whole files.
//! - `message`: datagrams with their addresses.
//! - `lanes`: order on one descriptor; `provided`: buffers for receives that wait.
//!
//! Sleeps and deadlines are a heap of due times here, and the enter's timeout is the next of
//! them. Linked timeouts would be a second submission for each op that has a deadline, and would
//! mean something else for each link of a chain. A deadline that passes cancels its op. Both
//! reach an op on a file while it is queued for one of the kernel's threads; what such a thread
//! has begun it ends, as no system stops a disk.
//!
//! Left out on purpose: a kernel thread that polls (`SQPOLL`), and registered buffers, which would
//! pin memory.

mod chain;
mod ending;
mod entry;
mod in_flight;
mod lanes;
mod message;
mod provided;
mod ring;
mod slab;
mod stable;
mod starting;
mod tag;
#[cfg(test)]
mod tests;
mod window;

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use self::chain::Scratch;
use self::entry::{Select, Shots};
use self::in_flight::{InFlight, Stage, Stop, Work};
use self::lanes::{Lane, Lanes};
use self::provided::ProvidedBuffers;
use self::ring::{Outcome, Ring};
pub(crate) use self::slab::FilledPart;
use self::tag::Tag;
use self::window::Window;
use crate::perform::{Performer, SocketMode};
use crate::timers::Timers;
use crate::{BufferPool, Completion, Config, Counters, Driver, Full, Limits, Notifier, Op};
use crate::{Returned, Token, Value};

/// How long a driver that is dropped waits for the kernel to let go of its ops' memory.
const DROP_LIMIT: Duration = Duration::from_secs(2);

/// Submits to a ring shared with the kernel and takes completions from another: non-blocking,
/// asynchronous.
///
/// It has to be used on the thread that opened it. The kernel may keep idle threads of its own
/// (`iou-wrk`) for the thread that used it, for some seconds after the driver is gone.
///
/// `ReadFile` of a file that gives its bytes only once, such as a FIFO, may lose some of them:
/// open it and read it instead.
pub struct Uring {
    ring: Ring,
    ops: Table,
    starts: VecDeque<Token>,
    cancels: VecDeque<Tag>,
    lanes: Lanes,
    window: Window,
    provided: Option<ProvidedBuffers>,
    shots: Shots,
    scratch: Scratch,
    timers: Timers,
    ready: Vec<Completion>,
    outcomes: Vec<Outcome>,
    notifier: Notifier,
    /// Whether the kernel watches the notifier.
    watching: bool,
    performer: Performer,
    max_in_flight: usize,
    counters: Counters,
}

type Table = crate::Table<InFlight>;

impl Uring {
    /// Opens the driver, for the calling thread.
    ///
    /// # Errors
    /// What `io_uring_setup(2)` says where io_uring is forbidden (`EPERM`) or missing
    /// (`ENOSYS`); [`io::ErrorKind::Unsupported`] where the kernel lacks an operation; and when
    /// the process has no descriptor left.
    pub fn open(config: &Config) -> io::Result<Self> {
        let ring = Ring::open()?;
        // Kernels before 5.19 have no such rings; every receive then brings its buffer.
        let provided = ProvidedBuffers::register(&ring.submitter(), config.pool_buffer_bytes);
        let provided = provided.ok();
        Ok(Self {
            window: Window::new(&ring),
            ring,
            shots: if provided.is_some() { Shots::Many } else { Shots::One },
            provided,
            ops: Table::default(),
            starts: VecDeque::new(),
            cancels: VecDeque::new(),
            lanes: Lanes::default(),
            scratch: Scratch::new(0),
            timers: Timers::default(),
            ready: Vec::new(),
            outcomes: Vec::new(),
            notifier: Notifier::new()?,
            watching: false,
            performer: Performer::new(
                SocketMode::Blocking,
                BufferPool::new(config.pool_buffer_bytes),
            ),
            max_in_flight: config.max_in_flight,
            counters: Counters::default(),
        })
    }

    fn select(&self) -> Select {
        if self.provided.is_some() { Select::FromRing } else { Select::Never }
    }

    /// Ends a `Close` that is not of the last reference: there is nothing to do.
    fn last_close(&mut self, token: Token, op: Op) -> Option<Op> {
        let Op::Close { handle } = op else { return Some(op) };
        if let Some(descriptor) = handle.into_descriptor() {
            return Some(Op::Close { handle: descriptor.into() });
        }
        self.complete(Completion {
            token,
            result: Ok(Value::Done),
            returned: Returned::default(),
            more: false,
        });
        None
    }

    /// Starts a sleep, which only the timers know of.
    fn sleep(&mut self, token: Token, op: Op, duration: Duration, deadline: Option<Instant>) {
        let ends = Instant::now().checked_add(duration);
        let (due, stage) = match (ends, deadline) {
            (Some(ends), Some(deadline)) if ends > deadline => {
                (Some(deadline), Stage::AsleepPastDeadline)
            }
            (None, Some(deadline)) => (Some(deadline), Stage::AsleepPastDeadline),
            (ends, _) => (ends, Stage::Asleep),
        };
        let mut in_flight = InFlight::new(op, deadline, stage);
        if let Some(due) = due {
            self.timers.insert(due, token);
            in_flight.timed = true;
        }
        self.ops.insert(token, in_flight);
    }

    /// Carries out what is due: sleeps end, and ops past their deadline are stopped.
    fn fire_timers(&mut self) {
        if self.timers.next().is_none() {
            return;
        }
        let now = Instant::now();
        while let Some(token) = self.timers.pop_due(now) {
            let Some(in_flight) = self.ops.get_mut(token) else { continue };
            match in_flight.stage {
                Stage::Asleep => {
                    in_flight.timed = false;
                    self.end(token, Ok(Value::Done));
                }
                Stage::AsleepPastDeadline => {
                    in_flight.timed = false;
                    self.stop(token, Stop::TimedOut);
                }
                Stage::Pausing if in_flight.deadline.is_none_or(|deadline| now < deadline) => {
                    in_flight.stage = Stage::Queued;
                    self.starts.push_back(token);
                }
                _ if in_flight.cancel_again => {
                    in_flight.cancel_again = false;
                    self.ask_to_cancel(token);
                }
                _ if in_flight.deadline.is_some_and(|deadline| deadline <= now) => {
                    in_flight.timed = false;
                    self.stop(token, Stop::TimedOut);
                }
                _ => {}
            }
        }
    }

    /// Ends an op early: at once if the kernel does not have it, else by asking the kernel.
    fn stop(&mut self, token: Token, stop: Stop) {
        let Some(in_flight) = self.ops.get_mut(token) else { return };
        if in_flight.stage != Stage::Kernel {
            return self.end(token, Err(stop.error().into()));
        }
        if in_flight.stop.is_none() {
            in_flight.stop = Some(stop);
            self.ask_to_cancel(token);
        }
    }

    fn ask_to_cancel(&mut self, token: Token) {
        let Some(in_flight) = self.ops.get(token) else { return };
        if in_flight.stage == Stage::Kernel {
            let parts = in_flight.cancellable_parts();
            self.cancels.extend(parts.iter().map(|part| Tag { token, part: *part }));
        }
    }

    /// How long the next enter may wait; zero to look only.
    fn patience(&self, deadline: Option<Instant>) -> Option<Duration> {
        let next = match (deadline, self.timers.next()) {
            (Some(deadline), Some(timer)) => Some(deadline.min(timer)),
            (deadline, timer) => deadline.or(timer),
        };
        next.map(|next| next.saturating_duration_since(Instant::now()))
    }
}

impl Driver for Uring {
    fn submit(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Result<(), Full> {
        if self.ops.len() >= self.max_in_flight || !Tag::fits(token) {
            return Err(Full(Box::new(op)));
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            self.complete(op.timed_out(token));
            return Ok(());
        }
        let op = if self.shots == Shots::One { op.into_single_shot() } else { op };
        if let Op::Sleep { duration } = op {
            self.sleep(token, op, duration, deadline);
            return Ok(());
        }
        let Some(op) = self.last_close(token, op) else { return Ok(()) };
        let stage = self.queue(token, &op);
        let mut in_flight = InFlight::new(op, deadline, stage);
        if let Some(deadline) = deadline {
            self.timers.insert(deadline, token);
            in_flight.timed = true;
        }
        self.ops.insert(token, in_flight);
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        self.stop(token, Stop::Cancelled);
    }

    fn wait(&mut self, deadline: Option<Instant>, done: &mut Vec<Completion>) -> io::Result<()> {
        self.counters.waits += 1;
        let mut notified = self.forget_notification();
        notified |= self.reap();
        loop {
            self.fire_timers();
            let all_queued = self.fill();
            let look = notified || !self.ready.is_empty() || !all_queued;
            let patience = if look { Some(Duration::ZERO) } else { self.patience(deadline) };
            let only_look = patience == Some(Duration::ZERO);
            if !only_look || self.ring.unsubmitted() > 0 || self.ring.holds_back() {
                self.ring.enter(patience)?;
            }
            notified |= self.reap();
            self.fire_timers();
            let over = deadline.is_some_and(|deadline| deadline <= Instant::now());
            if all_queued && (notified || over || !self.ready.is_empty()) {
                break;
            }
        }
        done.append(&mut self.ready);
        Ok(())
    }

    fn notifier(&self) -> Notifier {
        self.notifier.clone()
    }

    fn limits(&self) -> Limits {
        Limits {
            overlap: true,
            interrupts_running: true,
            files_never_block: true,
            deadline_on_files: true,
            max_descriptor: None,
            max_in_flight: self.max_in_flight,
        }
    }

    fn counters(&self) -> Counters {
        let mut counters = self.performer.counters;
        counters += self.counters;
        counters.syscalls += self.ring.enters();
        counters
    }

    fn pool(&self) -> &BufferPool {
        self.performer.pool()
    }
}

impl Drop for Uring {
    fn drop(&mut self) {
        let in_flight: Vec<Token> = self.ops.tokens().collect();
        for token in in_flight {
            self.stop(token, Stop::Cancelled);
        }
        let limit = Instant::now() + DROP_LIMIT;
        let mut ended = Vec::new();
        while !self.ops.is_empty() && Instant::now() < limit {
            if self.wait(Some(limit), &mut ended).is_err() {
                break;
            }
            ended.clear();
        }
        if self.ops.is_empty() {
            if self.provided.is_some() {
                // Closing the ring would do it too, but later, from a kernel thread.
                let _ = self.ring.submitter().unregister_buf_ring(provided::GROUP);
            }
            return;
        }
        // The kernel may still write to what these ops own: better lost than freed.
        std::mem::forget(std::mem::take(&mut self.ops));
        std::mem::forget(self.provided.take());
        std::mem::forget(std::mem::replace(&mut self.scratch, Scratch::new(0)));
    }
}
