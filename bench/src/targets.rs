//! What whywait promises about its cost, as ratios to contestants of the same round.
//!
//! Left out on purpose: absolute times, which drift by half on a shared machine.

use crate::work::Work;

/// One promise: `contestant` takes at most `at_most` times what the fastest of `references`
/// takes.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) work: Work,
    pub(crate) contestant: &'static str,
    pub(crate) references: &'static [&'static str],
    pub(crate) at_most: f64,
}

const PEERS_THAT_READ: &[&str] = &["monoio", "tokio", "compio"];

const fn target(
    work: Work,
    contestant: &'static str,
    references: &'static [&'static str],
    at_most: f64,
) -> Target {
    Target { work, contestant, references, at_most }
}

/// Every promise, each to be kept on a disk and in memory.
pub(crate) const TARGETS: &[Target] = &[
    target(Work::Write, "whywait auto", &["raw-2"], 1.10),
    target(Work::Write, "whywait thread-pool:2", &["raw-2"], 1.10),
    target(Work::Write, "whywait blocking", &["raw-1"], 1.05),
    target(Work::Write, "whywait uring", &["raw-uring"], 1.10),
    target(Work::Write, "whywait epoll", &["tokio"], 0.80),
    target(Work::Read, "whywait auto", &["raw-2"], 1.15),
    target(Work::Read, "whywait epoll", &["raw-1"], 1.25),
    target(Work::Read, "whywait uring", &["raw-1"], 1.25),
    target(Work::Read, "whywait epoll", PEERS_THAT_READ, 0.50),
    target(Work::Read, "whywait uring", PEERS_THAT_READ, 0.50),
    target(Work::Random, "whywait processes:2", &["raw-2"], 1.10),
    target(Work::Random, "whywait thread-pool:2", &["raw-2"], 1.10),
];

/// The contestant by which the table measures another one in its last column.
pub(crate) fn reference(work: Work, contestant: &str) -> &'static str {
    let named =
        TARGETS.iter().find(|target| target.work == work && target.contestant == contestant);
    match named {
        Some(Target { references: [only], .. }) => only,
        _ if contestant == "raw-1" => "raw-1",
        _ => "raw-2",
    }
}
