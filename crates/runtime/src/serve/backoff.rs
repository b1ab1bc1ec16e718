//! What to do when a connection cannot be accepted.

use std::io;
use std::time::Duration;

use rustix::io::Errno;

/// The first pause.
const SHORTEST: Duration = Duration::from_millis(5);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(1);

/// Pauses that double while things do not get better.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

/// What to do after an accept that failed.
#[derive(Debug)]
pub(super) enum Next {
    /// Accept the next one: this connection is gone.
    Again,
    /// Wait for somebody to give back what is short. The connection waits too.
    Pause(Duration),
    /// The listening socket is of no use any more.
    GiveUp(io::Error),
}

impl Default for Backoff {
    fn default() -> Self {
        Self(SHORTEST)
    }
}

impl Backoff {
    /// Things are well again.
    pub(super) fn reset(&mut self) {
        self.0 = SHORTEST;
    }

    /// The pause to make now; the next one is twice as long.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (2 * pause).min(LONGEST);
        pause
    }

    /// What `error` of `accept4(2)` asks for.
    pub(super) fn after(&mut self, error: io::Error) -> Next {
        match Errno::from_io_error(&error) {
            Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                Next::Pause(self.pause())
            }
            // The man page's list of errors that are the new connection's own, and of those
            // that a firewall gives.
            Some(
                Errno::CONNABORTED
                | Errno::INTR
                | Errno::PERM
                | Errno::NETDOWN
                | Errno::PROTO
                | Errno::NOPROTOOPT
                | Errno::HOSTDOWN
                | Errno::NONET
                | Errno::HOSTUNREACH
                | Errno::OPNOTSUPP
                | Errno::NETUNREACH,
            ) => Next::Again,
            _ => Next::GiveUp(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(backoff: &mut Backoff, errno: Errno) -> u128 {
        match backoff.after(errno.into()) {
            Next::Pause(pause) => pause.as_millis(),
            other => panic!("{errno}: {other:?}"),
        }
    }

    #[test]
    fn pauses_double_up_to_a_second_and_begin_anew() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..10).map(|_| pause(&mut backoff, Errno::MFILE)).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        backoff.reset();
        assert_eq!(pause(&mut backoff, Errno::NOBUFS), 5);
    }

    #[test]
    fn a_connection_that_is_gone_is_no_reason_to_wait_and_a_bad_socket_one_to_end() {
        let mut backoff = Backoff::default();
        assert!(matches!(backoff.after(Errno::CONNABORTED.into()), Next::Again));
        assert!(matches!(backoff.after(Errno::BADF.into()), Next::GiveUp(_)));
    }
}
