//! Reading a file that may be of any size and may vanish.
//!
//! Left out on purpose: what is in it.

use std::fs::File;
use std::io::Read;

/// The first `most_bytes` of a file; none if it cannot be read, which mostly means that the
/// process has ended.
pub(super) fn bounded_read(path: &str, most_bytes: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(most_bytes).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A file's first page, which is more than a file with one line has.
pub(super) fn small_read(path: &str) -> Option<Vec<u8>> {
    bounded_read(path, 4096)
}
