//! monoio: io_uring, one thread, `monoio::fs`.
//!
//! Left out on purpose: its other drivers, and random content, for which there is no target.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Instant;

use monoio::{IoUringDriver, RuntimeBuilder};

use crate::contestant::Failure;
use crate::sample::Sample;
use crate::work::{Job, Work};

/// Tasks, each of which takes one file after another.
const TASKS: usize = 64;

/// Does the job on this thread.
///
/// # Errors
/// When the runtime cannot start, or a file cannot be written or read.
pub(crate) fn run(job: Job) -> Result<Sample, Failure> {
    let mut runtime = RuntimeBuilder::<IoUringDriver>::new().with_entries(1024).build()?;
    let job = Rc::new(job);
    let next = Rc::new(Cell::new(0));
    runtime.block_on(async {
        let began = Instant::now();
        let task = |_| monoio::spawn(take_files(Rc::clone(&job), Rc::clone(&next)));
        let tasks: Vec<_> = (0..TASKS).map(task).collect();
        let mut bytes = 0;
        for task in tasks {
            bytes += task.await?;
        }
        Ok(Sample::new(began.elapsed(), bytes, job.files))
    })
}

async fn take_files(job: Rc<Job>, next: Rc<Cell<u32>>) -> io::Result<u64> {
    let data = job.content.shared().unwrap_or_default();
    let mut bytes = 0;
    loop {
        let file = next.get();
        if file >= job.files {
            return Ok(bytes);
        }
        next.set(file + 1);
        bytes += match job.work {
            Work::Read => monoio::fs::read(job.path(file)).await?.len() as u64,
            Work::Write | Work::Random => {
                let (written, data) = monoio::fs::write(job.path(file), data.clone()).await;
                written.map(|()| data.len() as u64)?
            }
        };
    }
}
