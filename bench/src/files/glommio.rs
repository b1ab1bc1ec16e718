//! glommio: io_uring, one thread, `BufferedFile`.
//!
//! Left out on purpose: its direct I/O, which it advises for files larger than memory, and random
//! content, for which there is no target.

use std::time::Instant;

use ::glommio::io::BufferedFile;
use ::glommio::{LocalExecutorBuilder, Placement};

use super::take_turns::{TASKS, Turns};
use super::{Job, Sample};
use crate::failure::Failure;

/// Bytes that a read asks for: more than a file has.
const READ_BYTES: usize = 16 << 10;

/// Does the job on this thread.
///
/// # Errors
/// When the executor cannot start, or a file cannot be written or read.
pub(super) fn run(job: Job) -> Result<Sample, Failure> {
    let turns = Turns::new(job);
    let files = turns.files();
    let executor =
        LocalExecutorBuilder::new(Placement::Unbound).make().map_err(std::io::Error::from)?;
    executor.run(async {
        let began = Instant::now();
        let task = |_| {
            ::glommio::spawn_local(turns.clone().take(async |(path, content)| {
                Ok(match content {
                    None => {
                        let file = BufferedFile::open(path).await?;
                        let length = file.read_at(0, READ_BYTES).await?.len();
                        file.close().await?;
                        length
                    }
                    Some(data) => {
                        let file = BufferedFile::create(path).await?;
                        let written = file.write_at(data.to_vec(), 0).await?;
                        file.close().await?;
                        written
                    }
                })
            }))
            .detach()
        };
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut bytes = 0;
        for task in tasks {
            bytes += task.await.ok_or("a task was cancelled")??;
        }
        Ok(Sample::new(began.elapsed(), bytes, files))
    })
}
