//! Writing and reading many small files: what each contestant needs for it.
//!
//! A contestant is one file, written as its runtime's documentation advises, and one line in
//! [`PEERS`]. Each sample is a process of its own (this program, executed again as `sample NAME`).
//! Left out on purpose: large files, for which all contestants wait for the same memory.

mod chains;
mod compio;
mod files_race;
mod glommio;
mod monoio;
mod place;
mod raw;
mod recently_deleted;
mod sample;
mod smol;
mod take_turns;
mod tokio;
mod whywait;
mod work;

pub(crate) use files_race::FilesRace;
pub(crate) use place::Place;
pub(crate) use sample::{Sample, run};
pub(crate) use work::{FILE_BYTES, Job, Work};

use crate::failure::Failure;

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
    Peer { name: "tokio", works: &Work::ALL, run: tokio::run },
    Peer { name: "monoio", works: &[Work::Write, Work::Read], run: monoio::run },
    Peer { name: "compio", works: &[Work::Write, Work::Read], run: compio::run },
    Peer { name: "glommio", works: &[Work::Write, Work::Read], run: glommio::run },
    Peer { name: "smol", works: &[Work::Write, Work::Read], run: smol::run },
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
    use super::files_race::check_disk;
    use super::work::total_bytes;
    use super::{Job, PEERS, Work, raw};
    use crate::failure::Failure;

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
