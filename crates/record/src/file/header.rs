//! The first line of a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ARCHITECTURE, NAME, ReadError, VERSION};
use crate::{Backend, Capture, Cost, Detail, Ending, Feature, Losses, Record};

/// What a file is: the part of the header that every reader understands.
#[derive(Debug, Deserialize)]
pub(super) struct Identity {
    format: String,
    #[serde(default)]
    architecture: String,
}

impl Identity {
    /// Whether this build can read the rest.
    pub(super) fn check(&self) -> Result<(), ReadError> {
        let version = self.format.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('/'));
        let Some(version) = version else {
            let why = format!("its format is {:?}", self.format);
            return Err(ReadError::NotARecord { why });
        };
        if version != VERSION.to_string() {
            return Err(ReadError::Newer { format: self.format.clone(), known: VERSION });
        }
        if self.architecture != ARCHITECTURE {
            return Err(ReadError::Architecture { architecture: self.architecture.clone() });
        }
        Ok(())
    }
}

/// All of a record that is no list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Header {
    /// `whywait.record/1`.
    format: String,
    /// The architecture whose numbers the system calls have.
    architecture: String,
    /// Where and when it was made.
    #[serde(default)]
    capture: Capture,
    /// How much was watched.
    detail: Detail,
    /// By what.
    backend: Backend,
    /// How long watching lasted.
    wall_ns: u64,
    /// The process that was started or named on the command line.
    root_pid: u32,
    /// How the root ended; null while it runs.
    ending: Option<Ending>,
    /// From which length on a call is a slow one.
    slow_call_ns: u64,
    /// What watching cost.
    cost: Cost,
    /// What was not seen.
    losses: Losses,
    /// What was not watched, because the kernel lacks what it takes.
    #[serde(default)]
    not_watched: Vec<Feature>,
}

impl Header {
    /// That of a record.
    pub(super) fn of(record: &Record) -> Self {
        // Without `..`, so that a new field is not forgotten.
        let Record {
            capture,
            detail,
            backend,
            wall_ns,
            root_pid,
            ending,
            processes: _,
            descriptors: _,
            wakes: _,
            slow_calls: _,
            slow_call_ns,
            timeline: _,
            cost,
            losses,
            not_watched,
        } = record;
        Self {
            format: format!("{NAME}/{VERSION}"),
            architecture: ARCHITECTURE.to_owned(),
            capture: capture.clone(),
            detail: *detail,
            backend: *backend,
            wall_ns: *wall_ns,
            root_pid: *root_pid,
            ending: *ending,
            slow_call_ns: *slow_call_ns,
            cost: *cost,
            losses: *losses,
            not_watched: not_watched.clone(),
        }
    }

    /// A record with empty lists.
    pub(super) fn into_record(self) -> Record {
        Record {
            capture: self.capture,
            detail: self.detail,
            backend: self.backend,
            wall_ns: self.wall_ns,
            root_pid: self.root_pid,
            ending: self.ending,
            processes: Vec::new(),
            descriptors: Vec::new(),
            wakes: Vec::new(),
            slow_calls: Vec::new(),
            slow_call_ns: self.slow_call_ns,
            timeline: None,
            cost: self.cost,
            losses: self.losses,
            not_watched: self.not_watched,
        }
    }
}
