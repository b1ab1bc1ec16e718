//! `cargo xtask TASK`: what the project does to itself.
//!
//! Left out on purpose: anything that a user of whywait needs. A task is one file here and one
//! line in [`TASKS`].

mod bench;
mod bpf;
mod ci;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A task: its name, what it does, and the function that does it.
struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(root: &Path, arguments: &[String]) -> Result<(), Failed>,
}

const TASKS: &[Task] = &[
    Task {
        name: "tidy",
        about: "check the claims of ARCHITECTURE.md on the source",
        run: tidy::run,
    },
    Task { name: "bench", about: "measure whywait beside its peers [--help]", run: bench::run },
    Task {
        name: "bpf",
        about: "compile what runs in the kernel; --check only compares with what is committed",
        run: bpf::run,
    },
    Task { name: "ci", about: "run what the continuous integration runs", run: ci::run },
];

/// Why a task did not succeed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// The source breaks rules; they have been printed.
    #[error("tidy: {0} violation(s); each line above says what to do")]
    Untidy(usize),
    /// A file of the repository could not be read.
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    /// The words after a task's name are none that it knows.
    #[error("usage: {0}")]
    Usage(&'static str),
    /// The compiler is not here.
    #[error("bpf: nothing is compiled: {0}")]
    Toolchain(#[from] bpf::Lacks),
    /// A committed object is not what its source gives.
    #[error(
        "{object} is not what {source_file} gives; run `cargo xtask bpf` and commit both together"
    )]
    Stale { source_file: &'static str, object: &'static str },
    /// A program could not be started.
    #[error("cannot start `{command}`: {source}; is it installed?")]
    Start { command: String, source: std::io::Error },
    /// A program ran and failed.
    #[error("`{command}` failed: {status}")]
    Status { command: String, status: std::process::ExitStatus },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = arguments.first().and_then(|name| TASKS.iter().find(|task| task.name == name));
    let Some(task) = task else {
        eprintln!("usage: cargo xtask TASK\n\ntasks:");
        for task in TASKS {
            eprintln!("  {:6} {}", task.name, task.about);
        }
        return ExitCode::from(2);
    };
    match (task.run)(&root(), &arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("error: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root: the directory above this package.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// Runs a program to its end, with this one's input and output.
fn run_to_end(command: &mut Command) -> Result<(), Failed> {
    let shown = format!("{command:?}");
    let status =
        command.status().map_err(|source| Failed::Start { command: shown.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Failed::Status { command: shown, status }) }
}
