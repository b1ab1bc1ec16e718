//! What whywait promises about its cost, beside contestants of the same round.
//!
//! Left out on purpose: absolute times, which drift by half on a shared machine. Memory does not.

/// One promise about a contestant's figures in some columns.
#[derive(Debug)]
pub(crate) struct Target {
    /// How the titles of its columns begin, in whole words.
    pub(crate) columns: &'static str,
    pub(crate) contestant: &'static str,
    pub(crate) promise: Promise,
}

/// What is promised.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Promise {
    /// At most so many times what the least of some others has.
    AtMostTimes(f64, &'static [&'static str]),
    /// Less than each of some others.
    Below(&'static [&'static str]),
    /// At least so many times what the least of some others has.
    AtLeastTimes(f64, &'static [&'static str]),
    /// At most so much, in the column's unit.
    AtMost(f64),
    /// At least so much, in the column's unit.
    AtLeast(f64),
}

/// Runtimes that do files.
const FILE_PEERS: &[&str] = &["tokio", "monoio", "compio", "glommio", "smol"];
/// Runtimes that serve, and the standard library.
const ECHO_PEERS: &[&str] =
    &["tokio", "monoio", "compio", "glommio", "smol", "libuv", "std threads"];

const fn target(columns: &'static str, contestant: &'static str, promise: Promise) -> Target {
    Target { columns, contestant, promise }
}

/// Every promise.
pub(crate) const TARGETS: &[Target] = &[
    target("write", "whywait auto", Promise::AtMostTimes(1.10, &["raw-2"])),
    target("write", "whywait thread-pool:2", Promise::AtMostTimes(1.10, &["raw-2"])),
    target("write", "whywait blocking", Promise::AtMostTimes(1.05, &["raw-1"])),
    target("write", "whywait uring", Promise::AtMostTimes(1.10, &["raw-uring"])),
    target("write", "whywait epoll", Promise::AtMostTimes(0.80, &["tokio"])),
    target("write", "whywait auto", Promise::Below(FILE_PEERS)),
    target("read", "whywait auto", Promise::AtMostTimes(1.15, &["raw-2"])),
    target("read", "whywait epoll", Promise::AtMostTimes(1.25, &["raw-1"])),
    target("read", "whywait uring", Promise::AtMostTimes(1.25, &["raw-1"])),
    target("read", "whywait epoll", Promise::AtMostTimes(0.50, FILE_PEERS)),
    target("read", "whywait uring", Promise::AtMostTimes(0.50, FILE_PEERS)),
    target("read", "whywait auto", Promise::Below(FILE_PEERS)),
    target("random", "whywait processes:2", Promise::AtMostTimes(1.10, &["raw-2"])),
    target("random", "whywait thread-pool:2", Promise::AtMostTimes(1.10, &["raw-2"])),
    target("echo", "whywait uring", Promise::AtMostTimes(1.05, &["raw-uring"])),
    target("echo", "whywait uring", Promise::Below(ECHO_PEERS)),
    target("echo", "whywait epoll", Promise::AtMostTimes(1.05, &["raw-epoll"])),
    target("echo", "whywait epoll", Promise::Below(&["tokio", "libuv", "smol"])),
    target("echo", "whywait threads", Promise::AtMostTimes(1.05, &["std threads"])),
    target("memory 10000", "whywait uring", Promise::AtMost(1000.0)),
    target("memory 10000", "whywait epoll", Promise::AtMost(600.0)),
    target("timer-lateness", "whywait uring", Promise::AtMost(5.0)),
    target("timer-lateness", "whywait epoll", Promise::AtMost(5.0)),
    target("timer-memory", "whywait uring", Promise::AtMost(150.0)),
    target("timer-memory", "whywait epoll", Promise::AtMost(150.0)),
    target("instructions", "whywait poll", Promise::AtMostTimes(1.02, &["old poll"])),
    target("instructions", "whywait epoll", Promise::AtMostTimes(1.02, &["old epoll"])),
    target("instructions", "whywait uring", Promise::AtMostTimes(1.02, &["old uring"])),
    target("instructions", "whywait threads", Promise::AtMostTimes(1.02, &["old threads"])),
    target("throughput", "whywait full", Promise::AtLeastTimes(0.95, &["empty tp_btf"])),
    target("throughput", "whywait light", Promise::AtLeast(0.98)),
    target("server-cpu", "whywait full", Promise::AtMostTimes(1.10, &["empty tp_btf"])),
    target("server-cpu", "whywait light", Promise::AtMost(1.03)),
    target("explain-true", "whywait full", Promise::AtMost(250.0)),
    target("explain-true", "whywait light", Promise::AtMost(250.0)),
    target("crowd-memory", "whywait full", Promise::AtMost(64.0)),
    target("crowd-memory", "whywait light", Promise::AtMost(64.0)),
];

impl Target {
    /// Whether it says something about the column of that title.
    pub(crate) fn is_about(&self, title: &str) -> bool {
        let rest = title.strip_prefix(self.columns);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }
}

/// The contestant by which the table measures another one in its last column.
pub(crate) fn reference(title: &str, contestant: &str) -> Option<&'static str> {
    let of = |target: &Target| match target.promise {
        Promise::AtMostTimes(_, &[only]) | Promise::AtLeastTimes(_, &[only])
            if target.contestant == contestant && target.is_about(title) =>
        {
            Some(only)
        }
        _ => None,
    };
    TARGETS.iter().find_map(of).or(match title.split(' ').next() {
        Some("write" | "read" | "random") if contestant == "raw-1" => Some("raw-1"),
        Some("write" | "read" | "random") => Some("raw-2"),
        Some("echo" | "rate" | "memory" | "instructions") => Some("raw-uring"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Promise, reference, target};

    #[test]
    fn a_promise_is_about_whole_words() {
        let target = target("echo", "whywait uring", Promise::AtMost(1.0));
        assert!(target.is_about("echo 50") && target.is_about("echo"));
        assert!(!target.is_about("echoes 50"));
    }

    #[test]
    fn a_reference_is_that_of_the_promise() {
        assert_eq!(reference("echo 50", "whywait epoll"), Some("raw-epoll"));
        assert_eq!(reference("echo 50", "tokio"), Some("raw-uring"));
        assert_eq!(reference("timer-memory", "tokio"), None);
    }
}
