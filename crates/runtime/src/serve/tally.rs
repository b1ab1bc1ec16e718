//! What a worker counts while it serves.

use std::io;

use serde::{Deserialize, Serialize};

use crate::{Deadlock, NoConcurrency};

/// Connections, and what became of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Connections that were accepted.
    pub(super) connections: u64,
    /// Of these, how many ended in a failure.
    pub(super) failed: u64,
    /// What the first failure said.
    pub(super) first_failure: Option<String>,
    /// Times that accepting paused for want of descriptors or memory.
    pub(super) pauses: u64,
    /// What the model lacks that a handler needs: the server is to end with it.
    pub(super) refusal: Option<NoConcurrency>,
}

/// Why a connection was not served to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Handler(io::Error),
    #[error("the handler panicked: {0}")]
    Panic(String),
    #[error("the handler waits for nobody: {0}")]
    Deadlock(Deadlock),
    #[error(transparent)]
    NoConcurrency(NoConcurrency),
    #[error("its worker could not begin: {0}")]
    NoWorker(String),
    #[error("its worker process died ({0})")]
    WorkerDied(String),
}

impl Tally {
    /// Notes how a connection ended.
    pub(super) fn note(&mut self, outcome: Result<(), Failure>) {
        if let Err(failure) = outcome {
            self.failed += 1;
            self.refusal = self.refusal.or(failure.refusal());
            self.first_failure.get_or_insert_with(|| failure.to_string());
        }
    }

    /// Adds what another worker counted.
    pub(super) fn add(&mut self, other: Self) {
        self.connections += other.connections;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.pauses += other.pauses;
        self.refusal = self.refusal.or(other.refusal);
    }
}

impl Failure {
    /// What the model lacks, if the handler failed for that.
    fn refusal(&self) -> Option<NoConcurrency> {
        match self {
            Self::NoConcurrency(refusal) => Some(*refusal),
            _ => None,
        }
    }
}
