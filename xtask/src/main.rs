//! `cargo xtask TASK`: what the project does to itself.
//!
//! Left out on purpose: anything that a user of whywait needs. A task is one file here and one
//! line in [`TASKS`].

mod bench;
mod bpf;
mod ci;
mod corpus;
mod kernels;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

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
    Task {
        name: "kernels",
        about: "boot kernels of Debian's in an emulator and run whywait there",
        run: kernels::run,
    },
    Task {
        name: "corpus",
        about: "judge the records of programs in corpus/ [--capture]",
        run: corpus::run,
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
    /// Kernels could not be tried, or steps failed on them.
    #[error(transparent)]
    Kernels(#[from] kernels::KernelsError),
    /// The corpus is not as it should be, or what is said of it has changed.
    #[error(transparent)]
    Corpus(#[from] corpus::CorpusError),
    /// A program could not be started.
    #[error("cannot start `{command}`: {source}; is it installed?")]
    Start { command: String, source: std::io::Error },
    /// A program ran and failed.
    #[error("`{command}` failed: {status}")]
    Status { command: String, status: std::process::ExitStatus },
}

impl Failed {
    /// What becomes of an error while `path` is read.
    fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Read { path: path.to_path_buf(), source }
    }

    /// What becomes of an error while `path` is written.
    fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Write { path: path.to_path_buf(), source }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = arguments.first().and_then(|name| TASKS.iter().find(|task| task.name == name));
    let Some(task) = task else {
        eprintln!("usage: cargo xtask TASK\n\ntasks:");
        for task in TASKS {
            eprintln!("  {:7} {}", task.name, task.about);
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

/// Runs a program to its end with this one's standard error, and gives its standard output.
fn output_of(command: &mut Command) -> Result<String, Failed> {
    let shown = format!("{command:?}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Failed::Start { command: shown.clone(), source })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failed::Status { command: shown, status: output.status })
    }
}

/// Cargo, to be run in `directory`.
///
/// It must not see the variables that `cargo run` sets for this program: crates that look at them
/// would be built again each time that a build is started from here or from a shell in turn.
fn cargo(directory: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let is_of_package = |prefix| name.as_encoded_bytes().starts_with(prefix);
        if is_of_package(b"CARGO_PKG_") || is_of_package(b"CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// What is in a directory, by name.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries = std::fs::read_dir(directory).map_err(Failed::read(directory))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failed::read(directory))?;
    paths.sort();
    Ok(paths)
}
