//! Worker threads that begin together.
//!
//! Left out on purpose: what they do, and the gate's verdict, which is whoever started them's.

use std::panic;
use std::thread::{self, JoinHandle};

use super::gate::{Gate, Verdict};
use super::meter::Worked;
use crate::Error;

/// Threads that arrive at one gate, and what each leaves: `T` and what it cost.
pub(crate) struct GatedThreads<T>(Vec<JoinHandle<Result<(T, Worked), Error>>>);

impl<T: Send + 'static> GatedThreads<T> {
    /// Starts a thread for each of `workers`, all of which arrive at `gate`.
    ///
    /// # Errors
    /// When a thread cannot be started. The run is abandoned then, and those before it have ended.
    pub(crate) fn start<W: FnOnce() -> Result<(T, Worked), Error> + Send + 'static>(
        workers: impl Iterator<Item = W>,
        gate: &Gate,
    ) -> Result<Self, Error> {
        let mut threads = Vec::new();
        for (index, worker) in workers.enumerate() {
            match thread::Builder::new().name(format!("worker-{index}")).spawn(worker) {
                Ok(thread) => threads.push(thread),
                Err(source) => {
                    gate.decide(Verdict::Abandon);
                    let started = threads.len();
                    Self(threads).join(drop)?;
                    return Err(Error::WorkerStart { worker: "a worker thread", started, source });
                }
            }
        }
        Ok(Self(threads))
    }

    /// Waits for all of them; hands over what each left, and gives what they cost together.
    ///
    /// # Errors
    /// The first one's that could not work.
    ///
    /// # Panics
    /// With the panic of one of them.
    pub(crate) fn join(self, mut take: impl FnMut(T)) -> Result<Worked, Error> {
        let joined: Vec<_> = self.0.into_iter().map(JoinHandle::join).collect();
        let mut sum = Worked::default();
        for outcome in joined {
            let (left, worked) = outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))?;
            take(left);
            sum.add(&worked);
        }
        Ok(sum)
    }
}
