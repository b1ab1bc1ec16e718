//! Waits until a filesystem creates files at its usual speed.
//!
//! ext4 without a journal does not give out an inode again for a minute after it was deleted, and
//! for five more while its block is not written back (`recently_deleted` in `fs/ext4/ialloc.c`):
//! creation searches past all of them, 25 times slower as measured here. Left out on purpose: any
//! guess at who deleted.

use std::path::Path;
use std::time::{Duration, Instant};

use super::raw;
use super::{Job, Work};
use crate::failure::Failure;

/// Files made by one probe.
const PROBE: u32 = 200;
/// A creation, write and close takes 30 µs as a rule, and 700 µs where inodes were deleted.
const USUAL_S: f64 = 150e-6;
/// Between two probes.
const PAUSE: Duration = Duration::from_secs(15);
/// No inode counts as recently deleted for longer.
const LONGEST: Duration = Duration::from_secs(6 * 60);

/// Makes files in new directories under `place` until that is as fast as usual, or for
/// six minutes; says on stderr that it waits.
///
/// # Errors
/// When a file cannot be made.
pub(super) fn wait(place: &Path) -> Result<(), Failure> {
    let began = Instant::now();
    for probe in 0.. {
        let directory = place.join(format!("probe-{probe}"));
        std::fs::create_dir(&directory)?;
        let sample = raw::run(&Job::new(Work::Write, &directory, PROBE)?, 1)?;
        let each_s = sample.wall_s / f64::from(PROBE);
        if each_s <= USUAL_S {
            break;
        }
        let (place, each_us) = (place.display(), each_s * 1e6);
        if began.elapsed() + PAUSE > LONGEST {
            eprintln!("warning: creating a file in {place} still takes {each_us:.0} µs");
            break;
        }
        eprintln!("creating a file in {place} takes {each_us:.0} µs; waiting for it to pass");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
