//! Whether the working files have room.

use std::path::Path;

use rustix::fs::statvfs;
use whywait_plan::{Plan, size_text};

use crate::DirectoryError;

/// Room that is left alone: a filesystem that is full to the last block hurts others.
const SPARED_BYTES: u64 = 16 << 20;

/// How many bytes of working files may stand in `directory` at once.
///
/// # Errors
/// [`DirectoryError::TooSmall`] when that is not enough for one run of `plan`.
pub(crate) fn room_for(plan: &Plan, directory: &Path) -> Result<u64, DirectoryError> {
    let path = || directory.to_path_buf();
    let found = statvfs(directory)
        .map_err(|error| DirectoryError::Missing { path: path(), source: error.into() })?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let room = free.saturating_sub(SPARED_BYTES.min(free / 8));
    let needed = plan.disk_bytes();
    if needed <= room {
        return Ok(room);
    }
    Err(DirectoryError::TooSmall { path: path(), free: size_text(free), needed: size_text(needed) })
}
