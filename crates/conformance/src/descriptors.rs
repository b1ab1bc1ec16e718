//! Counts this process's descriptors.

use std::thread;
use std::time::{Duration, Instant};

/// How many descriptors are open. Checks that ask run alone in their process.
pub(crate) fn open_descriptors() -> usize {
    let listing = std::fs::read_dir("/proc/self/fd").expect("/proc is mounted");
    listing.count()
}

/// Asserts that no more descriptors are open than `before`. A driver's helper threads and the
/// kernel's workers may take a moment to let go, which is not what is examined.
#[track_caller]
pub(crate) fn assert_no_more_than(before: usize) {
    let limit = Instant::now() + Duration::from_secs(20);
    while open_descriptors() > before {
        assert!(
            Instant::now() < limit,
            "{} descriptors are open, {before} were before",
            open_descriptors()
        );
        thread::sleep(Duration::from_millis(5));
    }
}
