//! Why records cannot be merged.

use crate::{Backend, Detail, Record};

/// Why records cannot be merged. Names of programs are the program's bytes: **escape before
/// showing**.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is none.
    #[error("there is no record to merge")]
    NoRecord,
    /// The processes with which watching began run different programs.
    #[error(
        "the records are of different programs, {one:?} and {other:?}: their sum would be of neither"
    )]
    Program {
        /// What the first of them is of.
        one: String,
        /// What another one is of.
        other: String,
    },
    /// They seem to be of different programs, but some of the names are placeholders.
    #[error(
        "names of some of the records were replaced by placeholders, so it cannot be told whether \
         {one:?} and {other:?} are the same program; sum the records before redacting the sum"
    )]
    Placeholders {
        /// What the first of them is of.
        one: String,
        /// What another one is of.
        other: String,
    },
    /// Not all have the same detail.
    #[error(
        "one record has {one:?} detail and another {other:?}: they do not count the same things"
    )]
    Detail {
        /// What the first of them has.
        one: Detail,
        /// What another one has.
        other: Detail,
    },
    /// Not all have the same backend.
    #[error(
        "one record was made by {one:?} and another by {other:?}: they do not count the same things"
    )]
    Backend {
        /// What made the first of them.
        one: Backend,
        /// What made another one.
        other: Backend,
    },
    /// Not all have the same limit for slow calls.
    #[error(
        "slow calls are those of {one} ns and more in one record, and of {other} ns in another"
    )]
    SlowCall {
        /// The limit of the first of them.
        one: u64,
        /// The limit of another one.
        other: u64,
    },
}

/// Checks that the sum of these records says something.
pub(super) fn check(records: &[Record]) -> Result<(), MergeError> {
    let (first, rest) = records.split_first().ok_or(MergeError::NoRecord)?;
    for record in rest {
        if record.backend != first.backend {
            return Err(MergeError::Backend { one: first.backend, other: record.backend });
        }
        if record.detail != first.detail {
            return Err(MergeError::Detail { one: first.detail, other: record.detail });
        }
        if record.slow_call_ns != first.slow_call_ns {
            return Err(MergeError::SlowCall {
                one: first.slow_call_ns,
                other: record.slow_call_ns,
            });
        }
    }
    let mut programs = records.iter().filter_map(program_of);
    let Some(one) = programs.next() else { return Ok(()) };
    let Some(other) = programs.find(|other| *other != one) else { return Ok(()) };
    let (one, other) = (one.to_owned(), other.to_owned());
    if records.iter().any(|record| record.capture.redacted) {
        Err(MergeError::Placeholders { one, other })
    } else {
        Err(MergeError::Program { one, other })
    }
}

/// What the process runs with which watching began; none where that is not known.
fn program_of(record: &Record) -> Option<&str> {
    let program = record.root()?.command.program()?;
    // What the kernel adds once an update has replaced the file.
    Some(program.strip_suffix(" (deleted)").unwrap_or(program))
}
