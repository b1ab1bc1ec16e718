//! compio: io_uring, one thread, `compio::fs`.
//!
//! Left out on purpose: its other drivers, and random content, for which there is no target.

use std::time::Instant;

use ::compio::buf::BufResult;

use super::take_turns::{TASKS, Turns};
use super::{Job, Sample};
use crate::failure::Failure;

/// Does the job on this thread.
///
/// # Errors
/// When the runtime cannot start, or a file cannot be written or read.
pub(super) fn run(job: Job) -> Result<Sample, Failure> {
    let turns = Turns::new(job);
    let files = turns.files();
    ::compio::runtime::Runtime::new()?.block_on(async {
        let began = Instant::now();
        let task = |_| {
            ::compio::runtime::spawn(turns.clone().take(async |(path, content)| match content {
                None => Ok(::compio::fs::read(path).await?.len()),
                Some(data) => {
                    let BufResult(written, data) = ::compio::fs::write(path, data).await;
                    written.map(|()| data.len())
                }
            }))
        };
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut bytes = 0;
        for task in tasks {
            bytes += task.await.map_err(|_| "a task panicked")??;
        }
        Ok(Sample::new(began.elapsed(), bytes, files))
    })
}
