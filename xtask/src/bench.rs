//! `cargo xtask bench`: builds whywait and its peers in release and prints the table.
//!
//! Left out on purpose: what is measured and how, which is `bench/`'s, a workspace of its own so
//! that nobody who builds whywait builds its peers.

use std::path::Path;
use std::process::Command;

use crate::{Failed, run_to_end};

/// What the harness can be asked for by its first word; without one it is asked for `files`.
const COMMANDS: &[&str] = &["peers", "hold"];

/// Builds the harness, which has whywait in it, and hands it `arguments`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut harness = Command::new(cargo);
    harness.args(["run", "--release", "--quiet", "--"]).current_dir(root.join("bench"));
    if !arguments.first().is_some_and(|first| COMMANDS.contains(&first.as_str())) {
        harness.arg("files");
    }
    run_to_end(harness.args(arguments))
}
