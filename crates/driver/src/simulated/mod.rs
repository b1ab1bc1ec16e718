//! A driver whose world is in memory, whose clock is its own, and whose luck follows from a seed.
//!
//! It is for tests: of code that must stand partial transfers, another order, delays and errors,
//! and of the drivers that wait for real, which must give the same outcomes. Left out on purpose:
//! any claim about time; what an op costs here says nothing.

mod clock;
mod datagrams;
mod faults;
mod filesystem;
mod mailbox;
mod network;
mod path;
mod peer;
mod ports;
mod queue;
mod random;
mod stream;
mod world;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::{Address, BufferPool, Completion, Config, Counters, Driver, Full, Handle, Limits};
use crate::{Notifier, Op, Token, Value};
use clock::Clock;
pub use faults::Faults;
use faults::Fortune;
use peer::Player;
pub use peer::{Act, Played, Role, Script};
use queue::{Pending, Queue};
use world::World;

/// A driver in a world of its own: files, a loopback network, a clock, and faults from a seed.
///
/// The same seed and the same calls give the same completions in the same order. Time is
/// simulated: a wait with nothing to do but timers moves the clock to the next of them instead of
/// sleeping, so deadlines must be computed from [`Simulated::now`]. A wait that only a
/// notification can end does sleep, until it comes.
///
/// Its handles are known to this driver alone: to another they are `EBADF` or mean nothing.
/// Its counters count attempts as syscalls; no system call is made for an op.
pub struct Simulated {
    world: World,
    players: Vec<Player>,
    clock: Clock,
    fortune: Fortune,
    queue: Queue,
    pool: BufferPool,
    notifier: Notifier,
    max_in_flight: usize,
    counters: Counters,
}

/// Names a peer of a [`Simulated`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerId(usize);

impl Simulated {
    /// Opens a driver on a new world, which has `/` and `/tmp` in it and nobody on its network.
    ///
    /// # Errors
    /// When the process has no descriptor left for the notifier.
    pub fn open(seed: u64, faults: Faults, config: &Config) -> io::Result<Self> {
        Ok(Self {
            world: World::new()?,
            players: Vec::new(),
            clock: Clock::new(),
            fortune: Fortune::new(seed, faults),
            queue: Queue::default(),
            pool: BufferPool::new(config.pool_buffer_bytes),
            notifier: Notifier::new()?,
            max_in_flight: config.max_in_flight,
            counters: Counters::default(),
        })
    }

    /// The simulated time. It moves only inside [`Driver::wait`].
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The address of a socket: `getsockname(2)`.
    ///
    /// # Errors
    /// `EBADF` for a handle of another driver, `ENOTSOCK` for a file.
    pub fn local_address(&self, handle: &Handle) -> io::Result<Address> {
        Ok(self.world.local_address(handle)?)
    }

    /// Puts somebody on the network who follows `script`, whenever the driver waits.
    ///
    /// # Errors
    /// When no port is left to listen at.
    pub fn add_peer(&mut self, script: Script) -> io::Result<PeerId> {
        self.players.push(Player::new(script, &mut self.world.network)?);
        Ok(PeerId(self.players.len() - 1))
    }

