//! A filesystem on which samples are taken.
//!
//! Left out on purpose: mount options and devices, which do not change a ratio of two neighbours.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Job, Work, raw, recently_deleted};
use crate::failure::Failure;

/// A filesystem to work on.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) filesystem: &'static str,
    /// Removed with all that is in it when the harness ends.
    pub(crate) directory: TempDir,
}

impl Place {
    /// A new directory under `parent`.
    ///
    /// # Errors
    /// Names `parent` when nothing can be made there.
    pub(crate) fn new(parent: &Path) -> Result<Self, Failure> {
        let within = |error| format!("cannot work in {}: {error}", parent.display());
        let directory = tempfile::Builder::new().prefix("whywait-bench-").tempdir_in(parent);
        let directory = directory.map_err(within)?;
        let kind = rustix::fs::statfs(directory.path())?.f_type;
        Ok(Self { filesystem: filesystem_name(kind as u64), directory })
    }

    /// Where the files to read are.
    pub(crate) fn source(&self) -> PathBuf {
        self.directory.path().join("source")
    }

    /// Checks that there is room for so many bytes.
    ///
    /// # Errors
    /// Names both numbers when there is not.
    pub(crate) fn check_space(&self, need: u64) -> Result<(), Failure> {
        let space = rustix::fs::statvfs(self.directory.path())?;
        let free = space.f_bavail * space.f_frsize;
        if free < need {
            let place = self.directory.path().display();
            let advice = "take fewer rounds or another directory";
            return Err(format!("{place}: {need} bytes needed, {free} free; {advice}").into());
        }
        Ok(())
    }

    /// Waits for the usual speed, makes the files to read, and reads them once so that they are in the page cache.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub(crate) fn prepare(&self, files: u32) -> Result<(), Failure> {
        recently_deleted::wait(self.directory.path())?;
        std::fs::create_dir(self.source())?;
        raw::run(&Job::new(Work::Write, &self.source(), files)?, 1)?;
        raw::run(&Job::new(Work::Read, &self.source(), files)?, 1)?;
        Ok(())
    }
}

/// The filesystems that `statfs(2)` gives these numbers for.
fn filesystem_name(kind: u64) -> &'static str {
    match kind {
        0xEF53 => "ext4",
        0x0102_1994 => "tmpfs",
        0x5846_5342 => "xfs",
        0x9123_683E => "btrfs",
        0x794C_7630 => "overlayfs",
        _ => "other",
    }
}
