//! Tasks of one thread, each of which takes one file after another.
//!
//! The usual form of a thread-per-core runtime: so many tasks keep its ring or its threads busy,
//! and a task for each file would only add to the queue. Left out on purpose: how a task is
//! spawned, and how a file is written or read, which are the runtime's.

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use ::whywait::Bytes;

use super::{Job, Work};

/// Tasks that a contestant spawns.
pub(super) const TASKS: usize = 64;

/// A job and the number of the next file.
#[derive(Debug)]
pub(super) struct Turns {
    job: Job,
    next: Cell<u32>,
}

/// What the next file needs: its path, and its content if it is to be written.
type NextFile = (PathBuf, Option<Bytes>);

impl Turns {
    /// All files of a job.
    pub(super) fn new(job: Job) -> Rc<Self> {
        Rc::new(Self { job, next: Cell::new(0) })
    }

    /// How many files there are.
    pub(super) fn files(&self) -> u32 {
        self.job.files
    }

    /// What one task does: files until there is none left; gives the bytes written or read.
    ///
    /// # Errors
    /// What a file's operation ended with.
    pub(super) async fn take(
        self: Rc<Self>,
        do_one: impl AsyncFn(NextFile) -> io::Result<usize>,
    ) -> io::Result<u64> {
        let mut bytes = 0;
        loop {
            let file = self.next.get();
            if file >= self.job.files {
                return Ok(bytes);
            }
            self.next.set(file + 1);
            let content = match self.job.work {
                Work::Read => None,
                Work::Write | Work::Random => Some(self.job.content.shared().unwrap_or_default()),
            };
            bytes += do_one((self.job.path(file), content)).await? as u64;
        }
    }
}
