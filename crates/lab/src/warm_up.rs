//! Touches as much page cache as the comparison will use.
//!
//! In a virtual machine the first touch of a page makes the host find memory for it, which can
//! double the time of a write; whoever ran first would pay for all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::machine::memory_bytes;

/// Bytes written at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Most bytes that are touched.
const MOST_BYTES: u64 = 2 << 30;

/// Writes a file of `bytes` in `directory` and removes it; less if memory or room is scarce.
pub(crate) fn touch(directory: &Path, bytes: u64, room: u64) -> io::Result<()> {
    let bytes = bytes.min(MOST_BYTES).min(room / 2).min(memory_bytes("MemAvailable:") / 4);
    let path = directory.join("warm-up");
    let mut file = File::create_new(&path)?;
    let piece = vec![0x55; PIECE_BYTES];
    let written = (0..bytes / PIECE_BYTES as u64).try_for_each(|_| file.write_all(&piece));
    drop(file);
    std::fs::remove_file(&path)?;
    written
}
