//! whywait: `whywait::time::sleep` under the model that is named.
//!
//! Left out on purpose: models that sleep one after another.

use ::whywait::{Model, Runtime};

use super::gather::{Slept, gather};
use crate::failure::Failure;

/// Sleeps so many times at once.
///
/// # Errors
/// When the model cannot run here.
pub(super) fn sleep(model: &str, count: usize) -> Result<Slept, Failure> {
    let runtime = Runtime::new(model.parse::<Model>()?)?;
    runtime.block_on(gather(count, ::whywait::time::sleep))
}
