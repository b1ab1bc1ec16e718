//! A record as a file.
//!
//! The file is gzip (RFC 1952) over lines of JSON, so `zcat FILE | jq` reads it. Each line is an
//! object with one field, which says what the line holds:
//!
//! | field | how many | what |
//! |---|---|---|
//! | `header` | one, the first line | the format, the architecture, and all of a [`Record`](crate::Record) that is no list |
//! | `process` | any | a process without its threads |
//! | `thread` | any | a thread of the last process before it |
//! | `descriptor` | any | the descriptor whose id is the number of such lines before it |
//! | `wake`, `slow_call` | any | one element of the list |
//! | `timeline` | at most one | what a [`Timeline`](crate::Timeline) has beside its lists |
//! | `interval`, `edge` | any, after `timeline` | one element of its lists |
//! | `end` | one, the last line | how many lines there are before it, so that a cut-off file is noticed |
//!
//! A reader ignores fields, and lines whose field it does not know. A change that older readers
//! would get wrong raises the number in `format`.

mod error;
mod header;
mod line;
mod read;
mod schema;
mod write;

pub use error::ReadError;
pub use read::{read, read_lines};
pub use schema::schema;
pub use write::write;

/// What the file is, without the number of its version.
const NAME: &str = "whywait.record";

/// The version that this build writes, and reads.
const VERSION: u32 = 1;

/// The architecture whose numbers the system calls have.
const ARCHITECTURE: &str = "x86_64";

/// The longest line that is read, in bytes. A thread has at most a few hundred kinds of calls and
/// waits, each below 2 KiB.
const MOST_LINE_BYTES: u64 = 16 << 20;

/// The most that is read of one file, uncompressed, in bytes. 10,000 threads with all the calls
/// and waits that there is room for are less.
const MOST_BYTES: u64 = 1 << 30;

#[cfg(test)]
mod tests;
