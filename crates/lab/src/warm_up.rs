//! Touches as much page cache as the comparison will use.
//!
//! In a virtual machine the first touch of a page makes the host find memory for it, which can
//! double the time of a write; whoever ran first would pay for all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Bytes written at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Most bytes that are touched.
const MOST_BYTES: u64 = 2 << 30;

/// Writes a file of `bytes` in `directory` and removes it; less if memory or room is scarce.
pub(crate) fn touch(directory: &Path, bytes: u64, room: u64) -> io::Result<()> {
    let bytes = bytes.min(MOST_BYTES).min(room / 2).min(available_memory_bytes() / 4);
    let path = directory.join("warm-up");
    let mut file = File::create_new(&path)?;
    let piece = vec![0x55; PIECE_BYTES];
    let written = (0..bytes / PIECE_BYTES as u64).try_for_each(|_| file.write_all(&piece));
    drop(file);
    std::fs::remove_file(&path)?;
    written
}

fn available_memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