    /// Where a peer listens; none for one that connects, or has ended.
    #[must_use]
    pub fn peer_address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.players[peer.0].address(&self.world.network)
    }

    /// Lets a peer past one [`Act::Await`], now or when it comes to it.
    pub fn let_peer_go_on(&mut self, peer: PeerId) {
        self.players[peer.0].go_on();
    }

    /// What came of a peer's script, once it has ended.
    #[must_use]
    pub fn played(&self, peer: PeerId) -> Option<&Played> {
        self.players[peer.0].played()
    }

    /// Does all that can be done without time going on.
    fn settle(&mut self, done: &mut Vec<Completion>) {
        loop {
            let mut world_changed = self.world.close_abandoned();
            for player in &mut self.players {
                world_changed |= player.play(&mut self.world.network);
            }
            if world_changed {
                self.queue.retry_blocked();
            }
            self.queue.ring(self.clock.now());
            let mut ready = self.queue.take_ready();
            if ready.is_empty() {
                return;
            }
            self.fortune.reorder(&mut ready);
            for sequence in ready {
                self.look_at(sequence, done);
            }
        }
    }

    /// Ends an op if it can end now.
    fn look_at(&mut self, sequence: u64, done: &mut Vec<Completion>) {
        let now = self.clock.now();
        let Some(mut pending) = self.queue.take(sequence) else { return };
        let past = |limit: Option<Instant>| limit.is_some_and(|limit| limit <= now);
        let overslept = pending
            .deadline
            .is_some_and(|deadline| deadline <= pending.starts || pending.due > Some(deadline));
        let may_start = pending.due.is_none()
            && pending.starts <= now
            && self.queue.is_first(sequence, &pending.op);
        let mut end = None;
        if past(pending.due) && !overslept && !pending.cancelled {
            end = Some(Ok(Value::Done));
        } else if past(pending.deadline) {
            end = Some(Err(Errno::TIMEDOUT));
        } else if may_start && (!pending.cancelled || self.fortune.cancel_is_late()) {
            end = self.attempt(&mut pending);
        }
        if pending.cancelled {
            end = end.or(Some(Err(Errno::CANCELED)));
        }
        match end {
            Some(result) => {
                self.queue.end(sequence, &pending);
                self.counters.completed += 1;
                done.push(pending.op.complete(pending.token, result.map_err(io::Error::from)));
            }
            None if may_start => self.queue.put_back_blocked(sequence, pending),
            None => self.queue.put_back(sequence, pending),
        }
    }

    /// Carries an op out; none when it has to wait for another.
    fn attempt(&mut self, pending: &mut Pending) -> Option<rustix::io::Result<Value>> {
        self.counters.syscalls += 1;
        let result = match pending.failure {
            Some(error) => {
                self.world.mishap(&pending.op, &mut self.fortune);
                Err(error)
            }
            None => self.world.attempt(&mut pending.op, &self.pool, &mut self.fortune),
        };
        if let Err(Errno::AGAIN) = result {
            self.counters.would_block += 1;
            return None;
        }
        self.queue.retry_blocked();
        Some(result)
    }

    /// Sleeps for real: only a notification can change anything.
    fn sleep_until_notified(&mut self) -> io::Result<()> {
        self.counters.waits += 1;
        match poll(&mut [PollFd::new(&self.notifier, PollFlags::IN)], None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        self.notifier.clear();
        Ok(())
    }
}

impl Driver for Simulated {
    fn submit(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Result<(), Full> {
        if self.queue.len() >= self.max_in_flight {
            return Err(Full(Box::new(op)));
        }
        let op = op.into_single_shot();
        let due = match &op {
            Op::Sleep { duration } => Some(self.clock.after(*duration)),
            _ => None,
        };
        let starts = self.clock.after(self.fortune.delay(&op));
        let failure = self.fortune.failure(&op);
        self.queue.push(Pending { token, op, starts, due, deadline, failure, cancelled: false });
        Ok(())
    }

    fn cancel(&mut self, token: Token) {
        self.queue.cancel(token);
    }

    fn wait(&mut self, deadline: Option<Instant>, done: &mut Vec<Completion>) -> io::Result<()> {
        let before = done.len();
        loop {
            let notified = self.notifier.clear();
            self.settle(done);
            let now = self.clock.now();
            if notified || done.len() > before || deadline.is_some_and(|limit| limit <= now) {
                return Ok(());
            }
            match self.queue.next_alarm().into_iter().chain(deadline).min() {
                Some(next) => {
                    self.counters.waits += 1;
                    self.clock.advance_to(next);
                }
                None => return self.sleep_until_notified(),
            }
        }
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
        self.counters
    }

    fn pool(&self) -> &BufferPool {
        &self.pool
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Simulated({} in flight, {:?})", self.queue.len(), self.fortune)
    }
}

#[cfg(test)]
mod tests;
