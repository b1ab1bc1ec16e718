//! Models by name: `epoll`, `processes:8`.
//!
//! Left out on purpose: the choice that `auto` makes for a plan (the lab's); the library's own
//! `auto` is only the best driver that this machine allows.

mod constants;
mod models;
mod row;

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

pub use models::MODELS;
pub use row::{Control, ModelRow, Notice, Phases, Spender, WorkersKind};
use serde::{Deserialize, Serialize};
use whywait_driver::{Config, DriverKind, Unavailable};

use crate::error::debug_as_display;

/// An I/O model as somebody asked for it: a row of [`MODELS`], and perhaps a number of workers.
///
/// Reads from and prints as the string that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Model {
    row: &'static ModelRow,
    count: Option<NonZeroUsize>,
}

impl Model {
    /// Most workers that can be asked for: a typing error must not start a million processes.
    pub const MOST_WORKERS: usize = 10_000;

    /// The row of the table.
    #[must_use]
    pub fn row(&self) -> &'static ModelRow {
        self.row
    }

    /// The number of workers that was asked for; none leaves it to the number of CPUs.
    #[must_use]
    pub fn count(&self) -> Option<NonZeroUsize> {
        self.count
    }

    /// How many workers it runs with; none for a thread or a process per flow, where the
    /// work decides.
    #[must_use]
    pub fn workers(&self) -> Option<NonZeroUsize> {
        match self.row.workers {
            WorkersKind::One => Some(NonZeroUsize::MIN),
            WorkersKind::ThreadPerFlow | WorkersKind::ProcessPerFlow => None,
            WorkersKind::Threads | WorkersKind::Processes | WorkersKind::Chosen => {
                Some(self.count.unwrap_or_else(cpus))
            }
        }
    }

    /// The driver with which each worker waits; none for `auto`, which has none of its own.
    #[must_use]
    pub fn driver(&self) -> Option<&'static DriverKind> {
        self.row.driver.and_then(DriverKind::named)
    }

    /// What the library runs for this model: itself, or for `auto` the best driver that this
    /// machine allows, io_uring, else epoll, and why.
    #[must_use]
    pub fn resolve(self) -> Resolved {
        if self.row.workers != WorkersKind::Chosen {
            return Resolved { model: self, why: None };
        }
        match Self::URING.probe() {
            Ok(()) => Resolved { model: Self::URING, why: Some("io_uring runs here".into()) },
            Err(refusal) => {
                let why = format!("io_uring does not run here ({})", refusal.source);
                Resolved { model: Self::EPOLL, why: Some(why) }
            }
        }
    }

    /// Whether the model's driver can run here, found out by opening it.
    ///
    /// # Errors
    /// What the system said.
    pub fn probe(&self) -> Result<(), Unavailable> {
        let Some(driver) = self.driver() else { return Ok(()) };
        driver.open(&Config { max_in_flight: 1, ..Config::default() }).map(drop)
    }
}

/// What runs for a model, and why if that was a choice.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What runs: never `auto`.
    pub model: Model,
    /// Why, where there was a choice.
    pub why: Option<String>,
}

/// The number of CPUs that this process may use.
pub(crate) fn cpus() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

const fn row_named(name: &str) -> Option<&'static ModelRow> {
    let mut index = 0;
    while index < MODELS.len() {
        if is_same(MODELS[index].name.as_bytes(), name.as_bytes()) {
            return Some(&MODELS[index]);
        }
        index += 1;
    }
    None
}

/// As `==`, which no constant can use yet.
const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut index = 0;
    while index < left.len() && index < right.len() && left[index] == right[index] {
        index += 1;
    }
    index == left.len() && index == right.len()
}

/// A string that names no model.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseModelError {
    /// No row of that name.
    #[error("there is no model {0:?}; there are {names}", names = names())]
    Unknown(String),
    /// A number of workers where the model has none.
    #[error("{model} has no number of workers to set: write {model:?}, not {asked:?}")]
    NotCounted {
        /// What was asked for.
        asked: String,
        /// The model's name.
        model: &'static str,
    },
    /// Something else than a number of workers behind the colon.
    #[error(
        "{count:?} in {asked:?} is no number of workers: 1 to {most} are possible",
        most = Model::MOST_WORKERS
    )]
    BadCount {
        /// What was asked for.
        asked: String,
        /// The part that is wrong.
        count: String,
    },
}

debug_as_display!(ParseModelError);

fn names() -> String {
    let names: Vec<_> = MODELS.iter().map(|row| row.name).collect();
    names.join(", ")
}

impl FromStr for Model {
    type Err = ParseModelError;

    fn from_str(asked: &str) -> Result<Self, ParseModelError> {
        let (name, count) = match asked.split_once(':') {
            Some((name, count)) => (name, Some(count)),
            None => (asked, None),
        };
        let row = row_named(name).ok_or_else(|| ParseModelError::Unknown(name.into()))?;
        let Some(count) = count else { return Ok(Self { row, count: None }) };
        if !row.workers.is_counted() {
            return Err(ParseModelError::NotCounted { asked: asked.into(), model: row.name });
        }
        let number = count.parse().ok().filter(|n: &NonZeroUsize| n.get() <= Self::MOST_WORKERS);
        let bad = || ParseModelError::BadCount { asked: asked.into(), count: count.into() };
        Ok(Self { row, count: Some(number.ok_or_else(bad)?) })
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            Some(count) => write!(f, "{}:{count}", self.row.name),
            None => f.pad(self.row.name),
        }
    }
}

impl TryFrom<String> for Model {
    type Error = ParseModelError;

    fn try_from(asked: String) -> Result<Self, ParseModelError> {
        asked.parse()
    }
}

impl From<Model> for String {
    fn from(model: Model) -> Self {
        model.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_reads_back_and_has_a_driver() {
        for row in MODELS {
            let model: Model = row.name.parse().unwrap();
            assert_eq!(model.to_string(), row.name);
            assert_eq!(model.driver().is_some(), row.workers != WorkersKind::Chosen, "{model}");
        }
    }

    #[test]
    fn a_number_of_workers_is_kept_as_it_was_asked_for() {
        let model: Model = "processes:8".parse().unwrap();
        assert_eq!(model.workers().unwrap().get(), 8);
        assert_eq!(model.to_string(), "processes:8");
    }

    #[test]
    fn what_is_no_model_says_so() {
        let error = |asked: &str| asked.parse::<Model>().unwrap_err();
        assert!(matches!(error("epol"), ParseModelError::Unknown(name) if name == "epol"));
        assert!(matches!(error("epoll:2"), ParseModelError::NotCounted { .. }));
        for count in ["0", "-1", "x", "", "10001", "99999999999999999999"] {
            let asked = format!("thread-pool:{count}");
            assert!(matches!(error(&asked), ParseModelError::BadCount { .. }), "{asked}");
        }
    }
}
