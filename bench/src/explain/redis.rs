//! redis-server under one continuous load, each on a CPU of its own.
//!
//! Left out on purpose: what is stored. Every request is a GET of a key that is not there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::ping_pong::ask_ns;
use super::precedence::first;
use crate::cpus::{CpuPair, Nearness, on_cpu};
use crate::echo::Usage;
use crate::failure::Failure;

/// A server and its load; both end when this is dropped, or when this process ends.
pub(crate) struct RedisUnderLoad {
    // Before the server, so that it is dropped first and does not complain.
    load: Owned,
    server: Owned,
    control: BufReader<TcpStream>,
    cpus: CpuPair,
    _directory: TempDir,
}

/// What a stretch of time showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) requests_per_s: f64,
    /// CPU time of the server per request.
    pub(crate) cpu_request_us: f64,
    pub(crate) nearness: Nearness,
    pub(crate) ended_at: Instant,
}

/// Connections of the load.
const CONNECTIONS: &str = "50";
/// More requests than anybody waits for; the load is ended before.
const REQUESTS: &str = "2000000000";
/// The server listens by then.
const PATIENCE: Duration = Duration::from_secs(30);
/// Before the first window.
const WARM_UP: Duration = Duration::from_secs(2);

impl RedisUnderLoad {
    /// Starts both, and waits until requests are answered.
    ///
    /// # Errors
    /// When redis is not installed, or does not begin to serve.
    pub(crate) fn start(cpus: CpuPair) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        // Free a moment ago; nobody else asks for ports on a machine on which one measures.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let (port_word, home) = (port.to_string(), directory.path().to_string_lossy());
        let words = ["--port", &port_word, "--bind", "127.0.0.1", "--save", "", "--appendonly"];
        let words = [&words[..], &["no", "--dir", &home]].concat();
        let server = start_on(cpus.server, "redis-server", &words)?;
        let control = BufReader::new(connect(port)?);
        let words = ["-p", &port_word, "-c", CONNECTIONS, "-n", REQUESTS, "-t", "get", "-q"];
        let load = start_on(cpus.load, "redis-benchmark", &words)?;
        let mut started = Self { load, server, control, cpus, _directory: directory };
        let before = started.commands()?;
        thread::sleep(WARM_UP);
        if started.commands()? <= before + 1 {
            return Err("redis-benchmark makes no requests; is it installed?".into());
        }
        Ok(started)
    }

    /// The server's process.
    pub(crate) fn server(&self) -> u32 {
        self.server.0.id()
    }

    /// Both processes.
    pub(crate) fn processes(&self) -> Vec<u32> {
        vec![self.server.0.id(), self.load.0.id()]
    }

    /// Measures for a while.
    ///
    /// # Errors
    /// When the server has ended.
    pub(crate) fn window(&mut self, length: Duration) -> Result<Window, Failure> {
        let before_ns = ask_ns(self.cpus)?;
        let (commands, usage, began) = self.read()?;
        thread::sleep(length);
        let (commands_then, usage_then, ended_at) = self.read()?;
        let requests = (commands_then - commands) as f64;
        if requests < 1.0 {
            return Err("the server answered nothing".into());
        }
        Ok(Window {
            requests_per_s: requests / (ended_at - began).as_secs_f64(),
            cpu_request_us: usage_then.cpu_s_since(&usage)? / requests * 1e6,
            nearness: Nearness::of(before_ns, ask_ns(self.cpus)?),
            ended_at,
        })
    }

    fn read(&mut self) -> Result<(u64, Usage, Instant), Failure> {
        let commands = self.commands()?;
        Ok((commands, Usage::read(self.server())?, Instant::now()))
    }

    /// How many commands the server has answered, this question not included.
    fn commands(&mut self) -> Result<u64, Failure> {
        self.control.get_mut().write_all(b"INFO stats\r\n")?;
        let mut line = String::new();
        self.control.read_line(&mut line)?;
        let length = line.trim_start_matches('$').trim_end().parse::<usize>();
        let mut text =
            vec![0; length.map_err(|_| format!("redis said `{}`", line.trim_end()))? + 2];
        self.control.read_exact(&mut text)?;
        let text = String::from_utf8(text)?;
        let number = text.lines().find_map(|line| line.strip_prefix("total_commands_processed:"));
        Ok(number.ok_or("redis does not say how many commands it processed")?.trim().parse()?)
    }
}

/// Starts a program on one CPU.
fn start_on(cpu: usize, program: &str, words: &[&str]) -> Result<Owned, Failure> {
    let mut command = first(Path::new(program))?;
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null());
    Ok(Owned(on_cpu(cpu, || command.spawn())??))
}

fn connect(port: u16) -> Result<TcpStream, Failure> {
    let began = Instant::now();
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => return Ok(stream),
            Err(error) if began.elapsed() > PATIENCE => {
                return Err(
                    format!("redis-server does not listen; is it installed? {error}").into()
                );
            }
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// A child that is killed when this is dropped.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // Either fails only when the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
