//! A point in a thread's life.
//!
//! Left out on purpose: what came of the time between two of them ([`Cost`](super::Cost)).

use std::time::Duration;

use super::{Moment, ThreadTime};

/// When, and what the calling thread had used by then.
///
/// The clock and the kernel's accounts are read one after another. A thread that loses its CPU in
/// between would have waited for it before that time by one of them and after it by the other, so
/// they are read again then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadMark {
    pub(crate) at: Moment,
    pub(crate) time: ThreadTime,
}

impl ThreadMark {
    /// Now, with accounts that are at most some 50 µs old.
    pub(crate) fn now() -> Self {
        const APART: Duration = Duration::from_micros(50);
        const TRIES: u32 = 5;
        let mut closest = Self::read();
        for _ in 1..TRIES {
            if closest.0 <= APART {
                break;
            }
            let again = Self::read();
            if again.0 <= closest.0 {
                closest = again;
            }
        }
        closest.1
    }

    /// One reading, and how long it took.
    fn read() -> (Duration, Self) {
        let began = Moment::now();
        let time = ThreadTime::now();
        let at = Moment::now();
        (at.since(began), Self { at, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_uses_no_more_than_the_time_that_passes() {
        for _ in 0..1000 {
            let (began, ended) = (ThreadMark::now(), ThreadMark::now());
            let used = ended.time - began.time;
            // The accounts of the earlier mark may be older than it by what reading them took.
            let passed = ended.at.since(began.at) + Duration::from_millis(1);
            assert!(used.running + used.runnable <= passed, "{began:?} {ended:?}");
        }
    }
}
