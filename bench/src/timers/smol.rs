//! smol: `smol::Timer` on a `LocalExecutor`.
//!
//! Left out on purpose: its intervals.

use ::smol::{LocalExecutor, Timer};

use super::gather::{Slept, gather};
use crate::failure::Failure;

/// Sleeps so many times at once.
///
/// # Errors
/// When `/proc` cannot be read.
pub(super) fn sleep(count: usize) -> Result<Slept, Failure> {
    ::smol::block_on(LocalExecutor::new().run(gather(count, Timer::after)))
}
