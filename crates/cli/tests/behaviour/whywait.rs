//! The program under test, started in a place of its own.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use whywait_report::{Comparison, Run};

use crate::processes::{self, Marked};
use crate::schema;

/// One run of `whywait`, not started yet. It runs in a fresh directory, its home, in which the
/// working files of the runs belong into `work`.
pub(crate) struct Whywait {
    command: Command,
    home: TempDir,
}

impl Whywait {
    /// `whywait` with these arguments.
    pub(crate) fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::under([], arguments)
    }

    /// Another program that is given `whywait` and these arguments to execute.
    pub(crate) fn under<A: AsRef<OsStr>>(
        wrapper: impl IntoIterator<Item = &'static str>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let home = tempfile::tempdir().expect("a home");
        fs::create_dir(home.path().join("work")).expect("a directory for working files");
        let mut words: Vec<_> =
            wrapper.into_iter().map(|word| OsStr::new(word).to_owned()).collect();
        words.push(env!("CARGO_BIN_EXE_whywait").into());
        words.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        // Whoever runs the tests in the background may have signals ignored, and `whywait` leaves
        // alone what it was started with.
        let mut command = Command::new("env");
        command
            .arg("--default-signal=HUP,INT,TERM")
            .args(&words)
            .current_dir(home.path())
            .env(processes::MARK, home.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .env("COLUMNS", "120")
            .stdin(Stdio::null());
        Self { command, home }
    }

    /// Puts a plan file called `plan.toml` into the home.
    pub(crate) fn with_plan(self, text: &str) -> Self {
        fs::write(self.home.path().join("plan.toml"), text).expect("the plan file");
        self
    }

    /// Sets an environment variable.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// The directory that it runs in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ended {
        self.start().wait()
    }

    /// Starts it, in a process group of its own.
    pub(crate) fn start(mut self) -> Started {
        use std::os::unix::process::CommandExt as _;
        self.command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().expect("the program starts");
        Started { child, home: self.home }
    }
}

/// A run of `whywait` that is going on.
pub(crate) struct Started {
    child: Child,
    home: TempDir,
}

impl Started {
    /// Its process, which leads its process group.
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Waits until so many runs have made a file of that name, which each run makes once.
    pub(crate) fn wait_for_runs(&mut self, count: usize, file: &str) {
        let mut seen = BTreeSet::new();
        processes::eventually("a run's first file", || {
            let ended = self.child.try_wait().expect("a child of ours");
            assert!(ended.is_none(), "it ended before {count} runs had {file}: {ended:?}");
            find(&self.home.path().join("work"), file, &mut seen);
            seen.len() >= count
        });
    }

    /// The directory that it runs in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> Ended {
        let output = self.child.wait_with_output().expect("a child of ours");
        Ended { output, home: self.home }
    }
}

/// What a run of `whywait` left.
pub(crate) struct Ended {
    output: Output,
    home: TempDir,
}

impl Ended {
    /// The exit code; none after a signal.
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// What it wrote to standard output.
    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).expect("text")
    }

    /// What it wrote to standard error.
    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).expect("text")
    }

    /// The directory that it ran in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Itself, once it is known that it ended with `code` and left no process and no file.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        assert_eq!(self.code(), Some(code), "\nstdout:\n{stdout}\nstderr:\n{stderr}");
        assert_eq!(entries(&self.home().join("work")), Vec::<PathBuf>::new(), "files are left");
        assert_eq!(processes_left(self.home()), [], "processes are left");
        self
    }

    /// The document on standard output, once it is known to keep to its schema.
    #[track_caller]
    pub(crate) fn comparison(&self) -> Comparison {
        comparison(self.stdout())
    }
}

/// The document in `text`, once it is known to keep to its schema.
#[track_caller]
pub(crate) fn comparison(text: &str) -> Comparison {
    let schema = include_str!("../../../../docs/compare.schema.json");
    let document = schema::keeping_to(schema, text);
    serde_json::from_value(document).expect("what keeps to the schema can be read")
}

/// What became of the model that was asked for as `model`.
#[track_caller]
pub(crate) fn run_of<'a>(comparison: &'a Comparison, model: &str) -> &'a Run {
    let found = comparison.runs.iter().find(|run| run.contestant.model == model);
    found.unwrap_or_else(|| panic!("there is no row for {model}"))
}

/// The processes that are left of a run that ended. A worker whose parent was killed is killed by the kernel
/// a moment later, and on a busy machine the moment is longer.
fn processes_left(home: &Path) -> Vec<Marked> {
    let patience = Instant::now() + Duration::from_secs(10);
    loop {
        let marked = processes::marked(home);
        if marked.is_empty() || Instant::now() > patience {
            return marked;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// What is in a directory; nothing if it is not there.
pub(crate) fn entries(directory: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(directory).into_iter().flatten().flatten();
    found.map(|entry| entry.path()).collect()
}

/// Adds all files of that name below a directory.
fn find(below: &Path, name: &str, found: &mut BTreeSet<PathBuf>) {
    for path in entries(below) {
        if path.ends_with(name) {
            found.insert(path);
        } else if path.is_dir() {
            find(&path, name, found);
        }
    }
}
