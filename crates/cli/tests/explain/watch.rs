//! A run of `whywait explain`, started in a place of its own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;
use whywait_report::Diagnosis;

use crate::attached::Programs;
use crate::{document, processes};

/// A run of `whywait explain`, not started yet. It runs in a fresh directory, its home.
pub(crate) struct Explain {
    command: Command,
    place: Place,
}

/// Where it runs, what it says, and what was loaded in the kernel before.
struct Place {
    home: TempDir,
    // No pipes: a program that goes on after whywait would keep them open.
    stdout: File,
    stderr: File,
    before: Programs,
}

impl Explain {
    /// These words, and what was loaded in the kernel before.
    pub(crate) fn new(words: &[&str], before: Programs) -> Self {
        let home = tempfile::tempdir().expect("a home");
        let [stdout, stderr] = [(), ()].map(|()| tempfile::tempfile().expect("a file"));
        // Whoever runs the tests in the background may have signals ignored, and `whywait` leaves
        // alone what it was started with.
        let mut command = Command::new("env");
        command
            .arg("--default-signal=HUP,INT,TERM")
            .args(words)
            .current_dir(home.path())
            .env(processes::MARK, home.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .env("COLUMNS", "120")
            .stdin(Stdio::null())
            .stdout(stdout.try_clone().expect("a descriptor"))
            .stderr(stderr.try_clone().expect("a descriptor"));
        Self { command, place: Place { home, stdout, stderr, before } }
    }

    /// Puts a file into the home.
    pub(crate) fn with_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.home().join(name), content).expect("a file in the home");
        self
    }

    /// Sets an environment variable.
    pub(crate) fn with_env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it is started with, to change.
    pub(crate) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// The directory that it runs in.
    pub(crate) fn home(&self) -> &Path {
        self.place.home.path()
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Explained {
        self.start().wait()
    }

    /// Starts it, in a process group of its own.
    pub(crate) fn start(mut self) -> Explaining {
        use std::os::unix::process::CommandExt as _;
        let child = self.command.process_group(0).spawn().expect("the program starts");
        Explaining { child, place: Some(self.place) }
    }
}

/// A run of `whywait explain` that is going on. Dropping it ends its process group.
pub(crate) struct Explaining {
    child: Child,
    /// None when it was waited for.
    place: Option<Place>,
}

impl Explaining {
    /// The process, which leads its process group.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Its number.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The directory that it runs in.
    pub(crate) fn home(&self) -> &Path {
        self.place.as_ref().expect("it was not waited for yet").home.path()
    }

    /// Waits until there is a file of that name in the home, by which the watched program says
    /// how far it is.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, file: &str) {
        let path = self.home().join(file);
        processes::eventually(file, || {
            let there = path.exists();
            let ended = self.child.try_wait().expect("a child of ours");
            assert!(there || ended.is_none(), "it ended without {file}: {ended:?}");
            there
        });
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Explained {
        let status = self.child.wait().expect("a child of ours");
        let mut place = self.place.take().expect("it was not waited for yet");
        let [stdout, stderr] = [&mut place.stdout, &mut place.stderr].map(|file| {
            let mut bytes = Vec::new();
            file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("a file of ours");
            bytes
        });
        Explained { status, stdout, stderr, place }
    }
}

impl Drop for Explaining {
    fn drop(&mut self) {
        if self.place.is_some() {
            // What has ended already needs no end.
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// What a run of `whywait explain` left.
pub(crate) struct Explained {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    place: Place,
}

impl Explained {
    /// How it ended.
    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }

    /// What came out of standard output.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What came out of standard error.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The bytes of standard output and standard error.
    pub(crate) fn streams(&self) -> [&[u8]; 2] {
        [&self.stdout, &self.stderr]
    }

    /// The directory that it ran in.
    pub(crate) fn home(&self) -> &Path {
        self.place.home.path()
    }

    /// Itself, once it is known that it ended with `code` and left no process, no zombie, and no
    /// program in the kernel.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        let this = self.expect_code_of_a_survivor(code);
        assert_eq!(processes::marked(this.home()), [], "processes are left");
        this
    }

    /// Itself, once it is known that it ended with `code` and left no program in the kernel, while
    /// what it watched may go on.
    #[track_caller]
    pub(crate) fn expect_code_of_a_survivor(self, code: i32) -> Self {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        assert_eq!(self.status().code(), Some(code), "\nstdout:\n{stdout}\nstderr:\n{stderr}");
        Programs::now().since(&self.place.before).expect_gone();
        self
    }

    /// Ends what goes on; says whether anything did.
    pub(crate) fn end_survivors(&self) -> io::Result<bool> {
        let survivors = processes::marked(self.home());
        for survivor in &survivors {
            kill_process(survivor.pid, Signal::KILL)?;
        }
        processes::eventually("the end of all processes", || {
            processes::marked(self.home()).is_empty()
        });
        Ok(!survivors.is_empty())
    }

    /// The document in the file `report`, once it is known to keep to its schema.
    #[track_caller]
    pub(crate) fn diagnosis(&self) -> Diagnosis {
        let text = fs::read_to_string(self.home().join("report")).unwrap_or_else(|error| {
            panic!("no report: {error}\nstdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr())
        });
        document::diagnosis(&text)
    }
}
