//! `cargo xtask bench`: builds whywait and its peers in release and prints the table.
//!
//! What is measured, and how, is in `bench/`, a workspace of its own so that nobody who builds
//! whywait builds its peers.

use std::path::{Path, PathBuf};

use crate::{Failed, cargo, run_to_end};

/// The commands of the harness; without one of them as the first word the command is `files`.
const COMMANDS: &[&str] = &["peers", "hold", "explain", "instructions"];
/// The option that names an older build; see [`build_older`].
const AGAINST: &str = "--against";

/// A program that is measured, where it is built and by what name.
#[derive(Clone, Copy, Debug)]
struct Program {
    /// The directory of its workspace, from the root.
    workspace: &'static str,
    package: &'static str,
    name: &'static str,
}

/// The harness, which has the library in it.
const HARNESS: Program =
    Program { workspace: "bench", package: "whywait-bench", name: "whywait-bench" };
/// The command.
const COMMAND: Program = Program { workspace: "", package: "whywait-cli", name: "whywait" };

/// Builds the harness and runs it with `arguments`. `explain` measures the command, which is built
/// for it.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), Failed> {
    let first = arguments.first().map_or("", String::as_str);
    let measured = if first == "explain" { COMMAND } else { HARNESS };
    let arguments = build_older(measured, arguments)?;
    let mut harness = cargo(&root.join("bench"));
    harness.args(["run", "--release", "--quiet", "--"]);
    if !COMMANDS.contains(&first) {
        harness.arg("files");
    }
    harness.args(arguments);
    if first == "explain" {
        harness.arg("--whywait").arg(build(root, COMMAND, target_directory(root))?);
    }
    run_to_end(&mut harness)
}

/// Builds what `--against CHECKOUT` names, and replaces the checkout by the program. A program, or
/// what does not exist, stays as it is.
fn build_older(program: Program, arguments: &[String]) -> Result<Vec<String>, Failed> {
    let mut arguments = arguments.to_vec();
    for index in 1..arguments.len() {
        if arguments[index - 1] != AGAINST {
            continue;
        }
        // Cargo runs the harness in another directory.
        let older = std::path::absolute(&arguments[index]);
        let older = older.map_err(Failed::read(Path::new(&arguments[index])))?;
        let built = if older.is_dir() {
            let target = older.join(program.workspace).join("target");
            build(&older, program, target)?
        } else {
            older
        };
        arguments[index] = built.to_string_lossy().into_owned();
    }
    Ok(arguments)
}

/// Builds a program of a checkout in release, and gives its path.
fn build(checkout: &Path, program: Program, target: PathBuf) -> Result<PathBuf, Failed> {
    let mut build = cargo(&checkout.join(program.workspace));
    build.args(["build", "--release", "--quiet", "--package", program.package]);
    run_to_end(build.arg("--target-dir").arg(&target))?;
    Ok(target.join("release").join(program.name))
}

/// Where the main workspace is built.
fn target_directory(root: &Path) -> PathBuf {
    // A relative one would count from the directory in which cargo runs, which is the root.
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
