//! A server in a process of its own.
//!
//! Left out on purpose: asking it to end. It owns nothing that would be left behind.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::builds::Builds;
use crate::failure::Failure;

/// A server that listens; ended when this is dropped.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts a contestant's server on one CPU, in the build that the contestant belongs to, and
    /// waits until it listens.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn of(builds: &Builds, contestant: &str, cpu: usize) -> Result<Self, Failure> {
        let (program, name) = builds.program_of(contestant);
        Self::start(program, &["server", &name, "--cpu", &cpu.to_string()])
    }

    /// Executes `program` with `words`, which make it a server, and waits until it listens.
    ///
    /// # Errors
    /// When it cannot be started, or what it says instead.
    pub(crate) fn start(program: &Path, words: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let listening = listening_at(child.stdout.take());
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        match listening {
            Ok(address) => server.address = address,
            Err(error) => return Err(server.last_words().unwrap_or(error)),
        }
        Ok(server)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the server said last, if it has ended by itself.
    pub(crate) fn last_words(&mut self) -> Option<Failure> {
        let status = self.child.try_wait().ok()??;
        let mut said = String::new();
        self.child.stderr.take()?.read_to_string(&mut said).ok()?;
        let last = said.trim_end().lines().last().unwrap_or("it said nothing");
        Some(format!("the server ended, {status}: {last}").into())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Either fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first line; no line comes from a server that has ended.
fn listening_at(output: Option<ChildStdout>) -> Result<SocketAddr, Failure> {
    let mut line = String::new();
    BufReader::new(output.ok_or("no output")?).read_line(&mut line)?;
    let parsed = line.trim().parse();
    parsed.map_err(|_| format!("the server said `{}` for its address", line.trim()).into())
}
