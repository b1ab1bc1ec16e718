//! Holds workers back until all of them are ready.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Workers arrive and wait; whoever started them opens the gate when all have arrived, or
/// abandons the run.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    arrived: usize,
    unable: bool,
    verdict: Option<Verdict>,
}

/// How a worker comes to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It can work.
    Ready,
    /// It cannot, and nobody shall.
    Unable,
}

/// What becomes of the workers that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They work.
    Go,
    /// They end: one of them could not begin.
    Abandon,
}

impl Gate {
    /// Tells that one more worker has come, and waits for the verdict.
    pub(crate) fn arrive(&self, arrival: Arrival) -> Verdict {
        let mut state = self.lock();
        state.arrived += 1;
        state.unable |= arrival == Arrival::Unable;
        self.changed.notify_all();
        let decided = self.changed.wait_while(state, |state| state.verdict.is_none());
        decided.unwrap_or_else(PoisonError::into_inner).verdict.unwrap_or(Verdict::Abandon)
    }

    /// Waits until `workers` have arrived; says what should become of them.
    pub(crate) fn await_all(&self, workers: usize) -> Verdict {
        let waited = self.changed.wait_while(self.lock(), |state| state.arrived < workers);
        let unable = waited.unwrap_or_else(PoisonError::into_inner).unable;
        if unable { Verdict::Abandon } else { Verdict::Go }
    }

    /// Lets everybody through, those who arrive later too. The first verdict stands.
    pub(crate) fn decide(&self, verdict: Verdict) {
        self.lock().verdict.get_or_insert(verdict);
        self.changed.notify_all();
    }

    /// For whoever may panic before the verdict: those who wait for it do not wait for ever.
    pub(crate) fn abandoned_by_default(&self) -> AbandonedByDefault<'_> {
        AbandonedByDefault(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Abandons the run when it goes, if there is no verdict then.
pub(crate) struct AbandonedByDefault<'a>(&'a Gate);

impl Drop for AbandonedByDefault<'_> {
    fn drop(&mut self) {
        self.0.decide(Verdict::Abandon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_unable_ends_all() {
        for (second, expected) in
            [(Arrival::Ready, Verdict::Go), (Arrival::Unable, Verdict::Abandon)]
        {
            let gate = Gate::default();
            std::thread::scope(|scope| {
                let first = scope.spawn(|| gate.arrive(Arrival::Ready));
                let second = scope.spawn(|| gate.arrive(second));
                let verdict = gate.await_all(2);
                assert_eq!(verdict, expected);
                gate.decide(verdict);
                assert_eq!(first.join().unwrap(), expected);
                assert_eq!(second.join().unwrap(), expected);
            });
        }
    }
}
