//! tokio: its multi-thread runtime and `tokio::fs`, used as its documentation shows.
//!
//! Left out on purpose: limits on how many tasks there are. A task per file in a `JoinSet` is
//! the usual form, and tokio queues what its blocking pool cannot take.

use std::sync::Arc;
use std::time::Instant;

use ::tokio::task::JoinSet;

use super::{Job, Sample, Work};
use crate::failure::Failure;

/// Does the job with a task per file.
///
/// # Errors
/// When the runtime cannot start, or a file cannot be written or read.
pub(super) fn run(job: Job) -> Result<Sample, Failure> {
    let runtime = ::tokio::runtime::Runtime::new()?;
    let job = Arc::new(job);
    runtime.block_on(async {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for file in 0..job.files {
            let job = Arc::clone(&job);
            tasks.spawn(async move { one_file(&job, file).await });
        }
        let mut bytes = 0;
        while let Some(done) = tasks.join_next().await {
            bytes += done?? as u64;
        }
        Ok(Sample::new(began.elapsed(), bytes, job.files))
    })
}

async fn one_file(job: &Job, file: u32) -> std::io::Result<usize> {
    let path = job.path(file);
    match (job.work, job.content.shared()) {
        (Work::Read, _) => ::tokio::fs::read(path).await.map(|read| read.len()),
        (_, Some(data)) => {
            let length = data.len();
            ::tokio::fs::write(path, data).await.map(|()| length)
        }
        (_, None) => {
            let mut data = Vec::new();
            job.content.fill(file, &mut data);
            let length = data.len();
            ::tokio::fs::write(path, data).await.map(|()| length)
        }
    }
}
