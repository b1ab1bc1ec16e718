//! `cargo xtask bench`: builds whywait and its peers in release and prints the table.
//!
//! Left out on purpose: what is measured and how, which is `bench/`'s, a workspace of its own so
//! that nobody who builds whywait builds its peers.

use std::path::Path;
use std::process::Command;

use crate::{Failed, run_to_end};

/// Builds both, then hands `arguments` to the harness.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let build = ["build", "--release", "--package", "whywait-cli"];
    run_to_end(cargo().args(build).current_dir(root))?;
    let whywait = target(root).join("release/whywait");
    let harness = ["run", "--release", "--quiet", "--", "table", "--whywait"];
    let bench = root.join("bench");
    run_to_end(cargo().args(harness).arg(whywait).args(arguments).current_dir(bench))
}

/// The cargo that runs this task.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Where cargo puts what it builds for the main workspace.
fn target(root: &Path) -> std::path::PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root.join(directory),
        None => root.join("target"),
    }
}
