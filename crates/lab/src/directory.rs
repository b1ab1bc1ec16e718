//! The working files of a comparison.
//!
//! Everything stands in one fresh directory of our own making, which goes at the end, on errors
//! and interruptions too. Nothing else is ever deleted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use whywait_report::Place;

use crate::placement;

/// Working files past this are removed between rounds.
const KEPT_BYTES: u64 = 2 << 30;

/// The directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It is not there, or is no directory.
    #[error("{}: {source}; --dir names an existing directory", path.display())]
    Missing {
        /// The directory that was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing can be made in it.
    #[error("cannot make a directory in {}: {source}; choose another with --dir", path.display())]
    Unusable {
        /// The directory that was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has not enough room.
    #[error(
        "{} has {free} free, and one run of this plan needs {needed}; make room, choose another \
         directory with --dir, or make the plan smaller", path.display()
    )]
    TooSmall {
        /// The directory that was asked for.
        path: PathBuf,
        /// What is free, with its unit.
        free: String,
        /// What is needed, with its unit.
        needed: String,
    },
}

/// The one directory that holds all working files; dropping it removes them.
pub(crate) struct WorkingDirectory {
    root: TempDir,
    /// In which directories the runs make their files.
    place: Place,
    /// How long it takes to make a file in the slowest run's directory, where that is unusual.
    slow: Option<Duration>,
    runs: Vec<PathBuf>,
    made: usize,
    bytes: u64,
    /// What may stand in it at once.
    room_bytes: u64,
}

impl WorkingDirectory {
    /// Makes a fresh directory in `parent`, with room for so many bytes at once. Fast places are
    /// looked for if they are wanted and the filesystem spreads directories over the disk.
    pub(crate) fn make(
        parent: &Path,
        wanted: Place,
        room_bytes: u64,
    ) -> Result<Self, DirectoryError> {
        let missing = |source| DirectoryError::Missing { path: parent.to_path_buf(), source };
        if !fs::metadata(parent).map_err(missing)?.is_dir() {
            return Err(missing(io::ErrorKind::NotADirectory.into()));
        }
        let unusable = |source| DirectoryError::Unusable { path: parent.to_path_buf(), source };
        let parent_absolute = parent.canonicalize().map_err(unusable)?;
        let root = tempfile::Builder::new().prefix("whywait-").tempdir_in(parent_absolute);
        let root = root
            // The name that was tried, which the error ends with, says nothing to anybody.
            .map_err(|error| unusable(error.kind().into()))?;
        let fast = wanted == Place::Fast && placement::spread_directories(root.path());
        let place = if fast { Place::Fast } else { Place::Plain };
        Ok(Self { root, place, slow: None, runs: Vec::new(), made: 0, bytes: 0, room_bytes })
    }

    /// How long it takes to make a file in the slowest run's directory, if that was unusual.
    pub(crate) fn slow_creation(&self) -> Option<Duration> {
        self.slow
    }

    /// In which directories the runs make their files.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// A fresh directory for a run that leaves up to `bytes`, with what must stand in it before.
    pub(crate) fn run(
        &mut self,
        bytes: u64,
        needed: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<PathBuf> {
        let prefix = format!("run-{}-", self.made);
        let place = if self.place == Place::Fast && bytes > 0 {
            let placement = placement::find(self.root.path(), &prefix)?;
            self.slow = self.slow.max(placement.slow);
            placement.directory
        } else {
            placement::make(self.root.path(), &prefix)?
        };
        self.made += 1;
        self.bytes += bytes;
        let path = place.join("files");
        fs::create_dir(&path)?;
        self.runs.push(place);
        for directory in needed {
            fs::create_dir_all(path.join(directory))?;
        }
        Ok(path)
    }

    /// Whether so many bytes more would make more than is kept from one round to the next.
    pub(crate) fn is_over_with(&self, bytes: u64) -> bool {
        self.bytes.saturating_add(bytes) > KEPT_BYTES
    }

    /// Whether there is no room for so many bytes more.
    pub(crate) fn is_full(&self, bytes: u64) -> bool {
        self.bytes > 0 && self.bytes.saturating_add(bytes) > self.room_bytes
    }

    /// Removes the directories of all runs so far; gives how many bytes they took at most.
    pub(crate) fn remove_runs(&mut self) -> io::Result<u64> {
        for run in self.runs.drain(..) {
            fs::remove_dir_all(run)?;
        }
        Ok(std::mem::take(&mut self.bytes))
    }

    /// Removes everything, and tells if it could not.
    pub(crate) fn close(self) -> io::Result<()> {
        self.root.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_goes() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("precious"), "kept").unwrap();
        let mut working = WorkingDirectory::make(parent.path(), Place::Fast, u64::MAX).unwrap();
        let run = working.run(10, [PathBuf::from("out/deep")]).unwrap();
        assert!(run.join("out/deep").is_dir());
        fs::write(run.join("out/file"), "goes").unwrap();
        // A link out of the directory goes, not what it points to.
        std::os::unix::fs::symlink(parent.path(), run.join("link")).unwrap();
        drop(working);
        let left: Vec<_> = fs::read_dir(parent.path()).unwrap().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(fs::read_to_string(parent.path().join("precious")).unwrap(), "kept");
    }

    #[test]
    fn a_plain_place_is_the_directory_as_it_is() {
        let parent = tempfile::tempdir().unwrap();
        let mut working = WorkingDirectory::make(parent.path(), Place::Plain, u64::MAX).unwrap();
        assert_eq!(working.place(), Place::Plain);
        let run = working.run(10, []).unwrap();
        let beside: Vec<_> = fs::read_dir(run.parent().unwrap()).unwrap().collect();
        assert_eq!(beside.len(), 1, "nothing was probed");
        assert_eq!(working.slow_creation(), None);
    }

    #[test]
    fn runs_past_what_may_be_kept_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let mut working =
            WorkingDirectory::make(parent.path(), Place::Plain, KEPT_BYTES + 15).unwrap();
        let first = working.run(10, []).unwrap();
        assert!(!working.is_over_with(10) && !working.is_full(KEPT_BYTES));
        working.run(KEPT_BYTES, []).unwrap();
        assert!(working.is_over_with(0) && working.is_full(10) && !working.is_full(5));
        assert_eq!(working.remove_runs().unwrap(), KEPT_BYTES + 10);
        assert!(!first.exists() && working.path().exists());
        assert!(!working.is_over_with(KEPT_BYTES) && !working.is_full(u64::MAX));
    }

    #[test]
    fn a_parent_that_is_no_directory_is_named() {
        for path in ["/nowhere/at/all", "/proc/self/stat"] {
            let error = WorkingDirectory::make(Path::new(path), Place::Fast, 0).err().unwrap();
            assert!(matches!(error, DirectoryError::Missing { .. }), "{error}");
            assert!(error.to_string().contains(path), "{error}");
        }
    }

    #[test]
    fn a_parent_that_takes_nothing_is_named() {
        let error = WorkingDirectory::make(Path::new("/proc"), Place::Fast, 0).err().unwrap();
        assert!(matches!(error, DirectoryError::Unusable { .. }), "{error}");
    }
}
