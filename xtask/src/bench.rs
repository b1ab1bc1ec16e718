//! `cargo xtask bench`: builds whywait and its peers in release and prints the table.
//!
//! Left out on purpose: what is measured and how, which is `bench/`'s, a workspace of its own so
//! that nobody who builds whywait builds its peers.

use std::path::{Path, PathBuf};

use crate::{Failed, cargo, run_to_end};

/// What the harness can be asked for by its first word; without one it is asked for `files`.
const COMMANDS: &[&str] = &["peers", "hold", "explain"];

/// Builds the harness, which has the library in it, and hands it `arguments`. For `explain` it
/// builds the command too, which is what is measured there.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let first = arguments.first().map_or("", String::as_str);
    let mut harness = cargo(&root.join("bench"));
    harness.args(["run", "--release", "--quiet", "--"]);
    if !COMMANDS.contains(&first) {
        harness.arg("files");
    }
    harness.args(arguments);
    if first == "explain" {
        let mut build = cargo(root);
        run_to_end(build.args(["build", "--release", "--quiet", "--package", "whywait-cli"]))?;
        harness.arg("--whywait").arg(target_directory(root).join("release/whywait"));
    }
    run_to_end(&mut harness)
}

/// Where the main workspace is built.
fn target_directory(root: &Path) -> PathBuf {
    // A relative one would count from the directory in which cargo runs, which is the root.
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
