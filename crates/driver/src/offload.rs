//! The driver that hands the call to another thread and waits for it all the same.

use std::sync::Condvar;
use std::time::Instant;

use crate::helpers::{Announce, Helpers};
use crate::sequential::{Place, Sequential};
use crate::{BufferPool, Completion, Config, Counters, Driver, Op, Token};

/// Hands each op to a helper thread and waits for that one result: blocking, asynchronous.
///
/// What `submit(…).result()` comes to: two context switches more than [`Blocking`](crate::Blocking)
/// and nothing gained, since the worker does nothing in the meantime. Deadlines on sockets are
/// `SO_RCVTIMEO` and `SO_SNDTIMEO` (`socket(7)`), on the helper's thread.
#[derive(Debug)]
pub struct Offload;

impl Offload {
    /// Opens the driver. Its helper thread starts with the first op.
    #[must_use]
    pub fn open(config: &Config) -> impl Driver + use<> {
        let pool = BufferPool::new(config.pool_buffer_bytes);
        let mut helpers = Helpers::new(1, pool, Announce::Wake(Condvar::new()));
        helpers.interruption.clone_from(&config.interruption);
        Sequential::new(Elsewhere { helpers, results: Vec::new() }, config)
    }
}

struct Elsewhere {
    helpers: Helpers,
    results: Vec<Completion>,
}

impl Place for Elsewhere {
    fn carry_out(&mut self, token: Token, op: Op, deadline: Option<Instant>) -> Completion {
        self.helpers.queue(token, op, deadline, None);
        self.helpers.exchange(&mut self.results);
        loop {
            if let Some(completion) = self.results.pop() {
                return completion;
            }
            self.helpers.wait_for_results(&mut self.results);
        }
    }

    fn counters(&self) -> Counters {
        self.helpers.counters()
    }

    fn pool(&self) -> &BufferPool {
        self.helpers.pool()
    }
}
