//! tokio: `tokio::time::sleep` on its current-thread runtime.
//!
//! Left out on purpose: its multi-thread runtime, whose timers are the same.

use super::gather::{Slept, gather};
use crate::failure::Failure;

/// Sleeps so many times at once.
///
/// # Errors
/// When the runtime cannot start.
pub(super) fn sleep(count: usize) -> Result<Slept, Failure> {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    // A task that waits for more than 128 things is made to yield, unless it says so.
    runtime.block_on(::tokio::task::unconstrained(gather(count, ::tokio::time::sleep)))
}
