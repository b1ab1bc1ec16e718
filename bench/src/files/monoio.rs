//! monoio: io_uring, one thread, `monoio::fs`.
//!
//! Left out on purpose: its other drivers, and random content, for which there is no target.

use std::time::Instant;

use ::monoio::{IoUringDriver, RuntimeBuilder};

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
    let mut runtime = RuntimeBuilder::<IoUringDriver>::new().with_entries(1024).build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let task = |_| {
            ::monoio::spawn(turns.clone().take(async |(path, content)| match content {
                None => Ok(::monoio::fs::read(path).await?.len()),
                Some(data) => {
                    let (written, data) = ::monoio::fs::write(path, data).await;
                    written.map(|()| data.len())
                }
            }))
        };
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut bytes = 0;
        for task in tasks {
            bytes += task.await?;
        }
        Ok(Sample::new(began.elapsed(), bytes, files))
    })
}
