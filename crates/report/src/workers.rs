//! Who does the work.
//!
//! Left out on purpose: how one worker waits, which is the driver's name.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who did the work of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Workers {
    /// What a worker is.
    pub kind: WorkerKind,
    /// How many workers there were; for a thread or a process per flow, at most at one time.
    pub count: u64,
    /// Helper threads of each worker, which carry out what would block it; 0 where it has none.
    pub helpers: u64,
}

/// What a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkerKind {
    /// The one thread that asks for the work.
    One,
    /// Each a thread, as many as were asked for.
    Threads,
    /// Each a thread, one for each flow.
    ThreadPerFlow,
    /// Each a process, as many as were asked for.
    Processes,
    /// Each a process, one for each flow.
    ProcessPerFlow,
}

impl fmt::Display for Workers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.count) {
            (WorkerKind::One, _) => out.write_str("one thread"),
            (WorkerKind::ThreadPerFlow, _) => out.write_str("a thread per flow"),
            (WorkerKind::ProcessPerFlow, _) => out.write_str("a process per flow"),
            (WorkerKind::Threads, 1) => out.write_str("1 thread"),
            (WorkerKind::Threads, count) => write!(out, "{count} threads"),
            (WorkerKind::Processes, 1) => out.write_str("1 process"),
            (WorkerKind::Processes, count) => write!(out, "{count} processes"),
        }?;
        match self.helpers {
            0 => Ok(()),
            1 => out.write_str(" + 1 helper"),
            helpers => write!(out, " + {helpers} helpers"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{WorkerKind, Workers};

    #[test]
    fn workers_read_as_the_table_of_models_has_them() {
        let text = |kind, count, helpers| Workers { kind, count, helpers }.to_string();
        assert_eq!(text(WorkerKind::One, 1, 0), "one thread");
        assert_eq!(text(WorkerKind::One, 1, 4), "one thread + 4 helpers");
        assert_eq!(text(WorkerKind::Threads, 2, 0), "2 threads");
        assert_eq!(text(WorkerKind::ThreadPerFlow, 5000, 0), "a thread per flow");
        assert_eq!(text(WorkerKind::Processes, 1, 1), "1 process + 1 helper");
        assert_eq!(text(WorkerKind::ProcessPerFlow, 1000, 0), "a process per flow");
    }
}
