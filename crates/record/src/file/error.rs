//! Why a file cannot be read as a record.

use std::io;

use thiserror::Error;

/// Why a file cannot be read as a record.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is something else.
    #[error("it is no record of whywait: {why}")]
    NotARecord {
        /// What shows that.
        why: String,
    },
    /// Its format has a number that this build does not know.
    #[error("its format is {format}, and this whywait reads whywait.record/{known}")]
    Newer {
        /// Its format.
        format: String,
        /// The number that this build reads.
        known: u32,
    },
    /// Its system calls have the numbers of an architecture for which there is no table.
    #[error("it was made on {architecture}, and this whywait has no table of its system calls")]
    Architecture {
        /// The architecture, as Rust names it.
        architecture: String,
    },
    /// Its end is missing.
    #[error("it is cut off after {lines} lines")]
    CutOff {
        /// Lines that are whole.
        lines: u64,
    },
    /// It cannot have been written like this.
    #[error("it is damaged in line {line}: {why}")]
    Damaged {
        /// The line, from 1, of the uncompressed text.
        line: u64,
        /// What is wrong there.
        why: String,
    },
    /// It is larger than any record.
    #[error("it has more than {limit} bytes {of}, which no record has")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Of what, such as `in a line`.
        of: &'static str,
    },
    /// The system failed to read it.
    #[error(transparent)]
    Io(#[from] io::Error),
}
