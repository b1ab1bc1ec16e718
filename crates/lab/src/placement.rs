//! Finds a place on the disk where nothing was deleted lately.
//!
//! ext4 does not give out an inode again for up to six minutes after it was deleted
//! (`recently_deleted` in `fs/ext4/ialloc.c`) and goes past each such inode at every creation, so
//! that a comparison which runs soon after another one would be slower by a factor of ten or
//! more, and not the same factor for each model. A directory below one that has the flag `T`
//! (`chattr(1)`) goes to a block group chosen by its name: a few names are tried until creation
//! is as fast as usual. Other filesystems know neither the flag nor the trouble.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};

/// Files made to see how fast it goes.
const PROBED: u32 = 100;

/// Places that are tried.
const TRIES: u32 = 12;

/// A creation that takes longer goes past deleted inodes: it takes 10 to 50 µs as a rule, on
/// busy machines too, and 400 to 1400 µs there.
const USUAL: Duration = Duration::from_micros(200);

/// A directory to make the runs' directories in, and how long it takes there to make a file.
pub(crate) struct Placement {
    pub(crate) directory: PathBuf,
    /// None where it is as fast as usual.
    pub(crate) slow: Option<Duration>,
}

/// Makes such a directory in `root`. What else it makes stays there: deleting it would make the
/// trouble that it avoids.
pub(crate) fn find(root: &Path) -> io::Result<Placement> {
    spread_directories(root);
    let mut fastest: Option<(Duration, PathBuf)> = None;
    for attempt in 0..TRIES {
        let directory = tempfile::Builder::new().prefix("at-").tempdir_in(root)?.keep();
        let each = probe(&directory.join("probe"))?;
        if each <= USUAL {
            return Ok(Placement { directory, slow: None });
        }
        if fastest.as_ref().is_none_or(|(least, _)| each < *least) || attempt == 0 {
            fastest = Some((each, directory));
        }
    }
    let (each, directory) = fastest.expect("there was a first attempt");
    Ok(Placement { directory, slow: Some(each) })
}

/// Asks ext4 to spread the directories below `root` over the disk. Where it is not ext4 the
/// request is refused, and nothing is lost.
fn spread_directories(root: &Path) {
    let _ = File::open(root).and_then(|directory| {
        let flags = ioctl_getflags(&directory)?;
        Ok(ioctl_setflags(&directory, flags | IFlags::TOPDIR)?)
    });
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
        let placement = find(root.path()).unwrap();
        assert!(placement.directory.starts_with(root.path()));
        assert!(placement.directory.is_dir());
        let path = root.path().to_path_buf();
        root.close().unwrap();
        assert!(!path.exists());
    }
}
