//! Who takes part: a name, the work that it can do, and how it does it once.
//!
//! Left out on purpose: how each does it; one file per peer has that.

use crate::sample::Sample;
use crate::work::{Job, Work};
use crate::{chains, compio_peer, monoio_peer, raw, tokio_peer, whywait};

/// Why a sample, or the harness, could not go on.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A contestant that does its work in this process.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) works: &'static [Work],
    pub(crate) run: fn(Job) -> Result<Sample, Failure>,
}

/// Every peer, in the order of the table; a reference comes before those measured by it.
pub(crate) const PEERS: &[Peer] = &[
    Peer { name: "raw-1", works: &Work::ALL, run: |job| raw::run(&job, 1) },
    Peer { name: "raw-2", works: &Work::ALL, run: |job| raw::run(&job, 2) },
    Peer { name: "raw-uring", works: &[Work::Write, Work::Read], run: chains::run },
    Peer { name: "tokio", works: &Work::ALL, run: tokio_peer::run },
    Peer { name: "monoio", works: &[Work::Write, Work::Read], run: monoio_peer::run },
    Peer { name: "compio", works: &[Work::Write, Work::Read], run: compio_peer::run },
    Peer { name: "whywait blocking", works: &Work::ALL, run: |job| whywait::run(&job, "blocking") },
    Peer {
        name: "whywait thread-pool:2",
        works: &Work::ALL,
        run: |job| whywait::run(&job, "thread-pool:2"),
    },
    Peer {
        name: "whywait processes:2",
        works: &[Work::Random],
        run: |job| whywait::run(&job, "processes:2"),
    },
    Peer {
        name: "whywait epoll",
        works: &[Work::Write, Work::Read],
        run: |job| whywait::run(&job, "epoll"),
    },
    Peer {
        name: "whywait uring",
        works: &[Work::Write, Work::Read],
        run: |job| whywait::run(&job, "uring"),
    },
    Peer { name: "whywait auto", works: &Work::ALL, run: |job| whywait::run(&job, "auto") },
];

#[cfg(test)]
mod tests {
    use super::{Failure, PEERS};
    use crate::column::check_disk;
    use crate::raw;
    use crate::work::{Job, Work, total_bytes};

    #[test]
    fn every_peer_does_all_of_its_work() -> Result<(), Failure> {
        // whywait executes the program again, which libtest's is not made for.
        for peer in PEERS.iter().filter(|peer| !peer.name.starts_with("whywait")) {
            for work in peer.works {
                let directory = tempfile::tempdir()?;
                if *work == Work::Read {
                    raw::run(&Job::new(Work::Write, directory.path(), 100)?, 1)?;
                }
                let job = Job::new(*work, directory.path(), 100)?;
                let sample = (peer.run)(job)?;
                assert_eq!(
                    (sample.files, sample.bytes),
                    (100, total_bytes(100)),
                    "{} {work:?}",
                    peer.name
                );
                check_disk(directory.path(), 100)?;
            }
        }
        Ok(())
    }
}
