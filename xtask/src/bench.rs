//! `cargo xtask bench`: builds whywait and its peers in release and prints the table.
//!
//! Left out on purpose: what is measured and how, which is `bench/`'s, a workspace of its own so
//! that nobody who builds whywait builds its peers.

use std::path::Path;
use std::process::Command;

use crate::{Failed, run_to_end};

/// Builds the harness, which has whywait in it, and hands it `arguments`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let harness = ["run", "--release", "--quiet", "--", "table"];
    run_to_end(Command::new(cargo).args(harness).args(arguments).current_dir(root.join("bench")))
}
