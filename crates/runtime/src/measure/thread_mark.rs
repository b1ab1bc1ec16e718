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
    /// Where something begins: what reading the accounts takes is before it.
    pub(crate) fn of_beginning() -> Self {
        let closest = Reading::closest();
        Self { at: closest.after, time: closest.time }
    }

    /// Where something ends: what reading the accounts takes is after it.
    pub(crate) fn of_end() -> Self {
        let closest = Reading::closest();
        Self { at: closest.before, time: closest.time }
    }
}

/// The accounts, between two looks at the clock.
struct Reading {
    before: Moment,
    time: ThreadTime,
    after: Moment,
}

impl Reading {
    /// The first that was quick enough; of several that were not, the quickest.
    fn closest() -> Self {
        const APART: Duration = Duration::from_micros(50);
        const TRIES: u32 = 5;
        let mut closest = Self::now();
        for _ in 1..TRIES {
            if closest.length() <= APART {
                break;
            }
            let again = Self::now();
            if again.length() <= closest.length() {
                closest = again;
            }
        }
        closest
    }

    fn now() -> Self {
        let before = Moment::now();
        let time = ThreadTime::now();
        Self { before, time, after: Moment::now() }
    }

    fn length(&self) -> Duration {
        self.after.since(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_uses_no_more_than_the_time_that_passes() {
        for _ in 0..1000 {
            let (began, ended) = (ThreadMark::of_beginning(), ThreadMark::of_end());
            let used = ended.time - began.time;
            // The accounts are older or newer than the marks by what reading them took.
            let passed = ended.at.since(began.at) + Duration::from_millis(1);
            assert!(used.running + used.runnable <= passed, "{began:?} {ended:?}");
        }
    }
}
