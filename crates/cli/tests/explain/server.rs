//! A server under load, watched: started by `whywait explain`, or while it runs already.
//!
//! Left out on purpose: which servers, and what they should turn out to be.

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use whywait_report::{Diagnosis, Severity};

use crate::load::{Conversation, Load, wait_until_listening};
use crate::processes::{eventually, marked};
use crate::tool::NAME_OF_WATCHED;
use crate::turn::Turn;
use crate::watch::{Explain, Explained};

/// How long a server is watched under load, at least.
const WATCHED: Duration = Duration::from_millis(1500);

/// How many connections it serves meanwhile, at least: with fewer it may not have shown yet what it
/// does with them.
const CONNECTIONS: u64 = 30;

/// How a server is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// `whywait explain` starts it.
    Started,
    /// It runs already.
    Attached,
}

/// A server to watch.
pub(crate) struct Server<'a> {
    /// What it is called in the corpus.
    pub(crate) name: &'a str,
    /// What is executed.
    pub(crate) words: Vec<&'a str>,
    /// Files in the directory that it runs in.
    pub(crate) files: Vec<(&'a str, String)>,
    /// Where it will listen.
    pub(crate) address: SocketAddr,
    /// What its clients say.
    pub(crate) conversation: Conversation,
}

impl Server<'_> {
    /// What `whywait explain` says of it. It is ended afterwards, and leaves nothing.
    #[track_caller]
    pub(crate) fn watch(&self, turn: &Turn, way: Way) -> Diagnosis {
        match way {
            Way::Started => self.watch_started(turn),
            Way::Attached => self.watch_attached(turn),
        }
    }

    #[track_caller]
    fn watch_started(&self, turn: &Turn) -> Diagnosis {
        let explain = self.named(self.with_files(turn.diagnose(&[], &self.words)), Way::Started);
        let watching = explain.start();
        wait_until_listening(self.address);
        let load = Load::start(self.address, self.conversation);
        thread::sleep(WATCHED);
        eventually("enough connections", || load.done() >= self.connections());
        load.end();
        end(child_of(watching.pid()));
        let explained = watching.wait();
        let code = explained.status().code();
        // What the server itself makes of the signal is its own affair.
        assert!(matches!(code, Some(0 | 143)), "{code:?}\n{}", explained.stderr());
        let explained = explained.expect_code_of_a_survivor(code.unwrap_or_default());
        // Workers hear of their parent's end, and end a little later.
        eventually("the end of all of the server", || marked(explained.home()).is_empty());
        explained.diagnosis()
    }

    #[track_caller]
    fn watch_attached(&self, turn: &Turn) -> Diagnosis {
        let server = self.with_files(turn.plain(&self.words)).start();
        wait_until_listening(self.address);
        let load = Load::start(self.address, self.conversation);
        let explained = self.watch_for_long_enough(turn, server.pid(), &load);
        load.end();
        end(server.pid());
        let ended = server.wait();
        eventually("the end of all of the server", || marked(ended.home()).is_empty());
        explained.diagnosis()
    }

    /// Watches the server that runs, for longer where few connections came.
    #[track_caller]
    fn watch_for_long_enough(&self, turn: &Turn, server: Pid, load: &Load) -> Explained {
        const MOST: Duration = Duration::from_secs(60);
        let pid = server.as_raw_nonzero().to_string();
        let mut watched = WATCHED;
        loop {
            let (duration, before) = (format!("{}ms", watched.as_millis()), load.done());
            let options = ["--format", "json", "--out", "report", "--duration", &duration];
            let explain = turn.explain(&[&["--pid", &pid], &options[..]].concat());
            let explained = self.named(explain, Way::Attached).run().expect_code(0);
            if load.done() - before >= self.connections() || watched > MOST {
                return explained;
            }
            watched *= 2;
        }
    }

    /// Tells who saves what is watched which server it is.
    fn named(&self, explain: Explain, way: Way) -> Explain {
        let way = match way {
            Way::Started => "full",
            Way::Attached => "attached",
        };
        explain.with_env(NAME_OF_WATCHED, format!("{}.{way}", self.name))
    }

    /// How many connections are enough: of those that last for long a few.
    fn connections(&self) -> u64 {
        (CONNECTIONS * 20 / (self.conversation.questions as u64).max(20)).max(2)
    }

    fn with_files(&self, explain: Explain) -> Explain {
        let files = self.files.iter();
        files.fold(explain, |explain, (name, content)| explain.with_file(name, content))
    }
}

/// The process that another has started. Servers that write their title over their environment
/// carry no mark any more.
#[track_caller]
fn child_of(parent: Pid) -> Pid {
    let line = format!("PPid:\t{}", parent.as_raw_nonzero());
    let is_child = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|other| other == line)
    };
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let mut numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.find(is_child).and_then(Pid::from_raw).expect("the server runs")
}

fn end(pid: Pid) {
    kill_process(pid, Signal::TERM).expect("a process of ours");
}

/// What a test needs to know of a diagnosis that it does not like.
pub(crate) fn summary(diagnosis: &Diagnosis) -> String {
    let mut lines = vec![format!("{}: {}", diagnosis.shape.name(), diagnosis.verdict)];
    for process in &diagnosis.processes {
        lines.push(format!("  process {} {}", process.pid, process.command.join(" ")));
        for thread in &process.threads {
            lines.push(format!(
                "    {} × {} {:?} {:.2}: {}",
                thread.alike, thread.name, thread.model, thread.confidence, thread.evidence
            ));
        }
    }
    for finding in &diagnosis.findings {
        lines.push(format!("  {:?} {}: {}", finding.severity, finding.name, finding.evidence));
    }
    lines.join("\n")
}

/// The findings that something is wrong.
pub(crate) fn complaints(diagnosis: &Diagnosis) -> Vec<String> {
    let findings = diagnosis.findings.iter();
    let grave = findings.filter(|finding| finding.severity != Severity::Info);
    grave.map(|finding| finding.name.clone()).collect()
}
