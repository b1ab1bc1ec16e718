//! The driver that makes the call and waits inside it.

use std::time::Instant;

use crate::perform::{Attempt, Performer, SocketMode};
use crate::sequential::{Place, Sequential};
use crate::{BufferPool, Completion, Config, Counters, Driver, Op, Token};

/// Makes the call on the worker's own thread and waits inside it: blocking, synchronous.
///
/// Deadlines on sockets are `SO_RCVTIMEO` and `SO_SNDTIMEO` (`socket(7)`).
#[derive(Debug)]
pub struct Blocking;

impl Blocking {
    /// Opens the driver.
    #[must_use]
    pub fn open(config: &Config) -> impl Driver + use<> {
        let pool = BufferPool::new(config.pool_buffer_bytes);
        let mut performer = Performer::new(SocketMode::Blocking, pool);
        performer.interruption.clone_from(&config.interruption);
        Sequential::new(Here(performer), config)
    }
}

struct Here(Performer);

impl Place for Here {
    fn carry_out(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Completion {
        match self.0.attempt(token, op, deadline) {
            Attempt::Completed(completion) => completion,
            Attempt::WouldBlock(op) => unreachable!("{} on a blocking socket", op.name()),
        }
    }

    fn counters(&self) -> Counters {
        self.0.counters
    }

    fn pool(&self) -> &BufferPool {
        self.0.pool()
    }
}
