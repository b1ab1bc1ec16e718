//! Finds a place on the disk where nothing was deleted lately.
//!
//! ext4 does not give out an inode again for up to six minutes after it was deleted
//! (`recently_deleted` in `fs/ext4/ialloc.c`) and goes past each such inode at every creation, so
//! that a run whose directory lies where others were removed takes ten times as long or more. A
//! directory below one that has the flag `T` (`chattr(1)`) goes to a block group chosen by its
//! name: a few names are tried until creation is as fast as usual. Other filesystems know neither
//! the flag nor the trouble.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};

/// Files made to see how fast it goes.
const PROBED: u32 = 400;

/// Places that are tried.
const TRIES: u32 = 12;

/// A place where a creation takes no longer is taken at once: 10 to 30 µs are the rule.
const FAST: Duration = Duration::from_micros(40);

/// A creation that takes longer goes past deleted inodes, on a busy machine too: 400 to 1400 µs
/// were seen there, and 90 µs where only some are in the way.
const SLOW: Duration = Duration::from_micros(200);

/// A new directory, and how fast files can be made in it.
pub(crate) struct Placement {
    pub(crate) directory: PathBuf,
    /// How long it takes to make a file; none where that is not known to be slow.
    pub(crate) slow: Option<Duration>,
}

/// Asks the filesystem to spread the directories below `root` over the disk; says whether it
/// will. Only ext4 and its like do.
pub(crate) fn spread_directories(root: &Path) -> bool {
    let spread = || -> io::Result<()> {
        let directory = File::open(root)?;
        let flags = ioctl_getflags(&directory)?;
        Ok(ioctl_setflags(&directory, flags | IFlags::TOPDIR)?)
    };
    spread().is_ok()
}

/// Makes a directory in `root`, whose directories are spread, where files can be made as fast as
/// usual, or as fast as it goes. What else it makes stays: deleting it would make the trouble
/// that it avoids.
pub(crate) fn find(root: &Path, prefix: &str) -> io::Result<Placement> {
    let mut fastest = None;
    for _ in 0..TRIES {
        let directory = make(root, prefix)?;
        let each = probe(&directory.join("probe"))?;
        if fastest.as_ref().is_none_or(|(least, _)| each < *least) {
            fastest = Some((each, directory));
        }
        if each <= FAST {
            break;
        }
    }
    let (each, directory) = fastest.expect("there was a first try");
    Ok(Placement { directory, slow: (each > SLOW).then_some(each) })
}

/// Makes a directory with a name of its own.
pub(crate) fn make(root: &Path, prefix: &str) -> io::Result<PathBuf> {
    Ok(tempfile::Builder::new().prefix(prefix).tempdir_in(root)?.keep())
}

/// How long it takes to make a file in a new directory.
fn probe(directory: &Path) -> io::Result<Duration> {
    fs::create_dir(directory)?;
    let started = Instant::now();
    for file in 0..PROBED {
        File::create_new(directory.join(file.to_string()))?;
    }
    Ok(started.elapsed() / PROBED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_in_the_root_and_goes_with_it() {
        let root = tempfile::tempdir().unwrap();
        spread_directories(root.path());
        let placement = find(root.path(), "run-").unwrap();
        assert!(placement.directory.starts_with(root.path()));
        assert!(placement.directory.is_dir());
        let path = root.path().to_path_buf();
        root.close().unwrap();
        assert!(!path.exists());
    }
}
