//! How long a blocking socket waits in a call: `SO_RCVTIMEO` or `SO_SNDTIMEO` (socket(7)).
//!
//! Setting one is a system call as dear as a short receive, so what is set is remembered, and a
//! limit is rounded so that deadlines which are about as far away as the last one need no other.
//!
//! Left out on purpose: making the call, and trying again when a rounded limit passes before the
//! deadline does (`perform` does both).

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The kernel waits without a limit, as it does on a new socket.
const NEVER_SET: u32 = 0;
/// The same, after there was a limit.
const LIFTED: u32 = u32::MAX;
/// The socket has what the socket that accepted it had at that time.
const INHERITED: u32 = u32::MAX - 1;
/// The longest limit in µs: 36 min. A longer wait is several.
const LONGEST: u32 = 1 << 31;

/// The limit that a socket has in one direction, as far as it is known.
#[derive(Debug)]
pub(crate) struct WaitLimit(AtomicU32);

impl WaitLimit {
    /// That of a new socket.
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(NEVER_SET))
    }

    /// That of a socket which one with this limit accepts: Linux copies the limits that the
    /// listening socket has when the connection comes, which may be another than now.
    pub(crate) fn of_accepted(&self) -> Self {
        let limit = match self.0.load(Ordering::Relaxed) {
            NEVER_SET => NEVER_SET,
            _ => INHERITED,
        };
        Self(AtomicU32::new(limit))
    }

    /// Whether the socket has none, as far as is known.
    #[inline]
    pub(crate) fn is_unlimited(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), NEVER_SET | LIFTED)
    }

    /// Notes that the socket will get this limit; says whether it has another one now.
    pub(crate) fn change(&self, limit: Option<Duration>) -> bool {
        let wanted = limit.map_or(LIFTED, micros);
        let known = self.0.load(Ordering::Relaxed);
        if known == wanted || (known == NEVER_SET && wanted == LIFTED) {
            return false;
        }
        self.0.store(wanted, Ordering::Relaxed);
        true
    }

    /// Notes that the socket did not get the limit: it has one that is not known.
    pub(crate) fn forget(&self) {
        self.0.store(INHERITED, Ordering::Relaxed);
    }
}

/// A limit for a wait of up to `left`: the greatest power of two µs in it.
pub(crate) fn rounded(left: Duration) -> Duration {
    Duration::from_micros(1 << micros(left).ilog2())
}

/// In µs, at least one: zero would be no limit to the kernel.
fn micros(limit: Duration) -> u32 {
    limit.as_micros().clamp(1, LONGEST.into()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn deadlines_about_as_far_away_need_one_call() {
        let limit = WaitLimit::new();
        let left = [30_000, 29_999, 29_998, 30_000].map(Duration::from_millis);
        let changes = left.map(|left| limit.change(Some(rounded(left))));
        assert_eq!(changes, [true, false, false, false]);
        assert!(limit.change(None), "an op without a deadline waits for as long as it takes");
        assert!(!limit.change(None));
    }

    #[test]
    fn a_socket_without_deadlines_needs_no_call() {
        let limit = WaitLimit::new();
        assert!(limit.is_unlimited() && !limit.change(None));
        limit.change(Some(SECOND));
        assert!(!limit.is_unlimited());
        limit.change(None);
        assert!(limit.is_unlimited() && !limit.of_accepted().is_unlimited());
    }

    #[test]
    fn a_limit_is_never_longer_than_what_is_left() {
        for nanos in [0, 1, 1_000, 1_500, 999_999_999, 30_000_000_000, u64::MAX] {
            let left = Duration::from_nanos(nanos);
            let limit = rounded(left);
            assert!(limit <= left.max(Duration::from_micros(1)), "{left:?}: {limit:?}");
            assert!(limit * 2 > left || limit == Duration::from_micros(LONGEST.into()), "{left:?}");
        }
    }

    #[test]
    fn an_accepted_socket_is_set_anew() {
        let listening = WaitLimit::new();
        assert!(!listening.of_accepted().change(None), "there was nothing to inherit");
        listening.change(Some(SECOND));
        assert!(listening.of_accepted().change(None));
        listening.change(None);
        let accepted = listening.of_accepted();
        assert!(accepted.change(None), "it may have come while there was a limit");
        assert!(!accepted.change(None));
    }
}
