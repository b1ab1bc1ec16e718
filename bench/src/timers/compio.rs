//! compio: `compio::time::sleep` over its io_uring driver.
//!
//! Left out on purpose: its other driver.

use super::gather::{Slept, gather};
use crate::failure::Failure;

/// Sleeps so many times at once.
///
/// # Errors
/// When the runtime cannot start.
pub(super) fn sleep(count: usize) -> Result<Slept, Failure> {
    ::compio::runtime::Runtime::new()?.block_on(gather(count, ::compio::time::sleep))
}
