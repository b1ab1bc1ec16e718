//! `cargo xtask ci`: what the continuous integration runs.
//!
//! Left out on purpose: the stages themselves, which stand in `.ci/run`, so that a new machine
//! needs no built xtask to run them.

use std::path::Path;
use std::process::Command;

use crate::{Failed, run_to_end};

/// Runs `.ci/run` in the repository's root.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    run_to_end(Command::new("bash").arg(".ci/run").args(arguments).current_dir(root))
}
