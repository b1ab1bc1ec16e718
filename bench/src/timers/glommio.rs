//! glommio: `glommio::timer::sleep` on one executor, in a few tasks.
//!
//! A task of glommio's panics when more than 32,767 things hold its waker, so that one task cannot
//! wait for all. Left out on purpose: its timers that are rearmed.

use ::glommio::timer::sleep as glommio_sleep;
use ::glommio::{LocalExecutorBuilder, Placement};

use super::gather::{Slept, gather};
use crate::failure::Failure;

/// Sleeps that one task waits for.
const MOST_PER_TASK: usize = 25_000;

/// Sleeps so many times at once.
///
/// # Errors
/// When the executor cannot start.
pub(super) fn sleep(count: usize) -> Result<Slept, Failure> {
    let executor = LocalExecutorBuilder::new(Placement::Unbound).make();
    executor.map_err(std::io::Error::from)?.run(async {
        let begin = |first| {
            let share = MOST_PER_TASK.min(count - first);
            ::glommio::spawn_local(gather(share, glommio_sleep)).detach()
        };
        let tasks: Vec<_> = (0..count).step_by(MOST_PER_TASK).map(begin).collect();
        let mut all = Slept::default();
        for task in tasks {
            all.add(task.await.ok_or("a task was cancelled")??);
        }
        Ok(all)
    })
}
