//! monoio: `monoio::time::sleep` over its io_uring driver.
//!
//! Left out on purpose: its other driver.

use ::monoio::{IoUringDriver, RuntimeBuilder};

use super::gather::{Slept, gather};
use crate::failure::Failure;

/// Sleeps so many times at once.
///
/// # Errors
/// When the runtime cannot start.
pub(super) fn sleep(count: usize) -> Result<Slept, Failure> {
    let mut runtime = RuntimeBuilder::<IoUringDriver>::new().enable_timer().build()?;
    runtime.block_on(gather(count, ::monoio::time::sleep))
}
