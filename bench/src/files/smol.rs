//! smol: async-fs, whose threads do the work, and a `LocalExecutor`.
//!
//! Left out on purpose: random content, for which there is no target.

use std::time::Instant;

use ::smol::LocalExecutor;

use super::take_turns::{TASKS, Turns};
use super::{Job, Sample};
use crate::failure::Failure;

/// Does the job with a task on this thread for each file in progress.
///
/// # Errors
/// When a file cannot be written or read.
pub(super) fn run(job: Job) -> Result<Sample, Failure> {
    let turns = Turns::new(job);
    let files = turns.files();
    let executor = LocalExecutor::new();
    ::smol::block_on(executor.run(async {
        let began = Instant::now();
        let task = |_| {
            executor.spawn(turns.clone().take(async |(path, content)| match content {
                None => Ok(::smol::fs::read(path).await?.len()),
                Some(data) => {
                    let length = data.len();
                    ::smol::fs::write(path, data).await.map(|()| length)
                }
            }))
        };
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut bytes = 0;
        for task in tasks {
            bytes += task.await?;
        }
        Ok(Sample::new(began.elapsed(), bytes, files))
    }))
}
