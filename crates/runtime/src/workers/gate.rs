//! Holds workers back until all of them are ready.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Workers arrive and wait; whoever started them opens the gate when all have arrived, or
/// abandons the run.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    arrived: usize,
    verdict: Option<Verdict>,
}

/// What becomes of the workers that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They work.
    Go,
    /// They end: one of them could not begin.
    Abandon,
}

impl Gate {
    /// Tells that one more worker is ready, or will never be, and waits for the verdict.
    pub(super) fn arrive(&self) -> Verdict {
        let mut state = self.lock();
        state.arrived += 1;
        self.changed.notify_all();
        let decided = self.changed.wait_while(state, |state| state.verdict.is_none());
        decided.unwrap_or_else(PoisonError::into_inner).verdict.unwrap_or(Verdict::Abandon)
    }

    /// Waits until `workers` have arrived.
    pub(super) fn await_all(&self, workers: usize) {
        let waited = self.changed.wait_while(self.lock(), |state| state.arrived < workers);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets everybody through, those who arrive later too.
    pub(super) fn decide(&self, verdict: Verdict) {
        self.lock().verdict = Some(verdict);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
